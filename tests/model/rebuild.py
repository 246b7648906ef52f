#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: what stands can be derived anew from the events that are kept: the same rows, each with all that it says.

Random worlds are told to the services; then everything is rebuilt, and every row of what is known under each tag, of the ties
and of the identifiers must be what it was. One rebuilt by its own persons, a few at a time, must be too.
"""
import argparse
import random
import sys

from lib.house import LONG, say
from plants import REBUILD_PLANTS
from real import Real
from worlds import MISLED, acts_make

TABLES = {"consent": "encode(tag, 'hex'), purpose_id, slot, notice_no, flags, tiebreak, rank, revision, valid_until, record_id",
          "tie": "person_no, beside_no, beside_type",
          "identifier": "encode(tag, 'hex'), subject_no, type, is_person, is_tied, is_crowded"}
PIECE = 40  # numbers rebuilt at a time
# Pointers are numbered as they came, and equal ones stand as the first that came.
ROWS = {"consent": "purpose_id <> purpose_pointer()"}


def rows_of(cluster):
    found = {table: {tuple(row) for row in cluster.rows(f"select {columns} from {table} where {ROWS.get(table, 'true')};")}
             for table, columns in TABLES.items()}
    found["pointers"] = {tuple(row) for row in cluster.rows(
        "select encode(tag, 'hex'), rank, tiebreak from consent where purpose_id = purpose_pointer();")}
    return found


def differences(before, after):
    return [f"{table}: {sign} {'|'.join(row)}" for table in before for sign, rows in (
        ("gone", before[table] - after[table]), ("new", after[table] - before[table])) for row in sorted(rows)]


def rebuild(cluster, piece):
    """All that there is, at once or, by number, ${piece} at a time."""
    numbers = "select coalesce(max(subject_no), 0) from identifier"
    [[last]] = cluster.rows(f"{numbers};")
    size = piece or int(last)
    for first in range(1, int(last) + 1, size):
        cluster.rows("select rebuild(controller_id, array(select subject_no from identifier where subject_no between "
                     f"{first} and {first + size - 1})) from controller;")


def worlds_tell(real, seed, count):
    chance = random.Random(f"rebuild {seed}")
    copies = [real.copy(acts_make(random.Random(f"{seed}.{n}")), chance) for n in range(count)]
    real.tell(copies)
    real.invalidate(MISLED)
    for copy in copies[::3]:
        copy.steps += real.copy(acts_make(chance), chance).steps
        copy.until = len(copy.steps)
    real.tell(copies)
    return sum(len(copy.steps) for copy in copies)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=2000 if LONG else 60)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--plant", choices=sorted(REBUILD_PLANTS), help="changes the database by this fault, which must be found")
    given = parser.parse_args()
    with Real(f"rebuild-{given.plant or 'clean'}", random.Random(given.seed), services=1) as real:
        cluster = real.house.cluster
        acts = worlds_tell(real, given.seed, given.worlds)
        real.stop()
        before = rows_of(cluster)
        if given.plant:
            REBUILD_PLANTS[given.plant](cluster)
        found = []
        for piece in (0, PIECE):
            rebuild(cluster, piece)
            found = found or differences(before, rows_of(cluster))
        say(f"{acts} steps of {given.worlds} worlds, {len(before['consent'])} rows: {len(found)} differ\n" + "\n".join(found[:20]))
    sys.exit(bool(found) != bool(given.plant))


if __name__ == "__main__":
    main()
