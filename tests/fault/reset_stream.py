#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: a client that goes away in the middle of a request hurts nobody, and its write is there once or not at all.

Thousands of requests to record, to withdraw, to check and to check lists, over a few HTTP/2 connections; most are
reset (RST_STREAM) before their body is complete, right after it, or a moment later while the database works; now and
then the connection is dropped. What was written stands in the ledger once; what was acknowledged is there; a later
request on the same connection is answered (within its first resets: a server may shut a connection that resets too
much); memory does not grow with the number of resets; and the service leaves without a leak.
"""
import itertools
import json
import random
import time

from lib.client import NDJSON, Client, person, question_of
from lib.house import LONG, House, say
from lib.http2 import Connection, Lost
from lib.journal import Journal
from lib.witness import REFUSED, TRUTH, check_one, persons_make

BURSTS = 3000 if LONG else 240
PER_BURST = 16  # requests, below the streams that the server lets run at a time
RESETS_TOLERATED = 64  # of a connection, that any server must bear
GROWTH_MAX = 48 << 20  # bytes of memory from a quarter of the bursts to the end
CONNECTIONS = 4
LIST = 1500  # lines: more than is asked of the database at a time
# AddressSanitizer keeps what was freed for a while: little of it here, so that memory tells of the service.
SANITIZER = "quarantine_size_mb=4:thread_local_quarantine_size_kb=64"


class Line:
    """One connection, opened anew when the server has had enough of it."""

    def __init__(self, port, token):
        self.place = port, token
        self.opened = 0
        self.open()

    def open(self):
        self.connection = Connection(*self.place)
        self.resets = 0
        self.opened += 1

    def burst(self, journal):
        try:
            kept = self.begin_all(journal)
            for stream, check in kept:
                check(self.connection.wait(stream))
            if random.random() < 0.05:
                self.begin_all(journal)
                self.connection.drop()
                self.open()
        except Lost:
            assert self.resets > RESETS_TOLERATED, f"the connection was shut after {self.resets} resets"
            self.open()

    def begin_all(self, journal):
        """Returns what was not reset: stream, and what is to be done with its answer."""
        kept, later = [], []
        for request in itertools.chain([list_check], random.choices(REQUESTS, k=PER_BURST - 1)):
            way = random.choice(("cut", "at once", "later", "later", "keep"))
            stream, check = request(self.connection, journal, 20 if way == "cut" else None)
            if way == "keep":
                kept.append((stream, check))
            elif way == "later":
                later.append(stream)
            else:
                self.reset(stream)
        if later:
            time.sleep(random.choice((0, 0.001, 0.003, 0.01)))
        for stream in later:
            self.reset(stream)
        self.connection.poll()
        return kept

    def reset(self, stream):
        self.connection.reset(stream)
        self.resets += 1


def record(connection, journal, cut):
    sent = journal.new(random.choice((0, 0, 0, 5)), random.random() < 0.3)
    return connection.begin("/v1/consents", json.dumps(sent.body), sent.key, cut=cut), sent.take


def withdraw(connection, _, cut):
    def check(answer):
        assert answer.status == 200, answer
    body = {"subject": person(REFUSED), "purpose": "analytics"}
    return connection.begin("/v1/withdraw", json.dumps(body), cut=cut), check


def single_check(connection, _, cut):
    name = random.choice(list(TRUTH))
    return connection.begin("/v1/check", json.dumps(question_of(name)), cut=cut), lambda answer: check_one(answer, name)


def list_check(connection, _, cut):
    names = random.choices(list(TRUTH), k=LIST)

    def check(answer):
        assert answer.status == 200, answer
        got = [json.loads(line)["allow"] for line in answer.text.splitlines()]
        assert got == [TRUTH[name][0] for name in names], "a list was answered wrong"
    text = "".join(json.dumps(question_of(name)) + "\n" for name in names)
    return connection.begin("/v1/check/batch", text, media=NDJSON, cut=cut), check


REQUESTS = (record, record, withdraw, single_check, single_check)


def main():
    with House("reset_stream") as house:
        service = house.service(ASAN_OPTIONS=f"{house.settings['ASAN_OPTIONS']}:{SANITIZER}")
        service.start()
        client, journal = Client(service.port, house.token), Journal()
        persons_make(client)
        lines = [Line(service.port, house.token) for _ in range(CONNECTIONS)]
        for number in range(BURSTS):
            if number == BURSTS // 4:
                before = service.memory()
            lines[number % CONNECTIONS].burst(journal)
        growth = service.memory() - before
        journal.repeat_unanswered(client)
        journal.check(house.cluster)
        for line in lines:
            line.connection.drop()
        service.stop()
        say(f"{BURSTS * PER_BURST} requests over {sum(line.opened for line in lines)} connections; {journal}; memory "
            f"{before >> 20} MB, then {growth >> 20} MB more")
        assert growth < GROWTH_MAX, f"memory grew by {growth >> 20} MB"


main()
