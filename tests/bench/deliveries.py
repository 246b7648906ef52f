#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast what is to be told leaves: script/bench --deliveries.

Changes to a recipient's webhook, and messages that wait in the outbox, each to one endpoint over TLS. The service has one core, with one
thread that serves; PostgreSQL, the receiver and whoever records have the others. A figure beyond its limit fails nothing.
"""
import argparse
import base64
import contextlib
import json
import os
import pathlib
import secrets
import ssl
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))
from lib.client import Client  # noqa: E402
from lib.house import CONTROLLER, ROOT, House, eventually, port_hold, run, say  # noqa: E402
from measure import database_cpu, load, machine, row, service_cpu  # noqa: E402

RECEIVER = os.environ.get("AKKOORD_RECEIVER", "bench_receiver")
SERVICE_CORE = 0
ARRAY = 1000
SCOPES = "consent:record"
MB = 1 << 20


class Receiver:
    """Counts what comes."""

    def __init__(self, house):
        hold = port_hold()
        self.port = hold.getsockname()[1]
        self.certificate, key = house.folder / "receiver.pem", house.secret("receiver-key.pem", "")
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", self.certificate)
        self.process = subprocess.Popen([RECEIVER, str(self.port), self.certificate, key])
        self.url = f"https://127.0.0.1:{self.port}/"
        self.trust = ssl.create_default_context(cafile=str(self.certificate))
        eventually("the receiver is there", self.ready)
        hold.close()

    def ready(self):
        with contextlib.suppress(OSError):
            return self.came() is not None

    def came(self):
        """Deliveries, and their bytes."""
        with urllib.request.urlopen(self.url, timeout=10, context=self.trust) as answer:
            told = json.load(answer)
        return told["deliveries"], told["bytes"]

    def end(self):
        self.process.kill()
        self.process.wait()


class Bench:
    def __init__(self, house, receiver):
        self.house = house
        self.receiver = receiver
        secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        self.service = house.service(AKKOORD_WEBHOOK_SECRETS_FILE=house.secret("webhook.secrets", f"one:{secret}\n"),
                                     AKKOORD_WEBHOOK_ALLOW="127.0.0.1", SSL_CERT_FILE=str(receiver.certificate), AKKOORD_THREADS="1",
                                     AKKOORD_CLIENT_LIMIT="0", AKKOORD_ADDRESS_LIMIT="0")
        self.client = Client(0, house.command("token", "--controller", CONTROLLER, "--scope", SCOPES, "--ttl", "4h").strip())

    def policy(self, **members):
        document = json.loads((ROOT / "examples/demo.json").read_text(encoding="utf-8")) | members
        document["purposes"][0]["double_opt_in"] = "messages" in members
        path = self.house.folder / "policy.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        self.house.command("apply", path)

    @contextlib.contextmanager
    def serving(self):
        """What is started here has a core for itself."""
        others = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {SERVICE_CORE})
        try:
            self.service.start()
        finally:
            os.sched_setaffinity(0, others)
        self.client.port = self.service.port
        try:
            yield
        finally:
            self.service.stop()

    def endpoint(self, change):
        self.house.cluster.rows(f"update endpoint set {change};")

    def number(self, sql):
        [[value]] = self.house.cluster.rows(f"select {sql};")
        return int(value)

    def settle(self):
        """Nothing is left to do of what was recorded."""
        self.house.cluster.rows("vacuum analyze;")
        self.house.cluster.rows("checkpoint;")

    def record(self, first, count, status):
        """By people nobody knew."""
        body = ('{"subject":{"type":"email","value":"reader%d@example.nl"},"purpose":"newsletter","event_state":"given",'
                '"collection_method":"web_form","language":"nl"}')
        told = load(self.service, self.client, "/v1/consents", 3600, "--body", body, "--first", first, "--array", ARRAY, "--count",
                    -(-count // ARRAY), connections=2, streams=2)
        assert told[f"status_{status}"] == -(-count // ARRAY), told

    def memory_peak(self):
        """The most that was in memory since the last call."""
        folder = pathlib.Path(f"/proc/{self.service.process.pid}")
        [line] = [line for line in (folder / "status").read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:")]
        (folder / "clear_refs").write_text("5", encoding="ascii")
        return int(line.split()[1]) * 1024

    def measure(self, unit, done, ended, seconds):
        """From the moment the endpoint is there: what `done` counts, until `ended`, or so long."""
        count, (came, size), service, database = done(), self.receiver.came(), service_cpu(self.service), database_cpu(self.house)
        begin = self.service.memory()
        self.memory_peak()
        self.endpoint("paused_until = null")
        start = time.monotonic()
        while time.monotonic() - start < seconds and not ended():
            time.sleep(1)  # to ask costs PostgreSQL's core
        count = done() - count
        took = time.monotonic() - start
        deliveries, size = (b - a for a, b in zip((came, size), self.receiver.came()))
        service, database = (1e6 * (b - a) / count for a, b in ((service, service_cpu(self.service)), (database, database_cpu(self.house))))
        self.endpoint("paused_until = 'infinity'")
        say(f"{count} {unit}s in {took:.1f} s: {deliveries} deliveries, {size / MB:.1f} MB; {service:.1f} us of CPU of the service a {unit}, "
            f"{database:.1f} of the database; memory of the service {begin / MB:.1f} MB before, {self.memory_peak() / MB:.1f} at the most, "
            f"{self.service.memory() / MB:.1f} after")
        return count / took, service, database


def told(unit, figures, limit):
    rates, service, database = zip(*figures)
    row(f"{unit}s to one endpoint", rates, f"at least {limit}", f"{unit}s/s", 0)
    row("    CPU of the service", service, "-", f"us a {unit}")
    row("    CPU of the database", database, "-", f"us a {unit}")


def changes(bench, count, rounds, seconds):
    bench.policy(recipients=[{"name": "Mail tool", "endpoint": bench.receiver.url, "secret": "one"}])
    figures = []
    with bench.serving():
        for number in range(rounds):
            bench.endpoint("paused_until = 'infinity'")
            time.sleep(1)  # whoever is there leaves
            bench.record(number * count, count, 201)
            bench.settle()
            head = bench.number("max(revision) from head")
            figures.append(bench.measure("change", lambda: bench.number("max(revision) from endpoint"),
                                         lambda h=head: bench.number("max(revision) from endpoint") == h, seconds))
    told("change", figures, 5000)


def messages(bench, count, rounds, seconds):
    """All of them wait; those of `seconds` are delivered, and again."""
    bench.policy(messages={"endpoint": bench.receiver.url, "secret": "one", "confirmation": "delivered"})
    bench.endpoint("paused_until = 'infinity'")
    figures = []
    with bench.serving():
        bench.record(1_000_000_000, count, 202)
        bench.settle()
    with bench.serving():  # what it took to record them is no longer in its memory
        for _ in range(rounds):
            say(f"{bench.number('count(*) from outbox where status = 0')} messages wait")
            figures.append(bench.measure("message", lambda: bench.number("count(*) from outbox where status = 1"),
                                         lambda: bench.number("count(*) from (select from outbox where status = 0 limit 1) one") == 0, seconds))
            time.sleep(1)
    told("message", figures, 2000)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=20, help="of each measurement, at the most")
    parser.add_argument("--changes", type=int, default=200_000, help="a round")
    parser.add_argument("--messages", type=int, default=1_000_000, help="that wait")
    parser.add_argument("--only", choices=("changes", "messages"))
    given = parser.parse_args()
    if len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, os.sched_getaffinity(0) - {SERVICE_CORE})
    with House("bench_deliveries") as house:
        house.cluster.rows("alter system set shared_buffers = '1GB';")
        house.cluster.rows("alter system set max_wal_size = '16GB';")
        house.cluster.command("stop")
        house.cluster.start()
        receiver = Receiver(house)
        try:
            bench = Bench(house, receiver)
            machine(house)
            if given.only != "messages":
                changes(bench, given.changes, given.rounds, given.seconds)
            if given.only != "changes":
                messages(bench, given.messages, given.rounds, given.seconds)
            machine(house)
        finally:
            receiver.end()


if __name__ == "__main__":
    main()
