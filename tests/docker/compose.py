#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: from a clean clone, `docker compose up` gives what the README says, and a restart of any part loses nothing.

The image is built and looked at; compose.yaml is brought up with no edit; the README's own commands are run and their
answers read; then each part is restarted under light load, and what was acknowledged is in the ledger, once. The long
form (AKKOORD_TEST_LONG) goes on with the commands of docker/README.md.
"""
import json
import re

from engine import NODES, Stack, readme_blocks, scratch
from lib.client import Client
from lib.house import LONG, ROOT, eventually, say
from lib.journal import Journal, recorders_finish, recorders_start
from operations import operations_hold

IMAGE_BYTES_MAX = 120 * 10**6
RESTARTED = ("akkoord-1", "postgres", "first-run", "migrate", "akkoord-2")


def image_is_as_promised(stack):
    size = int(stack.image("{{.Size}}"))
    say(f"the image has {size / 1e6:.1f} MB")
    assert size < IMAGE_BYTES_MAX, size
    version = re.search(r"project\(akkoord VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))[1]
    config = json.loads(stack.image("{{json .Config}}"))
    assert config["Labels"]["org.opencontainers.image.version"] == version, config["Labels"]
    assert config["User"].split(":")[0].isdigit() and not config["User"].startswith("0"), config["User"]
    assert "health" in stack.command("history", "--no-trunc", stack.image("{{.Id}}")).lower(), "no HEALTHCHECK"


def parts_are_confined(stack):
    for part in (*NODES, "postgres", "migrate", "first-run"):
        assert stack.inspect(part, "{{.HostConfig.ReadonlyRootfs}}") == "true", part
    for node in NODES:
        confined = stack.command("exec", stack.container(node), "cat", "/proc/1/status")
        assert re.search(r"^CapBnd:\s+0+$", confined, re.M) and re.search(r"^NoNewPrivs:\s+1$", confined, re.M), confined
        assert re.search(r"^Uid:\s+[1-9]", confined, re.M), confined


def the_readme_is_true(stack):
    """Recorded, allowed, withdrawn, refused. Returns a token."""
    start, token = readme_blocks("Containers")[:2]
    first = [block for block in readme_blocks("The first five minutes") if "curl" in block]
    record, check, withdraw, batch = first
    stack.shell(start.split("docker compose up -d\n")[1])
    token = token.replace("http://localhost:8080", f"http://127.0.0.1:{stack.ports[0]}")

    def answer(command):
        return stack.shell(token + command)
    assert json.loads(answer(record))["effect"] == "applied"
    assert (found := json.loads(answer(check)))["allow"] is True and found["reason"] == "granted", found
    answer(withdraw)
    assert (found := json.loads(answer(check)))["allow"] is False and found["reason"] == "withdrawn", found
    assert answer(batch) == "", "a mailing list without consents came back"
    return stack.shell(token + 'printf "%s" "${auth#Authorization: Bearer }"').strip()


def keys_of(stack):
    return stack.command("exec", stack.container("akkoord-1"), "sha256sum", "/run/keys/subject.keys", "/run/keys/jwt.secret")


def restarts_lose_nothing(stack, token):
    journal, keys = Journal(), keys_of(stack)
    recorders = [r for port in stack.ports[:2] for r in recorders_start(journal, port, token, (0, 3))]
    for part in RESTARTED:
        before = journal.acknowledged()
        eventually(f"records before {part} restarts", lambda: journal.acknowledged() > before + 20)
        stack.restart(part)
        if part in ("first-run", "migrate"):
            stack.finished(part)
        stack.all_ready()
        after = journal.acknowledged()
        eventually(f"records after {part} restarted", lambda: journal.acknowledged() > after + 20)
    recorders_finish(recorders)
    assert keys_of(stack) == keys, "the keys changed"
    client = Client(stack.ports[1], token)
    journal.repeat_unanswered(client)
    client.close()
    journal.check(stack)
    say(f"{len(RESTARTED)} restarts; {journal}")


def main():
    with Stack(scratch("compose")) as stack:
        stack.build()
        image_is_as_promised(stack)
        stack.shell("docker compose up -d")
        stack.all_ready()
        for part in ("first-run", "migrate"):
            stack.finished(part)
        parts_are_confined(stack)
        token = the_readme_is_true(stack)
        restarts_lose_nothing(stack, token)
        if LONG:
            operations_hold(stack)


main()
