#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps a service on a private PostgreSQL for a test that drives browsers.

keep.py NAME: an order a line comes in on stdin as JSON, and each is answered by a line, {"ok": ...} or {"error": "..."}:
  {"start": {SETTING: VALUE}}   starts the service, with these options beside the usual ones: {"url", "token"}
  {"stop": true}                stops it in order
  {"apply": {...}}              makes this policy document the one in force
  {"command": ["key", "list"]}  runs a subcommand: what it prints
The end of stdin takes everything away.
"""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "fault"))
from lib.house import CONTROLLER, ROOT, House  # noqa: E402


def scopes():
    """Every scope there is, from the service's own table."""
    text = (ROOT / "service/auth/scope.h").read_text(encoding="utf-8")
    return " ".join(re.findall(r'X\([A-Z_]*, "([a-z:]*)"\)', text))


class Keeper:
    def __init__(self, house):
        self.house = house
        self.service = house.service()

    def start(self, settings):
        url = f"http://127.0.0.1:{self.service.port}"
        self.service.start(**({"AKKOORD_PUBLIC_URL": url} | settings))
        token = self.house.command("token", "--controller", CONTROLLER, "--scope", scopes(), "--ttl", "2h").strip()
        return {"url": url, "token": token}

    def stop(self, _):
        self.service.stop()

    def apply(self, document):
        path = self.house.folder / "policy.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return self.house.command("apply", path)

    def command(self, words):
        return self.house.command(*words)

    def obey(self, order):
        [(verb, argument)] = order.items()
        return {"start": self.start, "stop": self.stop, "apply": self.apply, "command": self.command}[verb](argument)


def main():
    with House(f"browser-{sys.argv[1]}") as house:
        keeper = Keeper(house)
        for line in sys.stdin:
            try:
                answer = {"ok": keeper.obey(json.loads(line))}
            except AssertionError as error:
                answer = {"error": str(error)}
            print(json.dumps(answer), flush=True)
        if keeper.service.process is not None:
            keeper.service.stop()


if __name__ == "__main__":
    main()
