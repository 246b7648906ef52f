#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: a service that is killed again and again while it records loses nothing that it acknowledged.

kill -9 of the service ten times under load: several connections, single events and arrays, some with an Idempotency-
Key. Afterwards every acknowledged event stands in the ledger once, revisions are 1..n without a gap, no array is
there in part, and a request with a key that got no answer gives, repeated, one event and always the same.
"""
import random
import time

from lib.client import Client
from lib.house import LONG, House, say
from lib.journal import Journal, recorders_finish, recorders_start

ROUNDS = 60 if LONG else 10
SIZES = (0, 0, 0, 0, 3, 3, 40, 400)  # 0: one event, else an array of so many


def main():
    with House("kill_service") as house:
        journal, service = Journal(), house.service()
        service.start()
        recorders = recorders_start(journal, service.port, house.token, SIZES)
        for _ in range(ROUNDS):
            before = journal.acknowledged()
            while journal.acknowledged() < before + 30:
                time.sleep(0.02)
            time.sleep(random.uniform(0, 0.5))
            service.kill()
            service.start()
        recorders_finish(recorders)
        client = Client(service.port, house.token)
        journal.repeat_unanswered(client)
        client.close()
        journal.check(house.cluster)
        service.stop()
        say(f"{ROUNDS} kills; {journal}")
        assert journal.repeated > 0, "no request was ever cut off: the test shows nothing"


main()
