#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: after a batch was undone each verdict is the model's of the acts that are left, and so it goes on.

Random worlds are told, some of their imports are undone, with their Noes or without, and more is told; after every step all is asked.
With a fault planted some answer must not be the model's.
"""
import argparse
import json
import random
import sys
from dataclasses import replace

from lib.house import LONG, say
from model import NO, World
from notation import NOW, act_text, question_text
from plants import UNDO_PLANTS
from policies import ENTITIES, POLICY, SIMILAR, each_of
from real import CONFIRM, RECORD, Real
from translation import batch_of
from worlds import NAMES, fact_make, fit, few_make, probes_make

AT_ONCE = 50  # worlds
ROUNDS = 3


def histories_make(chance, act):
    """What the same tool may have recorded of the same before, and what was chosen here."""
    found = []
    for state, imported in (("refused", True), ("refused", True), (act.state, True), (act.state, False)):
        if chance.random() < 0.5:
            time = chance.randrange(NOW if chance.random() < 0.3 else max(act.time, 1))
            found.append(fit(replace(act, state=state, imported=imported, time=time, words=chance.random() < 0.7,
                                     age=fact_make(chance))))
    return [one for one in found if one]


def acts_make(chance):
    """Half of what may have been told elsewhere was."""
    acts = [fit(replace(act, imported=True)) if chance.random() < 0.5 and act.guardian is None else act for act in few_make(chance)]
    acts += [more for act in acts if act and act.imported and act.state in ("given", "objection_withdrawn") for more in histories_make(chance, act)]
    acts = [replace(act, batch="shared") if act and act.imported and chance.random() < 0.8 else act for act in acts]
    alike = {(act.scope, act.guardian, act.time, act.imported, act.words) if act.state not in NO else act: act for act in acts if act}
    return list(alike.values())


class Undoing:
    """A world, and which of its steps are taken back."""

    def __init__(self, real, seed):
        self.seed, self.real = seed, real
        self.chance = random.Random(f"undo {seed}")
        acts = acts_make(random.Random(str(seed)))
        self.copy = real.copy(self.chance.sample(acts, len(acts)), self.chance)
        self.probes = probes_make(self.chance, acts, [purpose.key for purpose in POLICY])
        self.probes += sorted({((name,), act.scope, act.entity, None) for act in acts if act.batch for name in act.names}, key=str)
        self.undone, self.done, self.faults, self.asked = set(), [], [], 0

    def told(self):
        steps = self.copy.steps[:self.copy.at]
        tokens = {step.asked.token for step in steps if step.kind == CONFIRM and step.status == 201}
        return [said for step in steps if step.kind != CONFIRM and step not in self.undone
                for said in each_of(replace(step.act, confirmed=step.token is None or step.token in tokens))]

    def undo(self):
        """Some batches, each whole: of those of its Noes that are not to go, none goes."""
        batches = {}
        for step in self.copy.steps[:self.copy.at]:
            if step.kind == RECORD and step.act.imported and step not in self.undone:
                batches.setdefault(batch_of(step.act, self.copy.number), []).append(step)
        for batch in sorted(batches):
            if self.chance.random() < 0.5:
                continue
            refusals = self.chance.random() < 0.5
            answer = self.real.ask(f"/v1/imports/before/{batch}/undo", json.dumps({"also_refusals": refusals}))
            assert answer.status == 200 and answer.body["done"], answer
            self.undone |= {step for step in batches[batch] if refusals or step.act.state not in NO}
            self.done.append(f"undone: {batch}" + (", its Noes too" if refusals else ""))

    def compare(self, when, reasons):
        world = World(self.told(), POLICY, ENTITIES, similar=SIMILAR)
        self.asked += len(self.probes)
        for (names, purpose, entity, group), reason in zip(self.probes, reasons, strict=True):
            due = world.check(names, purpose, NOW, entity, group)
            if reason != due:
                steps = "\n    ".join(act_text(step.act) + (" // confirmed" if step.kind == CONFIRM else "") +
                                      (" // undone" if step in self.undone else "") for step in self.copy.steps[:self.copy.at])
                self.faults.append(f"* world {self.seed}, {when}\n    {steps}\n    {'; '.join(self.done)}\n    "
                                   f"{question_text(names, purpose, entity, group, due)} // not {reason}")


def all_ask(real, worlds, when):
    answers = real.check([(one.copy.number, *probe) for one in worlds for probe in one.probes])
    for one in worlds:
        one.compare(when, answers[:len(one.probes)])
        del answers[:len(one.probes)]


def worlds_try(real, seeds):
    worlds = [Undoing(real, seed) for seed in seeds]
    for turn in range(ROUNDS):
        for one in worlds:
            one.copy.until = len(one.copy.steps) * (turn + 1) // ROUNDS
        real.tell([one.copy for one in worlds])
        all_ask(real, worlds, f"told, {turn + 1} of {ROUNDS}")
        list(real.hands.map(Undoing.undo, worlds))
        all_ask(real, worlds, f"undone, {turn + 1} of {ROUNDS}")
    return (sum(one.asked for one in worlds), sum(len(one.done) for one in worlds), [fault for one in worlds for fault in one.faults])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=5000 if LONG else 100)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--plant", choices=sorted(UNDO_PLANTS), help="changes the database by this fault, which must be found")
    given = parser.parse_args()
    asked = undone = worlds = 0
    faults = []
    with Real(f"undo-{given.plant or 'clean'}", random.Random(given.seed)) as real:
        if given.plant:
            UNDO_PLANTS[given.plant](real.house.cluster)
        while worlds < given.worlds and not faults:
            count = min(AT_ONCE, given.worlds - worlds)
            more, batches, faults = worlds_try(real, [f"{given.seed}.{worlds + n}" for n in range(count)])
            asked, undone, worlds = asked + more, undone + batches, worlds + count
    say(f"{worlds} worlds, {undone} batches undone, {asked} verdicts, {len(faults)} wrong\n" + "\n".join(faults[:3]))
    assert undone > 0, "nothing was undone"
    sys.exit(bool(faults) != bool(given.plant))


if __name__ == "__main__":
    main()
