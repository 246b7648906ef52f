#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: a pooler before PostgreSQL is recognised and refused, and told by its name.

A pgbouncer in transaction mode (and, in the long form, in session mode), as it comes and told to swallow what it does not know. `akkoord
serve` does not start, with the reason; `akkoord doctor` says it too. A pgbouncer that comes up later, where nobody
answered when the service started: the service never uses it, checks say no, and /readyz says why.
"""
import subprocess

from lib.client import Client, question_of
from lib.house import LONG, PROGRAM, House, eventually, say
from lib.pooler import Pooler, port_free

REASON = "a pooler such as pgbouncer"
WAYS = [{"pool_mode": mode} | more for mode in (("transaction", "session") if LONG else ("transaction",))
        for more in ({}, {"ignore_startup_parameters": "options"})]


def told(house, settings, command):
    done = subprocess.run([PROGRAM, command], env=house.settings | settings, text=True, capture_output=True, check=False,
                          timeout=60)
    return done.returncode, done.stdout + done.stderr


def refused_at_start(house, pooler, way):
    pooler.start(**way)
    settings = {"AKKOORD_DATABASE": pooler.conninfo(), "AKKOORD_LISTEN": f"127.0.0.1:{port_free()}"}
    for command in ("serve", "doctor"):
        status, text = told(house, settings, command)
        assert status == 1 and REASON in text, f"{way}: {command} left with {status}:\n{text}"
    pooler.stop()


def refused_later(house, pooler, way):
    service = house.service("-".join(way.values()), AKKOORD_DATABASE=pooler.conninfo())
    service.launch()
    eventually("it listens", service.health)
    pooler.start(**way)
    client = Client(service.port, house.token)
    eventually("/readyz says why", lambda: REASON in client.ask("GET", "/readyz").text)
    answer = client.post("/v1/check", question_of("anybody"))
    assert answer.status == 503 and answer.body["allow"] is False, answer
    service.stop()
    pooler.stop()


def main():
    with House("pooler") as house:
        pooler = Pooler(house.cluster)
        try:
            for way in WAYS:
                refused_at_start(house, pooler, way)
            for way in WAYS if LONG else WAYS[1:]:
                refused_later(house, pooler, way)
        finally:
            pooler.stop()
    say(f"{len(WAYS)} ways to set up pgbouncer: refused in each")


main()
