#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: whatever a client sends, the service lives, stays below 128 MB, views apart, and serves the others.

usage: hostile.py [--tls] [--reach] [ATTACK...]

Runs the attacks of tests/fault/attacks that are named, or all of them, and some over TLS too, one after the other against one
service; each with the memory and the CPU of the service and how others fare before, during and after. --tls: those named, over TLS.
--reach measures them instead (script/bench --floods).
"""
import importlib
import os
import pathlib
import sys

from lib.client import Client
from lib.flood import ATTACK, Target, survive
from lib.house import LONG, House
from lib.reach import reach
from lib.witness import persons_make

ATTACKS = sorted(path.stem for path in pathlib.Path(__file__).with_name("attacks").glob("*.py"))
TLS_ITSELF = [name for name in ATTACKS if name.startswith("tls_")]
PLAIN = [name for name in ATTACKS if name not in TLS_ITSELF]
OVER_TLS = [name for name in PLAIN if name not in ("connection_flood", "slow_header")]  # as tls_half_done
OVER_TLS_SHORT = ["header_bomb", "huge_body", "ping_flood", "slow_reader"]


def attack_named(name):
    return importlib.import_module(f"attacks.{name}").attack


def test(groups):
    with House("hostile") as house:
        house.certify()
        # AddressSanitizer keeps what is freed: as much as shows a use of it soon after.
        service = house.service(AKKOORD_VIEW_MEMORY="0", ASAN_OPTIONS=f"{house.settings['ASAN_OPTIONS']}:quarantine_size_mb=64")
        for tls, names in groups:
            service.start()
            persons_make(Client(service.port, house.token))
            for name in names:
                title = f"{name}, TLS" if tls else name
                survive(service, title, attack_named(name), Target(service, house.token, ATTACK, tls), ATTACK)
            service.stop()
        assert "skipping frame" not in service.log_text(), "libh2o writes on stderr what a client likes"


def measure(names, tls):
    cores = min(len(os.sched_getaffinity(0)), 2)
    with House("reach") as house:
        house.certify()
        # One client asks more than a day's in a minute: counted, and never refused.
        service = house.service(AKKOORD_CLIENT_LIMIT="999999999999", AKKOORD_THREADS=str(cores), AKKOORD_VIEW_MEMORY="0")
        service.start()
        reach(service, house.token, os.environ["AKKOORD_LOAD"], [(name, attack_named(name)) for name in names], tls, cores)
        service.stop()


def main(words):
    names, tls = [word for word in words if not word.startswith("--")], "--tls" in words
    if "--reach" in words:
        measure(names or (OVER_TLS if tls else ATTACKS), tls)
    elif names or tls:
        test([(tls, names or OVER_TLS)])
    else:
        test([(False, PLAIN), (False, TLS_ITSELF), (True, OVER_TLS if LONG else OVER_TLS_SHORT)])


main(sys.argv[1:])
