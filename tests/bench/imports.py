#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast a list comes in: script/bench --imports.

100 000 lines of POST /v1/imports, in two calls (with their words they are more than a body may have), beside the same acts in arrays of
1 000 to POST /v1/consents, and a trial of the import beside the import. In turns, each of people nobody knew. A figure beyond its limit
fails nothing.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))
from lib.client import Client  # noqa: E402
from lib.house import CONTROLLER, House, run, say  # noqa: E402
from measure import database_cpu, load, machine, row, service_cpu  # noqa: E402

LINES = 100_000
CALL = 50_000  # lines
ARRAY = 1000
SCOPES = "consent:record consent:import"


def act_of(kind, number):
    email = {"type": "email", "value": f"reader{number}@example.nl"}
    return {"subject": [{"type": "customer", "value": f"c{number}"}, email] if kind == "pairs" else email, "purpose": "newsletter",
            "event_state": "given", "event_time": f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}T10:00:00Z", "collection_method": "web_form",
            "notice": {"id": "newsletter", "version": "1"}}


class Bench:
    def __init__(self, house, service, token, lines):
        self.house = house
        self.service = service
        self.client = Client(service.port, token)
        self.header = house.secret("authorization", f"Authorization: Bearer {token}\n")
        self.lines = lines
        self.people = 0  # that were named
        self.batches = 0
        self.found = {}  # by what was measured: values, one a round

    def acts(self, kind):
        self.people += self.lines
        return [json.dumps(act_of(kind, n), separators=(",", ":")) for n in range(self.people - self.lines, self.people)]

    def file(self, name, texts):
        path = self.house.folder / name
        path.write_text("".join(text + "\n" for text in texts), encoding="ascii")
        return path

    def measure(self, name, ask):
        """What `ask` took, by the line: the rate, and the CPU of the service and of the database."""
        service, database, begun = service_cpu(self.service), database_cpu(self.house), time.monotonic()
        ask()
        took = time.monotonic() - begun
        say(f"  {name}: {self.lines / took:.0f} lines/s")
        for what, value in (("rate", self.lines / took), ("service", 1e6 * (service_cpu(self.service) - service) / self.lines),
                            ("database", 1e6 * (database_cpu(self.house) - database) / self.lines)):
            self.found.setdefault(f"{name} {what}", []).append(value)

    def arrays(self, kind, at_once):
        acts = self.acts(kind)
        path = self.file("arrays", [f"[{','.join(acts[at:at + ARRAY])}]" for at in range(0, self.lines, ARRAY)])

        def ask():
            told = load(self.service, self.client, "/v1/consents", 3600, "--bodies", path, "--count", self.lines // ARRAY,
                        connections=1, streams=at_once)
            assert told["status_201"] == self.lines // ARRAY, told
        self.measure(f"{kind} arrays {at_once}", ask)

    def send(self, paths, query):
        for path in paths:
            self.call(path, query)

    def call(self, path, query):
        answer = self.house.folder / "answer.ndjson"
        run("curl", "-sf", "--max-time", 600, "--http2-prior-knowledge", f"http://127.0.0.1:{self.service.port}/v1/imports?source=bench&{query}",
            "-H", f"@{self.header}", "-H", "Content-Type: application/x-ndjson", "--data-binary", f"@{path}", "-o", answer)
        end = json.loads(subprocess.run(["tail", "-n", "1", answer], check=True, capture_output=True).stdout)
        assert end["new"] == end["lines"] and end["sendable"] == end["lines"], end

    def imports(self, kind):
        """A trial, and then the import: of the very same lines."""
        acts = self.acts(kind)
        paths = [self.file(f"lines{at}", acts[at:at + CALL]) for at in range(0, self.lines, CALL)]
        self.batches += 1
        self.measure(f"{kind} trial", lambda: self.send(paths, f"batch=b{self.batches}&dry_run=true"))
        self.measure(f"{kind} import", lambda: self.send(paths, f"batch=b{self.batches}"))

    def round(self, kind, number):
        steps = [lambda: self.arrays(kind, 1), lambda: self.imports(kind), lambda: self.arrays(kind, 8)]
        for step in steps if number % 2 else reversed(steps):
            step()

    def ratios(self, name, other):
        return [a / b for a, b in zip(self.found[f"{name} rate"], self.found[f"{other} rate"])]

    def tell(self, kind, label):
        for name, what in (("arrays 1", "arrays of 1 000, one at a time"), ("arrays 8", "... eight at a time"), ("import", "import"),
                           ("trial", "trial of the import")):
            row(f"{label}: {what}", self.found[f"{kind} {name} rate"], "-", "lines/s", 0)
            for who in ("service", "database"):
                row(f"    CPU of the {who}", self.found[f"{kind} {name} {who}"], "-", "us a line")
        for other in (1, 8):
            row(f"    the import to arrays, {other} at a time", self.ratios(f"{kind} import", f"{kind} arrays {other}"), 1, "x", 2)
        row("    the trial to the import", self.ratios(f"{kind} trial", f"{kind} import"), 2, "x", 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lines", type=int, default=LINES, help="thousands")
    parser.add_argument("--only", choices=("plain", "pairs"))
    given = parser.parse_args()
    with House("bench_imports") as house:
        token = house.command("token", "--controller", CONTROLLER, "--scope", SCOPES, "--ttl", "4h").strip()
        service = house.service()
        service.start(AKKOORD_CLIENT_LIMIT="0", AKKOORD_ADDRESS_LIMIT="0")
        bench = Bench(house, service, token, given.lines)
        kinds = [(kind, label) for kind, label in (("plain", "an e-mail address"), ("pairs", "a customer's code and e-mail address"))
                 if given.only in (None, kind)]
        machine(house)
        for number in range(1, given.rounds + 1):
            say(f"round {number} of {given.rounds}")
            for kind, _ in kinds:
                bench.round(kind, number)
        for kind, label in kinds:
            bench.tell(kind, label)
        machine(house)
        service.stop()


if __name__ == "__main__":
    main()
