#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: a failover takes nothing with it that was acknowledged, and nobody is told a wrong yes.

Two PostgreSQL hosts, synchronous streaming replication, a service that knows both, record and check load. In turn the
primary is killed (kill -9), or hangs (SIGSTOP, and is killed before it could wake up: fenced), or, in the long form, is
stopped in order (a planned switch); its standby is promoted, and the old one made the standby anew. Meanwhile a check is answered 503 with "allow": false, or the truth; once
somebody's withdrawal is acknowledged he is allowed nothing. Afterwards every acknowledged event stands in the new
primary's ledger once, revisions are 1..n, and a request with a key that got no answer gives, repeated, one event.

The time from the new primary taking writes to the first check answered 200 is told; the promise is 2 s, and what is
asserted is generous, since a timing is no test.
"""
import itertools
import random
import signal
import time

from lib.client import Client
from lib.house import LONG, PROGRAM, House, eventually, run, say
from lib.journal import Journal, recorders_finish, recorders_start
from lib.load import SIZES, first_since
from lib.pair import Pair
from lib.pooler import port_free
from lib.witness import Witness, persons_make, witnesses_finish, witnesses_start

PROMOTIONS = 20 if LONG else 2
FENCES = (signal.SIGKILL, signal.SIGSTOP, None)
CHECKERS = 4  # connections that only check: they end up on both threads
AWAY = (2.5, 5) if LONG else (2.5, 3)  # seconds until a failover is decided: longer than QUEUE_WAIT_MS (limits.h), for which a check waits
CEILING = 20  # seconds until a check is answered again: ten times the promise
SLACK = 10  # a request's deadline of 5 s, on a slow machine with a sanitizer


def promotion_run(pair, fence, recorders, checkers):
    """The seconds from the new primary taking writes until all checks, and all records, are answered again."""
    begun = time.monotonic()
    eventually("load flows", lambda: first_since(recorders + checkers, begun))
    time.sleep(random.uniform(0, 0.5))
    pair.fence(fence)
    time.sleep(random.uniform(*AWAY))
    promoted = pair.promote()
    back = [eventually("answered again", lambda t=threads: first_since(t, promoted)) for threads in (checkers, recorders)]
    pair.bury()
    return [moment - promoted for moment in back]


def seconds(times):
    return f"{', '.join(f'{t:.2f}' for t in times)} s"


def load_run(house, pair, journal):
    """Promotions under load. Returns their times, how checks were answered, and the slowest answer."""
    pair.rebuild()
    free = f"127.0.0.1:{port_free()}"
    said = run(PROGRAM, "doctor", env=house.settings | {"AKKOORD_DATABASE": pair.conninfo(), "AKKOORD_LISTEN": free})
    assert "standby" not in said, said
    service = house.service(AKKOORD_DATABASE=pair.conninfo())
    service.start()
    client = Client(service.port, house.token)
    persons_make(client)
    recorders = recorders_start(journal, service.port, house.token, SIZES)
    witnesses = witnesses_start(service.port, house.token)
    checkers = [Witness(service.port, house.token) for _ in range(CHECKERS)]
    for checker in checkers:
        checker.start()
    times = []
    for fence in itertools.islice(itertools.cycle(FENCES), PROMOTIONS):
        if times:
            pair.rebuild()
        times.append(promotion_run(pair, fence, recorders, checkers))
    recorders_finish(recorders)
    statuses = witnesses_finish(witnesses + checkers)
    journal.repeat_unanswered(client)
    journal.check(pair.primary)
    service.stop()
    return times, statuses, max(t.slowest for t in recorders + witnesses + checkers)


def main():
    with House("failover") as house:
        pair, journal = Pair(house.cluster), Journal()
        try:
            times, statuses, slowest = load_run(house, pair, journal)
        finally:
            pair.destroy()
        checks, records = ([t[i] for t in times] for i in (0, 1))
        say(f"{PROMOTIONS} promotions; {journal}; checks by status: {statuses}; slowest answer {slowest:.1f} s\n"
            f"from the new primary taking writes to checks answered {seconds(checks)}; to events recorded {seconds(records)}")
        assert statuses.get(503), "no check met a failover: the test shows nothing"
        assert max(checks) < CEILING, f"checks stayed away for {max(checks):.1f} s"
        assert slowest < SLACK, f"an answer took {slowest:.1f} s"


main()
