# SPDX-License-Identifier: Apache-2.0
"""Goal: the commands of docker/README.md do what it says. They are taken from it, word for word.

Each key is rotated; a dump and the keys are restored where nothing was; and the database goes back to a moment. Every
time a Yes and a No that were recorded before must still be what they were.
"""
import re
import time

from lib.client import Client, question_of, record_of
from lib.house import ROOT, eventually, say

TOKEN = "docker compose exec -T akkoord-1 akkoord token --controller demo --scope 'consent:record consent:check' --ttl 1h"


def commands(begin):
    """The commands of docker/README.md from the line that begins so, to the end of their block."""
    text = (ROOT / "docker/README.md").read_text(encoding="utf-8")
    return re.search(rf"^{re.escape(begin)}.*?(?=^```)", text, re.S | re.M)[0]


class Site:
    """What a client knows: a token, and who said what."""

    def __init__(self, stack):
        self.stack = stack
        self.renew()
        for name, state in (("anna", "given"), ("bram", "given"), ("bram", "withdrawn")):
            self.record(name, state)

    def renew(self):
        self.token = self.stack.shell(TOKEN).strip()

    def ask(self, path, body):
        client = Client(self.stack.ports[0], self.token)
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
        assert self.allowed("anna") and not self.allowed("bram"), after
        say(f"{after}: a Yes is a Yes, a No is a No")


def keys_rotate(stack, site):
    stack.shell(commands("docker compose run --rm -T --no-deps --entrypoint sh first-run -c \\\n  'rm /keys/postgres"))
    stack.restart("akkoord-1")  # which needs the new password
    stack.all_ready()
    site.still_true("new passwords")
    stack.shell(commands("docker compose run --rm -T --no-deps --entrypoint sh first-run -c 'rm /keys/service/jwt.secret'"))
    eventually("the old token is refused", lambda: site.ask("/v1/check", question_of("anna")).status == 401)
    site.renew()
    site.still_true("a new secret of tokens")
    key = commands("docker compose run --rm -T --no-deps --entrypoint sh first-run -euc 'umask")
    nodes, rotate = key.split("docker compose exec")
    stack.shell(nodes)
    stack.all_ready()
    eventually("akkoord rotate", lambda: stack.works("docker compose exec" + rotate))
    site.still_true("a new subject key")


def dump_and_restore(stack, site):
    stack.shell(commands("docker compose exec -T postgres pg_dump"))
    stack.remove("container", "volume", "network")
    restore = commands("docker compose run --rm -T --no-deps --entrypoint tar first-run -C /keys -x")
    until_they_run, doctor = restore.split("docker compose exec -T akkoord-1")
    stack.shell(until_they_run)
    stack.all_ready()
    assert "PROBLEM" not in stack.shell("docker compose exec -T akkoord-1" + doctor)
    site.still_true("a restore where nothing was")


def go_back(stack, site):
    stack.remove("container")  # their settings change
    stack.shell(commands('compose="docker compose -f compose.yaml -f docker/compose.archive.yaml"'))
    stack.all_ready()
    site.record("before", "given")
    moment = stack.rows("select now()")[0][0]
    time.sleep(1)
    site.record("after", "given")
    back = commands("target=")
    script = 'compose="docker compose -f compose.yaml -f docker/compose.archive.yaml"\n' + back
    stack.shell(re.sub(r"target='[^']*'", f"target='{moment}'", script))
    stack.all_ready()
    site.still_true("a moment ago")
    assert site.allowed("before") and not site.allowed("after")


def operations_hold(stack):
    """On a stack that runs, with the example policy in force."""
    site = Site(stack)
    keys_rotate(stack, site)
    dump_and_restore(stack, site)
    go_back(stack, site)
