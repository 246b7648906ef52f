#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: what a check says of a moment is what the model says of the acts that were recorded by then.

Random worlds are told to a service, many beside each other in one ledger. Then, of each moment at which something was recorded of a world
and of the microsecond before it, the service is asked what the verdict was: it must be the model's, of the acts that far. With a fault
planted it must not.
"""
import argparse
import datetime
import json
import random
import sys
from dataclasses import replace

from lib.house import LONG, say
from model import World
from notation import NOW, act_text
from policies import ENTITIES, POLICY, SIMILAR, each_of
from real import CONFIRM, Real
from translation import PURPOSES, question
from worlds import acts_make, probes_make

AT_ONCE = 50  # worlds, each of identifiers of its own
MOMENTS = "select record_id, to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.USZ') from event order by revision desc limit 10000;"
PLANTS = {"later-acts-count": "create or replace function wind_back(c integer, p_nos bigint[], p_revisions bigint[], p_at timestamptz) "
                              "returns void language plpgsql as $$ begin end $$;"}


def told(steps):
    tokens = {step.asked.token for step in steps if step.kind == CONFIRM and step.status == 201}
    return [said for step in steps if step.kind != CONFIRM
            for said in each_of(replace(step.act, confirmed=step.token is None or step.token in tokens))]


def before(moment):
    """A microsecond earlier."""
    return (datetime.datetime.fromisoformat(moment) - datetime.timedelta(microseconds=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moments_of(copy, moments):
    """-> (moment, how many steps were done by then), of each moment at which something was recorded and of the microsecond before."""
    found, done = [], 0
    for n, step in enumerate(copy.steps, 1):
        moment = moments.get(step.record)
        if moment is None:  # nothing came of it
            continue
        if not found or found[-1][0] < moment:
            found += [(before(moment), done), (moment, n)]
        found[-1] = (found[-1][0], n)
        done = n
    return found


def purged_since(real, moment):
    [[lost]] = real.house.cluster.rows(f"select exists (select from purged where purged_at > '{moment}');")
    return lost == "t"


class Look:
    """A world that is told beside others, and then looked back at."""

    def __init__(self, real, seed):
        self.real, self.seed = real, seed
        self.chance = random.Random(f"as of {seed}")
        self.acts = acts_make(random.Random(str(seed)))
        self.copy = real.copy(self.chance.sample(self.acts, len(self.acts)), self.chance)
        self.asked, self.faults = 0, []

    def back(self, moments):
        """Of each moment somebody's verdicts on all purposes, as one of an entity or of a product asks them."""
        keys = [purpose.key for purpose in POLICY]
        probes = probes_make(self.chance, self.acts, keys)
        for moment, done in moments_of(self.copy, moments):
            world = World(told(self.copy.steps[:done]), POLICY, ENTITIES, similar=SIMILAR)
            names, _, entity, group = self.chance.choice(probes)
            self.check(world, moment, done, [(names, key, entity, group) for key in keys
                                             if entity in (None, *(key in PURPOSES and PURPOSES[key].entities or ENTITIES))])

    def check(self, world, moment, done, probes):
        body = question(self.copy.number, *probes[0]) | {"as_of": moment}
        if len(probes) > 1:
            body["purposes"] = [purpose for _, purpose, _, _ in probes]
            del body["purpose"]
        answer = self.real.ask("/v1/check", json.dumps(body))
        if answer.status == 410 and purged_since(self.real, moment):
            return  # by retention, which runs each minute: then nobody can tell
        verdicts = answer.body if len(probes) == 1 else {}
        verdicts = answer.body.get("results", [verdicts] * len(probes))
        self.asked += len(probes)
        for (names, purpose, entity, group), verdict in zip(probes, verdicts, strict=True):
            got, due = verdict.get("reason", str(answer)), world.check(names, purpose, NOW, entity, group)
            if got != due:
                steps = "\n    ".join(f"{step.record} {step.kind} {act_text(step.act)}" for step in self.copy.steps)
                self.faults.append(f"world {self.seed} at {moment}, after {done} of {len(self.copy.steps)} steps: {names} {purpose} {entity} "
                                   f"{group}: {got}, not {due}\n    {steps}")


def worlds_try(real, seeds):
    looks = [Look(real, seed) for seed in seeds]
    real.tell([look.copy for look in looks])
    moments = dict(real.house.cluster.rows(MOMENTS))
    list(real.hands.map(lambda look: look.back(moments), looks))
    return sum(look.asked for look in looks), [fault for look in looks for fault in look.faults]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=10000 if LONG else 12)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--plant", choices=sorted(PLANTS), help="changes the database by this fault, which must be found")
    given = parser.parse_args()
    with Real(f"as-of-{given.plant or 'clean'}", random.Random(given.seed), services=1) as real:
        if given.plant:
            real.house.cluster.rows(PLANTS[given.plant])
        asked, faults, worlds = 0, [], 0
        while worlds < given.worlds and not faults:
            count = min(AT_ONCE, given.worlds - worlds)
            more, faults = worlds_try(real, [f"{given.seed}.{worlds + n}" for n in range(count)])
            asked, worlds = asked + more, worlds + count
        say(f"{worlds} worlds, {asked} verdicts of the past, {len(faults)} wrong\n" + "\n".join(faults[:3]))
    sys.exit(bool(faults) != bool(given.plant))


if __name__ == "__main__":
    main()
