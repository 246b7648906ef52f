#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: a node that freezes in mid-write does not hold the others up.

Two services on one database record for one controller, and so take turns at one lock. One of them is stopped
(SIGSTOP) again and again at any moment of that, with single events, the largest arrays and repeats of such an array
by its key on the way; the other must record on, within 12 s at the worst. After SIGCONT the frozen one goes on too,
and the ledger agrees with all that was answered.
"""
import random
import signal
import time

from lib.client import Client
from lib.house import LONG, House, eventually, say
from lib.journal import Journal, Recorder, recorders_finish, recorders_start

ROUNDS = 40 if LONG else 8
CEILING = 12  # seconds
FROZEN = (0, 0, 3, 1000, 1000, 1000)  # what the one that freezes is sent: single events, and arrays of so many
OTHER = (0, 0, 0, 3)


class Repeater(Recorder):
    """Sends one array with a key again and again: the first answer comes back from the ledger, the largest there is."""

    def __init__(self, *words):
        super().__init__(*words)
        self.sent = self.journal.new(1000, with_key=True)

    def turn(self):
        if self.journal.send(self.client, self.sent) is None:
            time.sleep(0.05)


def all_go_on(recorders, since):
    return all(r.moments and r.moments[-1] > since for r in recorders)


def freeze(node, journals, recorders):
    """Returns how long the other recorded nothing."""
    begun = time.monotonic()
    eventually("both record", lambda: min(j.last_good for j in journals) > begun)
    time.sleep(random.uniform(0, 0.3))
    node.signal(signal.SIGSTOP)
    frozen = time.monotonic()
    try:
        eventually("the other node records on", lambda: all_go_on(recorders, frozen), 2 * CEILING)
        time.sleep(0.5)
    finally:
        node.signal(signal.SIGCONT)
    moments = sorted(m for r in recorders for m in r.moments if m > frozen)
    return max(b - a for a, b in zip([frozen] + moments, moments))


def rounds_run(house, way):
    """way: how the one that freezes reaches the database."""
    settings = {"AKKOORD_DATABASE": house.cluster.conninfo("service", *way)}
    nodes = house.service("frozen" + "-".join(way), **settings), house.service("other" + "-".join(way))
    journals = Journal("a" + "".join(way)), Journal("b" + "".join(way))
    for node in nodes:
        node.start()
    freezing = recorders_start(journals[0], nodes[0].port, house.token, FROZEN)
    freezing.append(Repeater(journals[0], nodes[0].port, house.token))
    freezing[-1].start()
    others = recorders_start(journals[1], nodes[1].port, house.token, OTHER)
    gaps = [freeze(nodes[0], journals, others) for _ in range(ROUNDS // 2)]
    recorders_finish(freezing + others)
    for journal, node in zip(journals, nodes):
        client = Client(node.port, house.token)
        journal.repeat_unanswered(client)
        client.close()
        journal.check(house.cluster)
        node.stop()
    return gaps


def main():
    with House("stall_node") as house:
        for way in ((), ("tcp",)):
            gaps = rounds_run(house, way)
            say(f"frozen {len(gaps)} times, database by {'-'.join(way) or 'unix socket'}: the other recorded nothing for "
                f"{', '.join(f'{g:.2f}' for g in gaps)} s")
            assert max(gaps) < CEILING, f"the other node stood still for {max(gaps):.1f} s"


main()
