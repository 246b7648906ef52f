#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: a client that goes away in the middle of a request hurts nobody, and its write is there once or not at all.

Thousands of requests to record, to withdraw and to check over a few HTTP/2 connections; most are reset (RST_STREAM) before
their body is complete, right after it, or a moment later while the database works; now and then the connection is dropped.
What was written stands in the ledger once; what was acknowledged is there; a later request on the same connection is
answered (within its first resets: a server may shut a connection that resets too much); memory does not grow with the
number of resets; and the service leaves without a leak.
"""
import random
import time

from lib.client import Client, person, question_of
from lib.house import LONG, House, say
from lib.http2 import Connection, Lost
from lib.journal import Journal
from lib.witness import REFUSED, TRUTH, check_one, persons_make

BURSTS = 3000 if LONG else 240
PER_BURST = 16  # requests, below the streams that the server lets run at a time
RESETS_TOLERATED = 64  # of a connection, that any server must bear
GROWTH_MAX = 48 << 20  # bytes of memory from a quarter of the bursts to the end
CONNECTIONS = 4
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
            for stream, sent, name in kept:
                answer = self.connection.wait(stream)
                if sent:
                    sent.take(answer)
                else:
                    check_one(answer, name)
            if random.random() < 0.02:
                self.begin_all(journal)
                self.connection.drop()
                self.open()
        except Lost:
            assert self.resets > RESETS_TOLERATED, f"the connection was shut after {self.resets} resets"
            self.open()

    def begin_all(self, journal):
        """Returns what was not reset: stream, what was sent, the person asked about."""
        kept, later = [], []
        for _ in range(PER_BURST):
            way = random.choice(("cut", "at once", "later", "later", "keep"))
            stream, sent, name = self.begin(journal, 20 if way == "cut" else None)
            if way == "keep":
                kept.append((stream, sent, name))
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

    def begin(self, journal, cut):
        dice = random.random()
        if dice < 0.5:
            sent = journal.new(random.choice((0, 0, 0, 5)), random.random() < 0.3)
            return self.connection.begin("/v1/consents", sent.body, sent.key, cut), sent, None
        name = random.choice(list(TRUTH))
        if dice < 0.6:
            return self.connection.begin("/v1/withdraw", {"subject": person(REFUSED), "purpose": "analytics"}, None, cut), \
                Ignored(), None
        return self.connection.begin("/v1/check", question_of(name), None, cut), None, name

    def reset(self, stream):
        self.connection.reset(stream)
        self.resets += 1


class Ignored:
    """Stands for what was sent where only that it was answered counts."""

    @staticmethod
    def take(answer):
        assert answer.status == 200, answer


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
        repeated = journal.repeat_unanswered(client)
        events = journal.check(house.cluster)
        for line in lines:
            line.connection.drop()
        service.stop()
        say(f"{BURSTS * PER_BURST} requests over {sum(line.opened for line in lines)} connections; {len(journal.sent)} to record, "
            f"{journal.acknowledged()} of them acknowledged, {repeated} repeated by their key, {events} events; memory "
            f"{before >> 20} MB, then {growth >> 20} MB more")
        assert growth < GROWTH_MAX, f"memory grew by {growth >> 20} MB"


main()
