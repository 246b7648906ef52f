#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: whatever a client sends, the service lives, stays below 128 MB, and serves the others.

Runs the attacks of tests/fault/attacks that are named, or all of them, one after the other against one service; each
with the memory and the CPU of the service and how others fare before, during and after.
"""
import importlib
import pathlib
import sys

from lib.client import Client
from lib.flood import ATTACK, survive
from lib.house import House
from lib.witness import persons_make

ATTACKS = sorted(path.stem for path in pathlib.Path(__file__).with_name("attacks").glob("*.py"))


def main(names):
    with House("hostile") as house:
        service = house.service()
        service.start()
        client = Client(service.port, house.token)
        persons_make(client)
        client.close()
        for name in names:
            attack = importlib.import_module(f"attacks.{name}").attack
            survive(service, house.token, name, attack, ATTACK)
        service.stop()
        assert "skipping frame" not in service.log_text(), "libh2o writes on stderr what a client likes"


main(sys.argv[1:] or ATTACKS)
