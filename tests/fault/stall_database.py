#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: a PostgreSQL that stops answering holds nobody up beyond his deadline, and loses nothing.

SIGSTOP of all of PostgreSQL's processes under record and check load, for longer than a call's deadline. Every request
is answered at its deadline: a check 503, a write 503 (surely not written) or 504 (unknown). After SIGCONT all is
answered again; every acknowledged event stands in the ledger once, and so does, once repeated, each request with a
key that met 504, whether its first copy was written or not.
"""
import signal
import time

from lib.client import Client
from lib.house import LONG, House, eventually, say
from lib.journal import Journal, recorders_finish, recorders_start
from lib.witness import persons_make, witnesses_finish, witnesses_start

STALLS = (7, 1, 3, 7, 12, 30, 7, 1) if LONG else (1, 7)  # seconds
DEADLINE = 5  # of a call, seconds: service/base/limits.h
SLACK = 5  # for a slow machine with a sanitizer
SIZES = (0, 0, 0, 0, 3, 40)


def round_run(house, journal, witnesses, stall):
    begun = time.monotonic()
    eventually("load flows", lambda: min(journal.last_good, *(w.last_good for w in witnesses)) > begun)
    stopped = house.cluster.processes()
    house.cluster.signal_all(signal.SIGSTOP)
    time.sleep(stall)
    house.cluster.signal_all(signal.SIGCONT)
    assert house.cluster.processes()[0] == stopped[0], "PostgreSQL has another postmaster: it did not only stall"
    back = time.monotonic()
    eventually("load flows again", lambda: min(journal.last_good, *(w.last_good for w in witnesses)) > back)
    return time.monotonic() - back


def main():
    with House("stall_database") as house:
        journal, service = Journal(), house.service()
        service.start()
        client = Client(service.port, house.token)
        persons_make(client)
        recorders = recorders_start(journal, service.port, house.token, SIZES)
        witnesses = witnesses_start(service.port, house.token)
        back = [round_run(house, journal, witnesses, stall) for stall in STALLS]
        recorders_finish(recorders)
        statuses = witnesses_finish(witnesses)
        slowest = max(t.slowest for t in recorders + witnesses)
        journal.repeat_unanswered(client)
        journal.check(house.cluster)
        service.stop()
        unknown = sum(504 in s.statuses for s in journal.sent)
        say(f"stalls of {STALLS} s; {journal}; {unknown} met 504; checks by status: {statuses}; slowest answer "
            f"{slowest:.1f} s; all answered again after {', '.join(f'{s:.1f}' for s in back)} s")
        assert slowest < DEADLINE + SLACK, f"an answer took {slowest:.1f} s"
        assert unknown > 0 and statuses.get(503), "no request met the stall: the test shows nothing"


main()
