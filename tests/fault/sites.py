#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: a flooding, a forging and a foreign client are turned away, and a site's own visitors are not.

From one address choices come as fast as one connection after another takes them (aimed at 10 000 a second), with a token that is good;
from another the same with forged tokens; from a third with an Origin that the policy does not name. Meanwhile visitors at addresses of
their own choose: each is recorded. Of the flood no more is recorded than its address may send, of the other two nothing.
"""
import base64
import collections
import http.client
import json
import os
import socket
import threading
import time

from lib.house import LONG, ROOT, House, say

ORIGIN = "https://www.krant.example"
PATH = "/v1/sites/demo/"
SECONDS = 20 if LONG else 4
ADDRESS_LIMIT = 1200  # a minute; the service's default
AT_ONCE = 100  # requests of a flood in one piece
BEYOND = 2 * ADDRESS_LIMIT  # answers that a flood waits for, however slow the machine: more than its address may have
PATIENCE = 60  # seconds, at most, that a flood takes to get them
LINES = 24  # connections of the one that floods: on each the next request waits for the answer to the one before


def code():
    return base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")


def post(port, source, path, body, origin=ORIGIN):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(source, 0))
    line.request("POST", PATH + path, json.dumps(body), {"Content-Type": "application/json", "Origin": origin})
    answer = line.getresponse()
    text = answer.read().decode()
    line.close()
    return answer.status, json.loads(text)


def choice(visitor, token):
    return {"visitor": visitor, "choices": {"analytics": "refused"}, "token": token}


class Flood(threading.Thread):
    """Sends the same request again and again, many before the answers come, and counts what is answered."""

    def __init__(self, port, source, body, origin=ORIGIN):
        super().__init__(daemon=True)
        text = json.dumps(body)
        head = f"POST {PATH}choices HTTP/1.1\r\nHost: test\r\nOrigin: {origin}\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        self.piece = (head + text).encode() * AT_ONCE
        self.port, self.source = port, source
        self.begun, self.sent, self.statuses = 0, 0, {}

    def goes_on(self):
        took = time.monotonic() - self.begun
        return took < SECONDS or (took < PATIENCE and sum(self.statuses.values()) < BEYOND)

    def run(self):
        self.begun = time.monotonic()
        while self.goes_on():
            try:
                with socket.create_connection(("127.0.0.1", self.port), 10, (self.source, 0)) as line:
                    line.settimeout(5)
                    while self.goes_on():
                        line.sendall(self.piece)
                        self.sent += AT_ONCE
                        self.take(line)
            except OSError:
                time.sleep(0.01)

    def take(self, line):
        """The answers to one piece, as far as they come."""
        left, rest = AT_ONCE, b""
        while left > 0:
            got = line.recv(1 << 18)
            if not got:
                return
            parts = (rest + got).split(b"HTTP/1.1 ")
            for part in parts[1:]:
                if len(part) >= 3:
                    self.statuses[part[:3]] = self.statuses.get(part[:3], 0) + 1
                    left -= 1
            rest = parts[-1][-12:] if len(parts) == 1 else b""


def told(name, floods):
    """What they were answered, all together."""
    statuses = collections.Counter()
    for flood in floods:
        statuses.update(flood.statuses)
    say(f"{name}: {sum(statuses.values())} answered: {dict(statuses)}")
    return statuses


def visitors(port, until, statuses, codes):
    """Visitors of the site, one after the other, each at an address of its own."""
    number = 0
    while time.monotonic() < until:
        number += 1
        source, visitor = f"127.1.{number // 250}.{number % 250 + 1}", code()
        status, taken = post(port, source, "token", {"visitor": visitor})
        if status == 200:
            status, _ = post(port, source, "choices", choice(visitor, taken["token"]))
        statuses.append(status)
        codes.append(visitor)
        time.sleep(0.02)


def main():
    with House("sites") as house:
        policy = json.loads((ROOT / "examples/demo.json").read_text())
        policy["sites"] = [{"origins": [ORIGIN]}]
        path = house.folder / "policy.json"
        path.write_text(json.dumps(policy))
        house.command("apply", path)
        service = house.service()
        service.start()
        port = service.port

        mine = code()
        good = post(port, "127.0.0.9", "token", {"visitor": mine})[1]["token"]
        flooding = [Flood(port, "127.0.0.2", choice(mine, good)) for _ in range(LINES)]
        forging = [Flood(port, "127.0.0.3", choice(mine, good[:-4] + "AAAA"))]
        foreign = [Flood(port, "127.0.0.4", choice(mine, good), "https://www.krant.example.evil.example")]
        floods = flooding + forging + foreign
        statuses, codes, begun = [], [], time.monotonic()
        for flood in floods:
            flood.start()
        visitors(port, time.monotonic() + SECONDS, statuses, codes)
        for flood in floods:
            flood.join()
        took = time.monotonic() - begun

        answers = {name: told(name, kind) for name, kind in (("flooding", flooding), ("forging", forging), ("foreign", foreign))}
        say(f"visitors: {len(statuses)}, of which {statuses.count(201)} were recorded")
        assert statuses and set(statuses) == {201}, statuses
        assert all(answers[name][b"429"] > 0 for name in answers)
        assert answers["forging"][b"201"] == 0 and answers["foreign"][b"201"] == 0

        events = int(house.cluster.rows("select count(*) from event")[0][0])
        of_flood = events - len(codes)
        allowed = ADDRESS_LIMIT * (1 + took / 60) + 1
        say(f"{events} events, {of_flood} of the flood, which may send {allowed:.0f}")
        assert 0 < of_flood <= allowed, of_flood
        service.stop()


main()
