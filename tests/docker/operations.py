#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: the commands of docker/README.md do what it says. They are taken from it, word for word.

Each key is rotated; a dump and the keys are restored where nothing was; and the database goes back to a moment. Every
time a Yes and a No that were recorded before must still be what they were. Only in the long form (AKKOORD_TEST_LONG).
"""
import re
import time

from compose import all_ready, ports_free
from engine import SKIPPED, Stack, scratch
from lib.client import Client, question_of, record_of
from lib.house import LONG, ROOT, eventually, say

PORTS = ("AKKOORD_PORT_1", "AKKOORD_PORT_2", "AKKOORD_METRICS_PORT_1", "AKKOORD_METRICS_PORT_2")
TOKEN = "docker compose exec -T akkoord-1 akkoord token --controller demo --scope 'consent:record consent:check' --ttl 1h"


def commands(begin):
    """The commands of docker/README.md from the line that begins so, to the end of their block."""
    text = (ROOT / "docker/README.md").read_text(encoding="utf-8")
    return re.search(rf"^{re.escape(begin)}.*?(?=^```)", text, re.S | re.M)[0]


class Site:
    """What a client knows: the address, a token, and who said what."""

    def __init__(self, stack, port):
        self.stack, self.port = stack, port
        self.token = None

    def renew(self):
        self.token = self.stack.shell(TOKEN).strip()

    def ask(self, path, body):
        client = Client(self.port, self.token)
        answer = client.post(path, body)
        client.close()
        return answer

    def record(self, name, state):
        answer = self.ask("/v1/consents", record_of(name, state))
        assert answer is not None and answer.status == 201, answer

    def allowed(self, name):
        """Whether the check allows; a service that is being started again is waited for."""
        answer = eventually("a check is answered", lambda: self.ask("/v1/check", question_of(name)))
        assert answer.status == 200, answer
        return answer.body["allow"]

    def still_true(self, after):
        assert self.allowed("jan") and not self.allowed("piet"), after
        say(f"{after}: a Yes is a Yes, a No is a No")


def keys_rotate(stack, site, ports):
    stack.shell(commands("docker compose run --rm -T --no-deps --entrypoint sh first-run -c \\\n  'rm /keys/postgres"))
    stack.restart("akkoord-1")  # which needs the new password
    all_ready(stack, ports)
    site.still_true("new passwords")
    stack.shell(commands("docker compose run --rm -T --no-deps --entrypoint sh first-run -c 'rm /keys/service/jwt.secret'"))
    eventually("the old token is refused", lambda: site.ask("/v1/check", question_of("jan")).status == 401)
    site.renew()
    site.still_true("a new secret of tokens")
    key = commands("docker compose run --rm -T --no-deps --entrypoint sh first-run -euc 'umask")
    nodes, rotate = key.split("docker compose exec")
    stack.shell(nodes)
    all_ready(stack, ports)
    eventually("akkoord rotate", lambda: stack.works("docker compose exec" + rotate))
    site.still_true("a new subject key")


def dump_and_restore(stack, site, ports):
    stack.shell(commands("docker compose exec -T postgres pg_dump"))
    stack.remove("container", "volume", "network")
    restore = commands("docker compose run --rm -T --no-deps --entrypoint tar first-run -C /keys -x")
    until_they_run, doctor = restore.split("docker compose exec -T akkoord-1")
    stack.shell(until_they_run)
    all_ready(stack, ports)
    assert "PROBLEM" not in stack.shell("docker compose exec -T akkoord-1" + doctor)
    site.still_true("a restore where nothing was")


def go_back(stack, site, ports):
    stack.remove("container")  # their settings change
    stack.shell(commands('compose="docker compose -f compose.yaml -f docker/compose.archive.yaml"'))
    all_ready(stack, ports)
    site.record("before", "given")
    moment = stack.rows("select now()")[0][0]
    time.sleep(1)
    site.record("after", "given")
    back = commands("target=")
    script = 'compose="docker compose -f compose.yaml -f docker/compose.archive.yaml"\n' + back
    stack.shell(re.sub(r"target='[^']*'", f"target='{moment}'", script))
    all_ready(stack, ports)
    site.still_true("a moment ago")
    assert site.allowed("before") and not site.allowed("after")


def main():
    if not LONG:
        say("*** SKIPPED: only in the long form, script/test --long docker")
        raise SystemExit(SKIPPED)
    with Stack(scratch("operations")) as stack:
        ports = dict(zip(PORTS, ports_free(len(PORTS))))
        stack.settings |= {name: str(port) for name, port in ports.items()}
        stack.build()
        stack.shell("docker compose up -d")
        all_ready(stack, ports)
        stack.shell("docker compose exec -T akkoord-1 akkoord apply - <examples/demo.json")
        site = Site(stack, ports["AKKOORD_PORT_1"])
        site.renew()
        for name, state in (("jan", "given"), ("piet", "given"), ("piet", "withdrawn")):
            site.record(name, state)
        keys_rotate(stack, site, ports)
        dump_and_restore(stack, site, ports)
        go_back(stack, site, ports)


main()
