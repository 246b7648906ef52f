#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: a PostgreSQL that is killed under load takes nothing with it that was acknowledged, and nobody is told a
wrong yes.

In turn, under record and check load: kill -9 of all of PostgreSQL (it is then started again), and kill -9 of one
backend (it then recovers by itself). While it is away a check answers 503 with "allow": false, a write 503 or 504;
both come back by themselves. Afterwards every acknowledged event stands in the ledger once, revisions are 1..n, what
was answered 503 was not written, and a request with a key that got no answer gives, repeated, one event.
"""
import random
import time

from lib.client import Client
from lib.house import LONG, House, eventually, say
from lib.journal import Journal, recorders_finish, recorders_start
from lib.witness import persons_make, witnesses_finish, witnesses_start

ROUNDS = 40 if LONG else 4
SIZES = (0, 0, 0, 3, 40)
AWAY = (2.5, 4)  # seconds: longer than QUEUE_WAIT_MS (limits.h), for which a check waits before it is answered 503


def load_flows(journal, witnesses, since):
    """Since that moment events were recorded, and each witness was answered."""
    return min(journal.last_good, *(w.last_good for w in witnesses)) > since


def kill_all(house):
    house.cluster.kill()
    time.sleep(random.uniform(*AWAY))
    house.cluster.start()


def kill_one(house):
    house.cluster.kill_client(random)


def round_run(house, kill, flows):
    """Kills under load. Returns the seconds until all is answered again."""
    begun = time.monotonic()
    eventually("load flows", lambda: flows(begun))
    time.sleep(random.uniform(0, 0.5))
    kill(house)
    back = time.monotonic()
    eventually("load flows again", lambda: flows(back))
    return time.monotonic() - back


def main():
    with House("kill_database") as house:
        journal, service = Journal(), house.service()
        service.start()
        client = Client(service.port, house.token)
        persons_make(client)
        recorders = recorders_start(journal, service.port, house.token, SIZES)
        witnesses = witnesses_start(service.port, house.token)
        away = [round_run(house, (kill_all, kill_one)[n % 2], lambda since: load_flows(journal, witnesses, since))
                for n in range(ROUNDS)]
        recorders_finish(recorders)
        statuses = witnesses_finish(witnesses)
        journal.repeat_unanswered(client)
        journal.check(house.cluster)
        service.stop()
        say(f"{ROUNDS} kills; {journal}; checks by status: {statuses}; all answered again after "
            f"{', '.join(f'{s:.1f}' for s in away)} s")
        assert statuses.get(503), "no check met the outage: the test shows nothing"


main()
