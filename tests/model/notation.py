# SPDX-License-Identifier: Apache-2.0
"""Acts and verdicts in words, one a line, for stories.txt and for what is found.

    3 C1,e@ news given by:g1@:signed age:30     at 3, by code C1 and address e@: yes to news, said by a guardian
    ? C1,e@ news/a granted                      the verdict on news of entity a, for whoever is named
    ? e@ soft=shoes granted                     likewise where shoes are to be sold
    * a title                                   begins a story

Names: C1 a customer's code, e@ an e-mail address, +p a phone, #h a postal address, ~v a browser. An act's further words:
import, unknown (words), unconfirmed, signal, written, misled, age:UNTIL, care:UNTIL (0: not limited, ever: no end; ! behind it: with a
document), by:GUARDIAN:STRENGTH, batch:BATCH (of an import), group:GROUP (that was sold). A time of "now" is left to the service.
"""
from model import FOREVER, STRENGTH, Act, Fact

NOW = 20
MARKS = {"email": "{}@", "phone": "+{}", "postal": "#{}", "visitor": "~{}", "customer": "{}"}
assert MARKS.keys() == STRENGTH.keys()


def name_read(text):
    if text.endswith("@"):
        return "email", text[:-1]
    kinds = {"+": "phone", "#": "postal", "~": "visitor"}
    return (kinds[text[0]], text[1:]) if text[0] in kinds else ("customer", text)


def names_read(text):
    return tuple(name_read(name) for name in text.split(","))


def names_text(names):
    return ",".join(MARKS[kind].format(value) for kind, value in names)


def fact_read(text):
    until = text.rstrip("!")
    return Fact(FOREVER if until == "ever" else float(until), text.endswith("!"))


def fact_text(fact):
    return ("ever" if fact.until == FOREVER else f"{fact.until:g}") + ("!" if fact.document else "")


def act_read(line):
    time, names, scope, state, *words = line.split()
    scope, _, entity = scope.partition("/")
    more = {}
    for word in words:
        key, _, value = word.partition(":")
        if key == "by":
            more["guardian"], _, more["strength"] = value.partition(":")
        elif key in ("group", "batch"):
            more[key] = value
        elif key in ("age", "care"):
            more[key] = fact_read(value)
        else:
            flags = {"import": ("imported", True), "unknown": ("words", False), "unconfirmed": ("confirmed", False)}
            flag, is_set = flags.get(key, (key, True))
            more[flag] = is_set
    return Act(names_read(names), state, scope, NOW if time == "now" else float(time), entity=entity or None, **more)


def scope_text(scope, entity):
    return scope if entity is None else f"{scope}/{entity}"


def act_text(act):
    words = ["now" if act.time == NOW else f"{act.time:g}", names_text(act.names), scope_text(act.scope, act.entity), act.state]
    if act.guardian:
        words.append(f"by:{act.guardian}:{act.strength}")
    words += [word for word, is_set in (("import", act.imported), ("unknown", not act.words), ("unconfirmed", not act.confirmed),
                                        ("signal", act.signal), ("written", act.written), ("misled", act.misled)) if is_set]
    words += [f"{kind}:{fact_text(fact)}" for kind, fact in (("age", act.age), ("care", act.care)) if fact]
    words += [f"{key}:{value}" for key, value in (("batch", act.batch), ("group", act.group)) if value]
    return " ".join(words)


def question_read(line):
    """-> (names, purpose, entity, group, reason)"""
    names, scope, reason = line.split()
    scope, _, group = scope.partition("=")
    scope, _, entity = scope.partition("/")
    return names_read(names), scope, entity or None, group or None, reason


def question_text(names, purpose, entity, group, reason):
    return f"? {names_text(names)} {scope_text(purpose, entity)}{'=' + group if group else ''} {reason}"


def stories_read(path):
    """-> [(title, [act], [question])]"""
    stories = []
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.split(" //")[0].strip()
        if line.startswith("* "):
            stories.append((line[2:], [], []))
        elif line.startswith("? "):
            stories[-1][2].append(question_read(line[2:]))
        elif line and not line.startswith("//"):
            stories[-1][1].append(act_read(line))
    return stories
