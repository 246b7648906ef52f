#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: what a check says of a moment is what the model says of the acts that were recorded by then.

Random worlds are told to a service, an act at a time. Then, of each moment at which something was recorded and of the microsecond
before it, the service is asked what the verdict was: it must be the model's, of the acts that far. With a fault planted it must not.
"""
import argparse
import json
import random
import sys
from dataclasses import replace

from lib.house import LONG, say
from model import World
from notation import NOW, act_text
from policies import ENTITIES, POLICY, SIMILAR, each_of
from real import CONFIRM, Real
from translation import question
from worlds import acts_make, probes_make

PROBES = 5  # of each moment
LATEST = ("select to_char(coalesce(max(recorded_at), clock_timestamp()), 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
          "to_char(coalesce(max(recorded_at), clock_timestamp()) - interval '1 microsecond', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from event;")
PLANTS = {"later-acts-count": "create or replace function wind_back(c integer, p_nos bigint[], p_revisions bigint[], p_at timestamptz) "
                              "returns void language plpgsql as $$ begin end $$;"}


def told(steps):
    tokens = {step.asked.token for step in steps if step.kind == CONFIRM and step.status == 201}
    return [said for step in steps if step.kind != CONFIRM
            for said in each_of(replace(step.act, confirmed=step.token is None or step.token in tokens))]


def moments_of(real, copy):
    """Tells all of it. -> (moment, how many steps were done by then)."""
    latest = real.house.cluster.rows(LATEST)[0]
    found = [(latest[0], 0)]
    for n in range(1, len(copy.steps) + 1):
        copy.until = n
        real.tell([copy])
        now = real.house.cluster.rows(LATEST)[0]
        if now != latest:
            found += [(now[1], n - 1), (now[0], n)]
        latest = now
    return found


def purged_since(real, moment):
    [[lost]] = real.house.cluster.rows(f"select exists (select from purged where purged_at > '{moment}');")
    return lost == "t"


def world_try(real, seed):
    chance = random.Random(f"as of {seed}")
    acts = acts_make(random.Random(str(seed)))
    copy = real.copy(chance.sample(acts, len(acts)), chance)
    keys = [purpose.key for purpose in POLICY]
    faults, asked = [], 0
    for moment, done in moments_of(real, copy):
        world = World(told(copy.steps[:done]), POLICY, ENTITIES, similar=SIMILAR)
        for names, purpose, entity, group in chance.sample(probes := probes_make(chance, acts, keys), min(PROBES, len(probes))):
            body = question(copy.number, names, purpose, entity, group) | {"as_of": moment}
            answer = real.ask("/v1/check", json.dumps(body))
            got, due = (answer.body or {}).get("reason", str(answer)), world.check(names, purpose, NOW, entity, group)
            if answer.status == 410 and purged_since(real, moment):
                continue  # by retention, which runs each minute: then nobody can tell
            asked += 1
            if got != due:
                faults.append(f"world {seed} after {done} of {len(copy.steps)} steps: {names} {purpose} {entity} {group}: {got}, not {due}\n    "
                              + "\n    ".join(f"{step.kind} {act_text(step.act)}" for step in copy.steps))
    return asked, faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=10000 if LONG else 40)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--plant", choices=sorted(PLANTS), help="changes the database by this fault, which must be found")
    given = parser.parse_args()
    with Real(f"as-of-{given.plant or 'clean'}", random.Random(given.seed), services=1) as real:
        if given.plant:
            real.house.cluster.rows(PLANTS[given.plant])
        asked, faults = 0, []
        for n in range(given.worlds):
            more, found = world_try(real, f"{given.seed}.{n}")
            asked += more
            faults += found
            if faults:
                break
        say(f"{asked} verdicts of the past, {len(faults)} wrong\n" + "\n".join(faults[:3]))
    sys.exit(bool(faults) != bool(given.plant))


if __name__ == "__main__":
    main()
