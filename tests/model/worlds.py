#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: whatever is said by whom, in whatever order, through whichever service, each verdict is the model's.

A world is a handful of acts of persons that share what people share: families at one mailbox, recycled numbers, browsers,
siblings, guardians, switchboards. It is told to the services twice, in two orders, grouped at random. Then, of each identifier and purpose:
the verdict is the model's; before the last act too; a last act that only says No added no allow, a Yes added one only
to what it names; naming more allowed nothing more. And what is let go of as it is kept no longer loosens nothing.
"""
import argparse
import random
import sys
import time
from dataclasses import replace

from lib.house import LONG, say
from model import ALLOW, FOREVER, GUARDIAN, NO, Act, Fact, World
from notation import NOW, act_text, question_text
from plants import PLANTS
from policies import ENTITIES, GROUPS, LATER, POLICY, PURGED, SIMILAR, each_of, has_words
from real import CONFIRM, Real
from translation import PURPOSES, guardian_name, guardian_role, is_proven, is_standing

CHUNK = 400 if LONG else 100  # worlds told at a time
LEDGER = 8  # chunks told in one ledger: each kind twice, so that what comes behind a change of policy is there too
CROWDS = 0.03  # of all worlds: where somebody is many persons'
NAMES = (("customer", "C1"), ("customer", "C2"), ("customer", "C3"), ("email", "e"), ("email", "f"), ("phone", "p"), ("phone", "q"),
         ("postal", "a"), ("visitor", "v"), ("visitor", "w"))
SCOPES = tuple(PURPOSES)
STANDING = ("*", "channel:email", "channel:sms", "channel:web")
GUARDIANS = ("g1@", "g2@", "parent", "carer", "e@")
ENDS = (0, 0, 4.5, 8.5, 14.5, 24.5, 30.5, FOREVER)
MISLED = ("news", "kid", "year")  # what a form misled about
STATES = ("given",) * 4 + ("refused", "withdrawn", "objected") + ("eligible", "objection_withdrawn") * 2


# ---- what can be said ----

def fact_make(chance):
    return Fact(chance.choice(ENDS), chance.random() < 0.3) if chance.random() < 0.2 else None


def scope_make(chance, state):
    if state == "eligible":
        return "soft"
    if state == "objection_withdrawn":
        return chance.choice(("soft", "post", "study", "study"))
    asked = [key for key in SCOPES if key != "deal" and (state in NO or has_words(PURPOSES[key]))]
    return chance.choice(asked + list(STANDING if state in NO else ()))


def names_make(chance, names):
    while True:
        named = tuple(chance.sample(names, min(len(names), chance.choice((1, 1, 2, 2, 3)))))
        if sum(name[0] == "customer" for name in named) <= 1:
            return named


def act_make(chance, names=NAMES, states=STATES):
    """One that the contract takes: see fit()."""
    while True:
        state = chance.choice(states)
        act = Act(names_make(chance, names), state, scope_make(chance, state), chance.randrange(NOW),
                  entity=chance.choice((None, None, None, *ENTITIES)), imported=chance.random() < 0.15, words=chance.random() < 0.85,
                  confirmed=chance.random() < 0.7, guardian=chance.choice((None, None, None, *GUARDIANS)),
                  strength=chance.choice(GUARDIAN), written=chance.random() < 0.3, age=fact_make(chance),
                  care=fact_make(chance) if chance.random() < 0.3 else None, signal=chance.random() < 0.2, misled=chance.random() < 0.3,
                  group=chance.choice((None, *GROUPS)))
        if (act := fit(act)) is not None:
            return act


def fit(act):
    """The act as the contract can say it; None: it takes no such act."""
    act = fit_standing(act) if is_standing(act) else fit_purpose(act, PURPOSES[act.scope])
    if act is not None and act.guardian is None:
        act = replace(act, strength="checkbox", written=False)
    if act is not None and act.state != "given":
        act = replace(act, misled=False)
    if act is not None and act.state != "eligible":
        act = replace(act, group=None)
    return fit_facts(act) if act is not None else None


def fit_standing(act):
    """A standing No is a withdrawal, with nothing told beside."""
    return replace(act, state="withdrawn", imported=False, words=False, confirmed=True, age=None, care=None, signal=False)


def fit_purpose(act, purpose):
    if act.entity is not None and purpose.entities and act.entity not in purpose.entities:
        return None
    if act.state in NO and not has_words(purpose):
        act = replace(act, state="objected")
    if act.state in NO and act.signal:
        act = replace(act, guardian=None, imported=False, words=has_words(purpose))
    if not has_words(purpose):
        act = replace(act, words=False)
    if act.state in ("eligible", "objection_withdrawn"):
        act = replace(act, guardian=None)
    if act.state not in NO and act.guardian is not None:
        act = fit_guardian(act, purpose)
    if act is None or act.state in NO or is_proven(act) or act.imported or not purpose.double_opt_in:
        return act and replace(act, confirmed=True)
    return act


def fit_guardian(act, purpose):
    """A guardian's Yes is as sure as the purpose asks."""
    if purpose.minors == "forbidden" or guardian_name(act.guardian) in act.names:
        return None
    least = GUARDIAN.index(purpose.minors) if purpose.minors else 0
    return replace(act, strength=GUARDIAN[max(least, GUARDIAN.index(act.strength))], written=act.written or purpose.written)


def fit_facts(act):
    """What is documented is so by a guardian or staff; all of it, since the documents are the act's."""
    shown = any(fact and fact.document for fact in (act.age, act.care)) or (
        act.guardian is not None and (act.written or act.strength == "signed"))
    told = {kind: Fact(fact.until, shown) if fact else None for kind, fact in (("age", act.age), ("care", act.care))}
    act = replace(act, **told)
    if act.state in NO or act.age is None or is_standing(act):
        return act
    is_of_age = act.age.until <= act.time
    if act.guardian and guardian_role(act.guardian) == "parent" and is_of_age:
        return replace(act, age=None)  # who may decide alone has no parent to say Yes
    if PURPOSES[act.scope].minors == "forbidden" and not act.guardian and not is_of_age:
        return replace(act, age=None)  # nor is a minor asked there
    return act


def acts_make(chance):
    """Of two Yeses that rank alike nothing says which stands: there are none."""
    acts = crowd_make(chance) if chance.random() < CROWDS else few_make(chance)
    alike = {(act.scope, act.guardian, act.time, act.imported, act.words) if act.state not in NO else act: act for act in acts}
    return list(alike.values())


def browser_make(chance):
    """Of two browsers and an address, about one thing: most of it is over, and goes."""
    e, v, w = ("email", "e"), ("visitor", "v"), ("visitor", "w")
    scope = chance.choice(("web", "web", "news", "study"))
    states = ("given", "refused") if scope != "study" else ("objection_withdrawn", "objected")
    acts = [fit(Act(chance.choice(((v,), (v,), (e, v), (v, w))), chance.choice(states), scope, time))
            for time in chance.sample(range(NOW), chance.randint(2, 4))]
    return [replace(act, signal=act.state == "refused" and chance.random() < 0.2) for act in acts]


def few_make(chance):
    names = chance.sample(NAMES, chance.randint(3, len(NAMES)))
    acts = [act_make(chance, names) for _ in range(chance.randint(2, 9) if chance.random() < 0.95 else chance.randint(10, 30))]
    if chance.random() < 0.1:
        at = chance.randrange(len(acts))
        if acts[at].state in NO and not acts[at].imported and not acts[at].signal:
            acts[at] = replace(acts[at], time=NOW)
    return acts


def crowd_make(chance):
    """A telephone or a mailbox of more persons than a No is pushed to, or a code of many guests. Some of the persons are
    others' in turn, or used a browser that many did."""
    if chance.random() < 0.2:
        guests = [("email", f"c{n}") for n in range(chance.randint(8, 18))]
        ties = [(("customer", "G"), guest) for guest in guests]
    else:
        shared = chance.choice((("phone", "p"), ("email", "e"), ("postal", "a")))
        kinds = ("customer", "email") if shared[0] != "email" else ("customer",)
        guests = [(chance.choice(kinds), f"c{n}") for n in range(chance.randint(10, 50))]
        ties = [(guest, shared) for guest in guests]
        ties += [(("customer", f"k{guest[1]}"), guest) for guest in guests if guest[0] == "email" and chance.random() < 0.3]
        ties += [(("visitor", "v"), guest) for guest in guests if chance.random() < 0.1]
    acts = [replace(act_make(chance, (names[0],), ("given", "given", "eligible")), names=names) for names in ties]
    acts = [fit(replace(act, guardian=None)) if act.guardian and guardian_name(act.guardian) in act.names else act for act in acts]
    known = sorted({name for names in ties for name in names})
    names = chance.sample(known, 7) + [ties[0][1], *NAMES[3:]]
    return acts + [act_make(chance, tuple(dict.fromkeys(names))) for _ in range(chance.randint(3, 12))]


# ---- what is asked ----

def probes_make(chance, acts, keys):
    """Each (names, purpose, entity, group): identifiers alone, then two at a time."""
    names = sorted({name for act in acts for name in act.names})
    if len(names) > len(NAMES):
        names = sorted(chance.sample(names, 10))
    entities = {key: (key in PURPOSES and PURPOSES[key].entities) or ENTITIES for key in keys}
    alone = [((name,), key, chance.choice((None, None, *entities[key])), chance.choice((None, *GROUPS, "tyres")))
             for name in names for key in keys]
    probes = chance.sample(alone, min(len(alone), 40))
    for (name,), *asked in chance.sample(probes, min(len(probes), 8)):
        more = chance.choice(names)
        if more != name and not name[0] == more[0] == "customer":
            probes += [((name, more), *asked), ((more,), *asked)]
    return probes


# ---- one world ----

class Trial:
    """A world in two orders. Of the first the last step is told apart, between two looks."""

    def __init__(self, real, seed, acts, policy, invalidates, purges):
        self.seed = seed
        self.invalidates = invalidates
        self.purges = purges
        self.policy = policy
        self.chance = random.Random(f"order {seed}")
        self.acts = acts
        self.copies = [real.copy(self.chance.sample(self.acts, len(self.acts)), self.chance) for _ in range(2)]
        self.copies[0].until -= 1
        self.before = probes_make(self.chance, self.acts, [purpose.key for purpose in POLICY])
        self.after = self.before + probes_make(self.chance, self.acts, [purpose.key for purpose in policy])
        self.worlds = {}
        self.invalidated = {}  # copy -> what was added
        self.faults = []

    def fault(self, what, probe, got, due):
        self.faults.append((what, probe, got, due))

    @staticmethod
    def confirmed(steps):
        """The tokens that were taken: each is of all that was asked of the same person in one body."""
        return {step.asked.token for step in steps if step.kind == CONFIRM and step.status == 201}

    def told(self, copy):
        """The acts so far, as they turned out: what nobody confirmed waits."""
        steps = copy.steps[:copy.at]
        tokens = self.confirmed(steps)
        return [said for step in steps if step.kind != CONFIRM
                for said in each_of(replace(step.act, confirmed=step.token is None or step.token in tokens))]

    def invalidate(self):
        for copy in self.copies:
            world = World(self.told(copy), POLICY, ENTITIES)
            self.invalidated[copy] = world.invalidated(lambda act: act.misled and act.scope in MISLED)

    def confirmations_hold(self, copy):
        """A request that a No overtook before it was confirmed stays one."""
        until = copy.at
        for copy.at, step in enumerate(copy.steps[:until]):
            if step.kind != CONFIRM:
                continue
            before, act = copy.steps[:copy.at], step.act
            world = World(self.told(copy), POLICY, ENTITIES)
            asked = [one.act for one in before if one.token == step.asked.token]
            due = 410 if any(world.is_overtaken(one) for one in asked) else 201
            if step.asked.token in self.confirmed(before):
                due = 200
            if step.status != due:
                self.fault("a confirmation", (act.names, act.scope, act.entity, None), step.status, due)
        copy.at = until

    def answers_hold(self, what, copy, policy, probes, reasons):
        self.confirmations_hold(copy)
        told = frozenset(self.told(copy) + self.invalidated.get(copy, []))
        if (told, policy) not in self.worlds:
            self.worlds[told, policy] = World(told, policy, ENTITIES, similar=SIMILAR)
        world = self.worlds[told, policy]
        for probe, reason in zip(probes, reasons, strict=True):
            names, purpose, entity, group = probe
            due = world.check(names, purpose, NOW, entity, group)
            if reason != due:
                self.fault(what, probe, reason, due)

    def properties_hold(self, before, after):
        """Of the service's answers alone."""
        act = self.copies[0].steps[-1].act
        answers = dict(zip(self.after, after, strict=True))
        for probe, was in zip(self.before, before, strict=True):
            if was in ALLOW or answers[probe] not in ALLOW or self.policy is not POLICY or self.invalidates:
                continue
            if was == "expired" and (act.age or act.care):
                continue  # a guardian's Yes that ends at the limit lasts the longer, the later that is: domain/verdict.c, (8)
            if act.state in NO:
                self.fault("a No added an allow", probe, answers[probe], was)
            elif not set(act.names) & set(probe[0]):
                self.fault("a Yes reached further than its names", probe, answers[probe], was)
        for (names, *asked), reason in answers.items():
            alone = [answers.get(((name,), *asked), reason) for name in names]
            if reason in ALLOW and not all(one in ALLOW for one in alone):
                self.fault("naming more allowed more", (names, *asked), reason, alone)

    def text(self):
        what, probe, got, due = self.faults[0]
        order = [act_text(step.act) + (" // confirmed" if step.kind == CONFIRM else "") for step in self.copies[0].steps]
        asked = question_text(*probe, due)
        return "\n    ".join([f"* world {self.seed}: {what}; {len(self.faults)} answers", *order, f"{asked} // not {got}"])


def trials_run(real, worlds, policy=POLICY, invalidates=False, purges=False):
    """worlds: of (seed, acts). ${policy} comes in force before the last step, and what was said on a form that misled is
    invalidated. ${purges}: at last all that is over goes. Returns those that fail."""
    trials = [Trial(real, seed, acts, policy, invalidates, purges) for seed, acts in worlds]
    first, second = [trial.copies[0] for trial in trials], [trial.copies[1] for trial in trials]
    real.tell(first)
    probes = [(trial.copies[0].number, *probe) for trial in trials for probe in trial.before]
    before = answers_part(trials, real.check(probes), lambda trial: trial.before)
    for trial, answers in zip(trials, before, strict=True):
        trial.answers_hold("before the last step", trial.copies[0], POLICY, trial.before, answers)
    if policy is not POLICY:
        real.apply(policy)
    if invalidates:
        real.tell(second)
        real.invalidate(MISLED)
        for trial in trials:
            trial.invalidate()
    for copy in first:
        copy.until += 1
    real.tell(first + second)
    for n in range(2):
        probes = [(trial.copies[n].number, *probe) for trial in trials for probe in trial.after]
        after = answers_part(trials, real.check(probes), lambda trial: trial.after)
        for trial, was, answers in zip(trials, before, after, strict=True):
            trial.answers_hold(("in one order", "in another order")[n], trial.copies[n], policy, trial.after, answers)
            if n == 0:
                trial.properties_hold(was, answers)
    if policy is not POLICY:
        real.apply(POLICY)
    if purges:
        purge_holds(real, trials)
    return [trial for trial in trials if trial.faults]


def purge_holds(real, trials):
    """Of who was asked in one order and in another."""
    probes = [(copy.number, *probe) for trial in trials for copy in trial.copies for probe in trial.after]
    before = real.check(probes)
    real.purge(POLICY, PURGED)
    asked = [(trial, probe) for trial in trials for _ in trial.copies for probe in trial.after]
    for (trial, probe), was, reason in zip(asked, before, real.check(probes), strict=True):
        if reason in ALLOW and was not in ALLOW:
            trial.fault("a purge added an allow", probe, reason, was)


def answers_part(trials, answers, probes_of):
    parts = []
    for trial in trials:
        parts.append(answers[:len(probes_of(trial))])
        answers = answers[len(probes_of(trial)):]
    return parts


def shrink(real, trial):
    """The trial with as few acts as still fail."""
    smaller = True
    while smaller:
        smaller = False
        worlds = [(f"{trial.seed}/{n}", trial.acts[:n] + trial.acts[n + 1:]) for n in range(len(trial.acts)) if len(trial.acts) > 1]
        for found in trials_run(real, worlds, trial.policy, trial.invalidates, trial.purges)[:1]:
            trial, smaller = found, True
    return trial


# ---- the run ----

def worlds_run(real, seed, count, until, only_purged):
    """Returns (how many were tried, the first that failed or None)."""
    for first in range(0, count, CHUNK):
        turn = first // CHUNK % 4 if not only_purged else 0
        if first // CHUNK % LEDGER == 0 and real.sent > 0:
            real.turn_page()
        worlds = [(f"{seed}.{n}", (browser_make if turn == 0 and n % 3 == 0 else acts_make)(random.Random(f"{seed}.{n}")))
                  for n in range(first, min(count, first + CHUNK))]
        failed = trials_run(real, worlds, LATER if turn == 3 else POLICY, turn == 1, turn == 0)
        if failed:
            return first + len(worlds), min(failed, key=lambda trial: len(trial.acts))
        if time.monotonic() > until:
            return first + len(worlds), None
    return count, None


def arguments_read():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=20000 if LONG else 200, help="how many of each seed")
    parser.add_argument("--seconds", type=float, default=1500 if LONG else 20, help="of each seed, at most")
    parser.add_argument("--seed", action="append", help="1 and a fresh one, unless told")
    parser.add_argument("--purged", action="store_true", help="all of them are purged, and not each fourth hundred")
    parser.add_argument("--plant", choices=sorted(PLANTS), help="changes the database by this fault, which must be found")
    return parser.parse_args()


def main():
    given = arguments_read()
    seeds = given.seed or ["1", str(random.SystemRandom().randrange(10**9))]
    found = None
    name = f"worlds-{given.plant or 'clean'}-{seeds[0]}"  # two may run side by side
    with Real(name, random.Random(f"groups {seeds[0]}")) as real:
        if given.plant:
            PLANTS[given.plant](real.house.cluster)
        for seed in seeds:
            begun = time.monotonic()
            tried, found = worlds_run(real, seed, given.worlds, begun + given.seconds, given.purged)
            passed = time.monotonic() - begun
            say(f"seed {seed}: {tried} worlds, each in two orders, in {passed:.0f} s, {tried / passed:.0f} a second; "
                f"{real.sent} acts so far")
            if found is not None:
                say(found.text() if given.plant else shrink(real, found).text())
                break
    sys.exit((found is None) == bool(given.plant))


if __name__ == "__main__":
    main()
