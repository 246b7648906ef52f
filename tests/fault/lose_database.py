#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: a database that is gone for seconds, again and again, costs seconds and nothing else.

Under record and check load: its host swallows all that it is sent, connections being made included (lib/proxy.py);
and PostgreSQL is restarted in order every few seconds. Every request is answered at its deadline, a check 503 with
"allow": false; it all comes back by itself; every acknowledged event stands in the ledger once.
"""
import time

from lib.house import LONG, House, say
from lib.load import Load
from lib.pooler import port_free
from lib.proxy import Proxy

SWALLOWED = (6, 1, 15) if LONG else (6,)  # seconds; 6: longer than a call's deadline
RESTARTS = 6 if LONG else 2
BETWEEN = 5 if LONG else 1.5  # seconds
SLACK = 10  # a deadline of 5 s (limits.h), on a slow machine with a sanitizer


def swallow(load, proxy, seconds):
    load.flows()
    proxy.swallow()
    time.sleep(seconds)
    proxy.wake()
    return load.flows()


def restart(house, load):
    begun = time.monotonic()
    for _ in range(RESTARTS):
        house.cluster.command("stop")
        house.cluster.start()
        time.sleep(BETWEEN)
    return time.monotonic() - begun, load.flows()


def main():
    with House("lose_database") as house:
        port = (house.cluster.folder / "port").read_text(encoding="ascii").strip()
        proxy = Proxy(port_free(), port)
        try:
            service = house.service(AKKOORD_DATABASE=f"{house.cluster.conninfo('service', 'tcp')} port={proxy.port}",
                                    AKKOORD_LOG_LEVEL="debug")
            service.start()
            load = Load(house, service)
            back = [swallow(load, proxy, seconds) for seconds in SWALLOWED]
            refused = service.log_text().count('reason="connect time-out"')
            restarting, after = restart(house, load)
            load.finish(house.cluster)
            service.stop()
        finally:
            proxy.end()
        say(f"{load}\nswallowed for {SWALLOWED} s: all answered again after {', '.join(f'{s:.1f}' for s in back)} s; "
            f"{RESTARTS} restarts in {restarting:.0f} s: after {after:.1f} s")
        assert refused, "no connection that was tried was swallowed: the test shows less than it says"
        assert load.statuses.get(503), "no check met the outage: the test shows nothing"
        assert load.slowest() < SLACK, f"an answer took {load.slowest():.1f} s"


main()
