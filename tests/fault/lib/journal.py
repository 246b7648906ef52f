# SPDX-License-Identifier: Apache-2.0
"""What was sent, what came back, and whether the ledger agrees.

Every event that is sent has a `ref` of its own, so that the ledger tells how often it was written.
"""
import collections
import itertools
import random
import threading
import time

from lib.client import Client, record_of
from lib.house import eventually

PERSONS = 40  # few: their states are written over and over, by several connections
ACKNOWLEDGED = (200, 201, 202)
SURELY_NOT_WRITTEN = (500, 503)
FAILED = (503, 504, None)  # None: the connection was lost


class Sent:
    """One request to record, one event or an array, and all that was answered to it."""

    def __init__(self, body, refs, key):
        self.body = body
        self.refs = refs
        self.key = key
        self.statuses = []
        self.receipts = None  # of the first answer that acknowledged it

    def take(self, answer):
        self.statuses.append(answer.status if answer else None)
        if answer is None or answer.status not in ACKNOWLEDGED:
            return
        receipts = answer.body if isinstance(answer.body, list) else [answer.body]
        receipts = [(r["record_id"], r["revision"]) for r in receipts]
        assert self.receipts in (None, receipts), f"key {self.key}: {self.receipts}, and then {receipts}"
        self.receipts = receipts

    def is_answered(self):
        return self.receipts is not None


class Journal:
    def __init__(self, name="r", tolerated=()):
        self.name = name
        self.tolerated = tolerated  # statuses besides those that a write may always be answered
        self.sent = []
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()
        self.last_good = 0.0  # of time.monotonic: when something was last acknowledged
        self.repeated = 0
        self.events = 0

    def new(self, size, with_key):
        """A request that was not sent before: one event when size is 0, or an array of so many."""
        with self.lock:
            number = next(self.numbers)
        refs = [f"{self.name}{number}.{i}" for i in range(max(size, 1))]
        records = [record_of(f"p{random.randrange(PERSONS)}", random.choice(("given", "refused", "withdrawn")), ref=ref)
                   for ref in refs]
        sent = Sent(records if size else records[0], refs, f"key-{self.name}{number}" if with_key else None)
        with self.lock:
            self.sent.append(sent)
        return sent

    def send(self, client, sent):
        answer = client.post("/v1/consents", sent.body, sent.key)
        sent.take(answer)
        if answer is not None and answer.status in ACKNOWLEDGED:
            self.last_good = time.monotonic()
        return answer

    def wait_for(self, count):
        eventually(f"{count} requests are sent", lambda: len(self.sent) > count)

    def acknowledged(self):
        return sum(s.is_answered() for s in self.sent)

    def repeat_unanswered(self, client):
        """Each request with a key is repeated until it is acknowledged, and once more."""
        repeated = [s for s in self.sent if s.key and not s.is_answered()]
        for sent in repeated:
            for _ in range(20):
                if sent.is_answered():
                    break
                if (answer := self.send(client, sent)) is None or answer.status != 201:
                    time.sleep(0.2)
            assert sent.is_answered(), f"key {sent.key}: {sent.statuses}"
            self.send(client, sent)
        self.repeated += len(repeated)

    def check(self, cluster):
        """Acknowledged means written; nothing is written twice, nor in part; no revision lacks (promises 3 and 5)."""
        rows = cluster.rows("select revision, record_id, ref from event order by revision")
        assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1)), "revisions are not 1..n"
        assert cluster.rows("select revision from head") == [[str(len(rows))]], "the head is not at n"
        place = {row[1]: (int(row[0]), row[2]) for row in rows}
        assert len(place) == len(rows), "a record_id stands twice"
        times = collections.Counter(row[2] for row in rows)
        for sent in self.sent:
            written = [times[ref] for ref in sent.refs]
            self.check_one(sent, written, place)
        self.events = len(rows)

    def __str__(self):
        return (f"{self.acknowledged()} of {len(self.sent)} requests to record acknowledged, {self.repeated} repeated by their "
                f"key, {self.events} events")

    def check_one(self, sent, written, place):
        story = f"{sent.refs[0]} of {len(sent.refs)}, key {sent.key}, answered {sent.statuses}: written {written} times"
        assert max(written) <= 1, story
        assert min(written) == max(written), story
        if sent.is_answered():
            found = [place.get(record_id) for record_id, _ in sent.receipts]
            assert found == [(revision, ref) for (_, revision), ref in zip(sent.receipts, sent.refs)], story
        elif sent.statuses and all(status in SURELY_NOT_WRITTEN for status in sent.statuses):
            assert max(written) == 0, story
        strange = [s for s in sent.statuses if s not in ACKNOWLEDGED + FAILED + self.tolerated]
        assert not strange, story


class Recorder(threading.Thread):
    """Records without a pause on one connection, until stop() is called. What fails in it is raised by finish()."""

    def __init__(self, journal, port, token, size=0, key_share=0.3):
        super().__init__(daemon=True)
        self.journal = journal
        self.client = Client(port, token)
        self.size = size
        self.key_share = key_share
        self.stopping = threading.Event()
        self.moments = []  # of time.monotonic: when each acknowledgement came
        self.slowest = 0.0
        self.fault = None

    def run(self):
        try:
            while not self.stopping.is_set():
                self.turn()
        except Exception as fault:  # raised again by finish()
            self.fault = fault

    def turn(self):
        sent = self.journal.new(self.size, random.random() < self.key_share)
        answer = self.journal.send(self.client, sent)
        if answer is None:
            time.sleep(0.05)
            return
        self.slowest = max(self.slowest, answer.seconds)
        if sent.is_answered():
            self.moments.append(time.monotonic())
        else:
            time.sleep(0.02)

    def stop(self):
        self.stopping.set()

    def finish(self):
        self.stop()
        self.join()
        self.client.close()
        if self.fault is not None:
            raise self.fault


def recorders_start(journal, port, token, sizes):
    recorders = [Recorder(journal, port, token, size) for size in sizes]
    for recorder in recorders:
        recorder.start()
    return recorders


def recorders_finish(recorders):
    for recorder in recorders:
        recorder.stop()
    for recorder in recorders:
        recorder.finish()
