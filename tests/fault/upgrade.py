#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: an upgrade, and going back, with not one failed request.

Two nodes behind a balancer (lib/balancer.py: it asks /readyz and knows nothing else), record and check load over
HTTP/1.1, checks over HTTP/2. The next release (this program with one more step of the schema, next/900_next.sql) expands
the schema while the previous one serves on, and while a backup holds a lock that the step needs; then it takes the
previous one's place; then a node goes back to the previous one, on the new schema. A node that leaves
says so at /readyz first, serves on for AKKOORD_DRAIN_DELAY, and sends GOAWAY. No request fails or is lost on the way.
"""
import itertools
import os
import pathlib
import signal
import subprocess
import time

from lib.balancer import Balancer, Http2Checker
from lib.house import CEILING, LONG, House, eventually, say
from lib.journal import Journal, Recorder, recorders_finish
from lib.load import SIZES, first_since
from lib.session import Session
from lib.witness import Witness, persons_make, witnesses_finish

NEXT = pathlib.Path(os.environ["AKKOORD_NEXT"])
DELAY = 1  # seconds: ten looks of the balancer
BACKUP = 10 if LONG else 1.5  # seconds
ROLLING = [NEXT, NEXT, None] * 5 if LONG else [NEXT, None]  # what each node becomes, in turn; None: the previous one again
HTTP2 = 2


class Load:
    def __init__(self, balancer, token):
        self.journal = Journal()
        self.client = balancer.client(token)
        persons_make(self.client)
        self.recorders = [Recorder(self.journal, None, token, size) for size in SIZES]
        self.witnesses = [Witness(None, token), Witness(None, token, changes_of_mind=True)]
        self.http2 = [Http2Checker(balancer, token) for _ in range(HTTP2)]
        for thread in self.recorders + self.witnesses:
            thread.client = balancer.client(token)
        for thread in self.recorders + self.witnesses + self.http2:
            thread.start()

    def flows(self):
        begun, answered = time.monotonic(), [h.answered for h in self.http2]
        eventually("all is answered", lambda: first_since(self.recorders + self.witnesses, begun) and
                   all(h.since(before) for h, before in zip(self.http2, answered)))

    def finish(self, cluster):
        """Nothing failed. Returns how many checks were answered."""
        recorders_finish(self.recorders)
        statuses = witnesses_finish(self.witnesses)
        for checker in self.http2:
            checker.finish()
        bad = [(s.refs[0], s.statuses) for s in self.journal.sent if any(status not in (200, 201) for status in s.statuses)]
        assert not bad, f"records that failed: {bad[:10]}"
        assert set(statuses) == {200}, f"checks by status: {statuses}"
        lost = sum(len(h.lost) for h in self.http2)
        assert not lost, f"{lost} HTTP/2 connections were lost with requests on them"
        self.journal.check(cluster)
        return statuses[200], sum(h.answered for h in self.http2)


def migrate(house, load):
    """As the next release, while a backup holds the ledger as pg_dump does."""
    backup = Session(house.cluster, "lock table event in access share mode")
    migration = subprocess.Popen([NEXT, "migrate"], env=house.settings, text=True, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT)
    end = time.monotonic() + BACKUP
    while time.monotonic() < end:
        load.flows()
        assert migration.poll() is None, f"it did not wait: {migration.communicate()[0]}"
    backup.end()
    said = migration.communicate(timeout=CEILING)[0]
    assert migration.returncode == 0, said
    assert "again" in said and "applying 900_next.sql" in said, said
    load.flows()


def replace(balancer, load, old, new):
    """The new node comes, the old one leaves. Returns the seconds that takes it."""
    new.start()
    balancer.nodes.append(new)
    eventually("the balancer has the new node", lambda: new in balancer.ready)
    load.flows()
    told = time.monotonic()
    old.signal(signal.SIGTERM)
    eventually("/readyz says 503", lambda: old.health() == 503, DELAY)
    load.flows()
    old.stop()
    left = time.monotonic() - told
    balancer.nodes.remove(old)
    load.flows()
    return left


def node_of(house, program, names):
    node = house.service(f"{program.name}-{next(names)}", AKKOORD_DRAIN_DELAY=str(DELAY))
    node.program = program
    return node


def main():
    with House("upgrade") as house:
        names, balancer = itertools.count(1), Balancer()
        nodes = [node_of(house, house.program, names) for _ in range(2)]
        for node in nodes:
            node.start()
        balancer.nodes.extend(nodes)
        balancer.look()
        balancer.start()
        load = Load(balancer, house.token)
        load.flows()
        migrate(house, load)
        left = []
        for program in ROLLING:
            nodes.append(node_of(house, program or house.program, names))
            left.append(replace(balancer, load, nodes.pop(0), nodes[-1]))
        checks, http2 = load.finish(house.cluster)
        gone_away = sum(h.left for h in load.http2)
        balancer.ended.set()
        for node in nodes:
            node.stop()
        say(f"a migration behind a backup of {BACKUP} s, {len(left)} nodes replaced, each left within {max(left):.1f} s; "
            f"{load.journal}; {checks} checks over HTTP/1.1, {http2} over HTTP/2, {gone_away} GOAWAYs: none failed")
        assert gone_away, "no HTTP/2 connection was told to go away: the test shows nothing of it"


main()
