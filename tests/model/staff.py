#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: after what staff does to persons each verdict is the model's, and so it goes on.

Random worlds are told, staff restricts, lifts, adds, ends, corrects, merges, splits or erases somebody in each, and more is
told; after every step all is asked. Here stands what each of these does to what was said: nothing of tags, rows or ranks.
"""
import argparse
import json
import random
import sys
from dataclasses import replace

from lib.client import Client
from lib.house import LONG, say
from model import NO, STRENGTH, Act, World, person_of, tied_of, told_until
from notation import NOW, act_text, names_text, question_text
from plants import STAFF_PLANTS
from policies import ENTITIES, POLICY, SIMILAR, each_of
from real import Real
from translation import guardian_name, identifier, subject, waits
from worlds import NAMES, few_make, probes_make

KINDS = ("restrict", "lift", "add", "end", "correct", "prove", "merge", "split", "erase")
DOCUMENT = {"name": "proof.pdf", "sha256": "0" * 64}
DOUBLE = {purpose.key: purpose.double_opt_in for purpose in POLICY}
ROUNDS = 3
DONE = {}  # how often staff did what


def is_live(name):
    return not name[1].startswith("gone")


class Staff:
    """A world as it is after what staff did: the acts as they hold now, and who was tied and restricted."""

    def __init__(self):
        self.acts, self.ties, self.restricted, self.count = [], [], [], 0
        self.keepers = set()  # names under which a No of somebody who was erased stays
        self.aliases = []  # pairs: by the first of each one side of a split goes on, by the second the other

    def world(self):
        return World(self.acts, POLICY, ENTITIES, self.ties, self.restricted, SIMILAR)

    def gone(self, kind):
        self.count += 1
        return kind, f"gone{self.count}"

    def namings(self):
        yield from ((person_of(act), name) for act in self.acts if act.state != "erased" for name in tied_of(act))
        yield from self.ties

    def own(self, person, nobody=frozenset()):
        """What nobody else has; ${nobody} does not count, nor whom the person was merged with, for the person."""
        own = set(self.world().has(person))
        while others := {name for by, name in self.namings() if name in own and by not in own | nobody | {person, name}
                         and not (name == person and {(by, name), (name, by)} <= set(self.ties))}:
            own -= others
        return own

    def rename(self, old, new, persons=None, said=True):
        """In all that was said; or in what these persons named beside themselves. Not ${said}: only in what follows for ties."""
        def names(those):
            return tuple(new if name == old else name for name in those)
        for n, act in enumerate(self.acts):
            if act.state == "erased" or (persons is not None and person_of(act) not in persons):
                continue
            guardian = new[1] + "@" if persons is None and act.guardian == old[1] + "@" and old[0] == "email" else act.guardian
            self.acts[n] = replace(act, names=names(act.names) if said else act.names, ties=names(tied_of(act)), guardian=guardian,
                                   as_named=frozenset(names(act.as_named)), as_come=frozenset(names(act.as_come)))
        self.ties = [names(pair) if persons is None or pair[0] in persons else pair for pair in self.ties]
        if persons is None:
            self.aliases = [names(pair) for pair in self.aliases]
            self.restricted = [(names((one,))[0], frozenset(names(more))) for one, more in self.restricted]

    def noes_copy(self, pairs):
        """What stops at the first of each pair stops at the second from now on."""
        world = self.world()
        for old, new in pairs:
            for n, act in enumerate(self.acts):
                if act.state != "erased" and old in world.reach(act):
                    more = {"as_named": act.as_named | {new}} if world.travels(act, old) else {"as_come": act.as_come | {new}}
                    self.acts[n] = replace(act, **more)
            self.restricted = [(one, more | {new} if old in world.reach_of_restriction(one, more) else more)
                               for one, more in self.restricted]

    def tell(self, acts):
        """What is old, or an import, brings nobody back who was erased: whom it names beside them, and nobody knew, is
        remembered with them."""
        for act in acts:
            known = {name for said in self.acts if said.state != "erased" for name in tied_of(said)} | {n for pair in self.ties for n in pair}
            erased = [said for said in self.acts if said.state == "erased" and set(said.names) & set(act.names)]
            new = [name for name in act.names if name not in known and name[0] != "visitor"] if len(act.names) > 1 else []
            if act.state not in NO:
                self.acts += [replace(said, names=(name,)) for name in new for said in erased if name not in said.names]
            self.acts.append(act)

    # ---- what staff does ----

    def restrict(self, person):
        if all(one != person for one, _ in self.restricted):
            self.restricted.append((person, frozenset()))

    def lift(self, person):
        self.restricted = [one for one in self.restricted if one[0] != person]

    def add(self, person, name):
        pair = (person, name) if STRENGTH[name[0]] <= STRENGTH[person[0]] else (name, person)
        if pair not in self.ties and pair[1] not in self.world().came_with.get(pair[0], ()):
            self.ties.append(pair)

    def end(self, person, name, instead=None):
        """The name under which it goes on; ${instead}: a new one, else none that leads anywhere."""
        new = instead or self.gone(name[0])
        own = self.own(person)
        if name == person or name in own:
            self.rename(name, new)
        else:
            self.rename(name, new, own | {person})
            self.noes_copy([(name, new)])
        if instead is None:
            self.requests_leave({new})
        return new

    def requests_leave(self, taken):
        """Who may click there is not known any more."""
        for n, act in enumerate(self.acts):
            if not act.confirmed and taken & {*tied_of(act), guardian_name(act.guardian) if act.guardian else None}:
                self.acts[n] = replace(act, left=True)

    def correct(self, person, wrong, right):
        left = self.end(person, wrong)
        person = left if wrong == person else person
        self.ties += [(person, name) for name in (left, right) if name != person]

    def prove(self, person, wrong, right):
        """What needs a confirmation has none from the new address: the Yes that stands there waits for one."""
        self.end(person, wrong, right)
        if wrong != person:
            self.ties.append((person, right))
        said = {}
        for n, act in enumerate(self.acts):
            if right in act.names and act.state in ("given", "invalidated") and not act.guardian and act.confirmed and DOUBLE.get(act.scope):
                said.setdefault((act.scope, act.entity), []).append(n)
        for those in said.values():
            last = max(those, key=lambda n: World.rank(self.acts[n]))
            if self.acts[last].state == "given":
                self.acts[last] = replace(self.acts[last], confirmed=False)

    def merge(self, person, other):
        self.acts += self.stricter(person, other)
        self.ties += [(person, other), (other, person)]

    def stricter(self, person, other):
        world, said = self.world(), {}
        for name in (person, other):
            for act in self.acts:
                if act.state in ("told", "eligible", "erased") or not act.confirmed or (act.signal and act.state in NO):
                    continue
                if name in (world.reach(act) if act.state in NO else act.names):
                    said.setdefault((name, act.scope, act.entity, act.guardian), []).append(act)
        best = {key: world.standing(acts) for key, acts in said.items()}
        found = {}
        for (name, scope, entity, guardian), no in sorted(best.items(), key=lambda item: World.rank(item[1])):
            standing = scope == "*" or scope.startswith("channel:")
            if no.state in NO and any(yes.state not in NO and World.rank(yes) > World.rank(no) for key, yes in best.items()
                                      if key[0] != name and key[3] == guardian and (key[1:3] == (scope, entity) or standing)):
                found[scope, entity, guardian] = replace(no, names=(person, other), ties=(person, other), as_named=frozenset(),
                                                         as_come=frozenset(), time=NOW, words=False, age=None, care=None, imported=False,
                                                         signal=False)
        return list(found.values())

    def split(self, person, names):
        """-> whether anything ties them."""
        had, came = self.world().has(person), self.world().came_with
        staying, to_do = {person}, [person]
        while to_do:
            more = {name for one in [to_do.pop()] for name in came.get(one, ()) if one[0] != "visitor"} - staying - set(names)
            staying |= more
            to_do += more
        leaving = set(had) - staying
        pairs = [(name, self.gone(name[0]), side) for side, other in ((staying, leaving), (leaving, staying)) for name in sorted(other)
                 if any(by in side and one == name for by, one in self.namings() if one != by)]
        if not pairs:
            return False
        for name, new, side in pairs:
            self.rename(name, new, side, said=False)
        self.requests_leave({new for _, new, _ in pairs})
        self.noes_copy([(name, new) for name, new, _ in pairs])
        self.noes_copy([(new, name) for name, new, _ in pairs])
        self.aliases += [(name, new) for name, new, _ in pairs]
        self.ties += [(names[0], name) for name in sorted(leaving) if name != names[0]]
        return True

    def split_undo(self, own, persons):
        """What these persons said is said with whom somebody of theirs was split from, too."""
        for gone, kept in sorted(pair for one in self.aliases for pair in (one, one[::-1])):
            if gone not in own or kept in own:
                continue
            for n, act in enumerate(self.acts):
                if act.state != "erased" and person_of(act) in persons and gone in tied_of(act) and kept not in tied_of(act):
                    names = act.names if kept in act.names else (*act.names, kept)
                    self.acts[n] = replace(act, names=names, ties=(*tied_of(act), kept))
            self.ties += [(by, kept) for by, name in self.ties if by in persons and name == gone]

    @staticmethod
    def denied(world, name):
        """The purposes of which a No stands there, of an entity or of all: the person's, or a guardian's."""
        said = {}
        for act in world.acts:
            if act.state in ("told", "eligible") or not act.confirmed or (act.signal and act.state in NO):
                continue
            if act.scope in DOUBLE and name in (world.reach(act) if act.state in NO and act.state != "invalidated" else act.names):
                said.setdefault((act.scope, act.entity, act.guardian), []).append(act)
        return sorted({key[:2] for key, acts in said.items() if world.standing(acts).state in NO}, key=str)

    def erase(self, person):
        own = self.own(person, self.keepers)
        old = {by for by, name in self.namings() if by in self.keepers and name in own}
        persons = own | old | {person}
        self.split_undo(own, persons)
        own |= old
        world = self.world()
        said = {name for act in self.acts if act.state != "erased" and person_of(act) in persons for name in tied_of(act)}
        staying = said.union(*(world.has(one) for one in {person} | old)) - own
        keepers, kept, reached = {}, [], []
        for act in self.acts:
            by = person_of(act)
            reach = world.reach(act) - own
            if by not in persons or act.state == "erased":
                kept.append(act)
                reached.append(reach)
                continue
            limits = [kind for kind in ("age", "care") if (fact := getattr(act, kind)) and told_until(fact, act.time)]
            if not staying or not (act.state in NO or limits):
                continue
            slot = by, world.is_narrow(act)
            if slot not in keepers:
                keepers[slot] = self.gone(by[0])
            keeper = keepers[slot]
            names = (keeper, *(name for name in act.names if name in staying))
            ties = (keeper, *(name for name in tied_of(act) if name in staying))
            if person in staying and not world.is_narrow(act):  # through whom others had what goes
                act = replace(act, as_named=act.as_named | {person})
            state = act.state if act.state in NO else "told"
            kept.append(replace(act, names=names, ties=ties, state=state))
            reached.append(reach)
        denied = {name: self.denied(world, name) for name in own}
        had = {(by, narrow): world.has(by) | (set() if narrow else world.has(person)) for by, narrow in keepers}
        self.acts = kept
        self.ties = [pair for pair in self.ties if not set(pair) & own and pair[0] not in persons]
        self.ties += [(keeper, name) for slot, keeper in keepers.items() for name in had[slot] & staying]
        self.keepers |= set(keepers.values())
        self.restricted = [(one, more) for one, more in self.restricted if one not in persons]
        for name in own:
            if name[0] == "email":
                self.acts = [replace(act, guardian=self.gone("email")[1]) if act.guardian == name[1] + "@" else act for act in self.acts]
            if name[0] != "visitor" and is_live(name):
                self.acts += [Act((name,), "erased", scope, NOW, entity=entity, words=False)
                              for scope, entity in [("*", None), *denied[name]]]
        world = self.world()  # what reached somebody by way of the person goes on
        for n, (act, reach) in enumerate(zip(self.acts, reached, strict=False)):
            self.acts[n] = replace(act, as_come=(act.as_come | reach - world.reach(act)) - own, as_named=act.as_named - own,
                                   names=tuple(name for name in act.names if name not in own) if act.state != "erased" else act.names)


# ---- the real thing ----

def ask(real, method, path, body):
    if not hasattr(real.local, "clients"):
        real.local.clients = [Client(node.port, real.token) for node in real.nodes]
    return real.local.clients[0].ask(method, path, json.dumps(body), "application/json")


def plan_make(chance, staff):
    """-> (kind, person, names) of something that might be done."""
    persons = sorted({person_of(act) for act in staff.acts if act.state != "erased" and is_live(person_of(act))})
    if not persons:
        return None
    kind, person = chance.choice(KINDS), chance.choice(persons)
    had = sorted(name for name in staff.world().has(person) if is_live(name) and name[0] != "visitor")
    if kind == "lift" and staff.restricted:
        person = chance.choice(staff.restricted)[0]
    if kind == "add":
        return kind, person, (chance.choice(NAMES),)
    if kind in ("end", "correct", "prove"):
        return (kind, person, (chance.choice(had),)) if had else None
    if kind == "merge":
        stronger, other = sorted((person, chance.choice(persons)), key=lambda one: -STRENGTH[one[0]])
        return kind, stronger, (other,)
    if kind == "split":
        below = [name for name in had if name != person]
        return (kind, person, (chance.choice(below),)) if below else None
    return kind, person, ()


def staff_do(real, number, staff, plan, count):
    """Asks for it; where it was done, so does the model. -> what was asked, in words, or None."""
    kind, person, names = plan
    if not is_live(person):
        return None
    found = ask(real, "POST", "/v1/subjects/lookup", {"subject": subject((person,), number)})
    if found.status == 404:
        return None
    path = f"/v1/subjects/{found.body['subject_id']}/"
    if kind == "merge":
        other = ask(real, "POST", "/v1/subjects/lookup", {"subject": subject(names, number)})
        answer = ask(real, "POST", path + "merge", {"with": other.body["subject_id"]})
    elif kind in ("correct", "prove"):
        names = (*names, (names[0][0], f"{chr(97 + count % 26)}new{count}"))
        body = {"from": identifier(names[0], number), "to": identifier(names[1], number)}
        answer = ask(real, "POST", path + "correct", body | ({"evidence": {"documents": [DOCUMENT]}} if kind == "prove" else {}))
    elif kind in ("add", "end"):
        answer = ask(real, "POST" if kind == "add" else "DELETE", path + "identifiers", {"identifier": identifier(names[0], number)})
    elif kind == "split":
        answer = ask(real, "POST", path + "split", {"identifiers": [identifier(name, number) for name in names]})
    else:
        answer = ask(real, "POST", path + kind, {})
    assert answer.status in (200, 201, 409, 422), f"{kind}: {answer}"
    if answer.status not in (200, 201) or (kind in ("add", "merge") and "record_id" not in answer.body):
        return None
    DONE[kind] = DONE.get(kind, 0) + 1
    getattr(staff, kind)(person, *([names] if kind == "split" else names))
    return f"staff: {kind} {names_text((person,))} {names_text(names)}"


class Case:
    def __init__(self, seed):
        self.chance, self.seed, self.staff, self.story = random.Random(f"staff {seed}"), seed, Staff(), []
        self.number = None

    def acts_more(self, real):
        acts = [act for act in few_make(self.chance)[:self.chance.randint(2, 6)] if not (waits(act) and act.confirmed) and act.guardian != "e@"
                and act.time < NOW]  # that of an erasure comes behind all that was told
        alike = {(act.scope, act.guardian, act.time, act.imported, act.words) for act in self.staff.acts}
        acts = [act for act in acts if (act.scope, act.guardian, act.time, act.imported, act.words) not in alike]
        unique = list({(act.scope, act.guardian, act.time, act.imported, act.words): replace(act, misled=False) for act in acts}.values())
        copy = real.copy(unique, self.chance)
        copy.number = self.number = self.number or copy.number
        self.staff.tell([said for act in unique for said in each_of(act)])
        self.story += [act_text(act) for act in unique]
        return copy


def cases_run(real, cases):
    """The first fault, or None."""
    for turn in range(ROUNDS):
        for step in ("told", "staff"):
            if step == "told":
                real.tell([case.acts_more(real) for case in cases])
            else:
                for case in cases:
                    plan = plan_make(case.chance, case.staff)
                    done = plan and staff_do(real, case.number, case.staff, plan, turn + 1)
                    case.story += [done] if done else []
            asked = [(case, probe) for case in cases for probe in case_probes(case)]
            answers = real.check([(case.number, *probe) for case, probe in asked])
            faults = []
            for (case, probe), got in zip(asked, answers, strict=True):
                due = due_of(case, probe)
                if got != due:
                    faults.append((case, probe, got, due))
            if faults:
                case, probe, got, due = min(faults, key=lambda fault: len(fault[0].story))
                return "\n    ".join([f"* world {case.seed}: {len(faults)} answers of {len(asked)}", *case.story,
                                      f"{question_text(*probe, due)} // not {got}"])
            for case in cases:
                case.known = None
    return None


def due_of(case, probe):
    if getattr(case, "known", None) is None:
        case.known = case.staff.world()
    names, purpose, entity, group = probe
    return case.known.check(names, purpose, NOW, entity, group)


def case_probes(case):
    live = [act for act in case.staff.acts if all(is_live(name) for name in act.names)]
    return [probe for probe in probes_make(case.chance, live, [purpose.key for purpose in POLICY])] if live else []


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=5000 if LONG else 150)
    parser.add_argument("--seed", action="append")
    parser.add_argument("--plant", choices=sorted(STAFF_PLANTS), help="changes the database by this fault, which must be found")
    given = parser.parse_args()
    seeds = given.seed or ["1"] + [str(random.SystemRandom().randrange(10**9))] * LONG
    found = None
    with Real(f"staff-{given.plant or 'clean'}", random.Random(seeds[0]), services=1) as real:
        if given.plant:
            STAFF_PLANTS[given.plant](real.house.cluster)
        for seed in seeds:
            for first in range(0, given.worlds, 50):
                cases = [Case(f"{seed}.{n}") for n in range(first, min(first + 50, given.worlds))]
                found = found or cases_run(real, cases)
            say(f"seed {seed}: {given.worlds} worlds; done: {dict(sorted(DONE.items()))}" if found is None else found)
    sys.exit((found is None) == bool(given.plant))


if __name__ == "__main__":
    main()
