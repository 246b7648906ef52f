#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: whichever allocation or libpq call fails, once, the service lives, answers, and tells no lie.

In a build with AKKOORD_FAULTS, AKKOORD_FAULT_AT=n lets the n-th such call in our own code fail (service/base/fault.h;
what libh2o allocates is not among them: it aborts by design). For each n: start the service, send a fixed script of
requests, stop it. Each request is answered, or its connection closed at the worst; nobody is allowed who should not
be; a short list never looks whole; the service does not crash or leak, and leaves in order. A fault while it starts
may end it, with status 1 and a reason. At the end every acknowledged event stands in the ledger once, and what was
answered 503 does not.

Short form: powers of two up to the last call there is, and a sample between. Long form: every n.
"""
import collections
import json
import random
import sys

from lib.client import NDJSON, Client, person, question_of, record_of
from lib.house import LONG, House, eventually, say
from lib.journal import Journal
from lib.witness import GRANTED, REFUSED, TRUTH, check_one, persons_make

SAMPLE = 24
FAILED = (500, 503, 504)
# One thread: the order of calls is nearly the same in every run.
SETTINGS = {"AKKOORD_THREADS": "1"}


class Script:
    """The requests of one run. Persons that it changes are its own."""

    def __init__(self, client, journal, n):
        self.client = client
        self.journal = journal
        self.changing = f"t{n}-{random.getrandbits(40)}"
        self.tally = collections.Counter()

    def run(self):
        self.record()
        self.change_mind()
        for name in TRUTH:
            check_one(self.post("/v1/check", question_of(name)), name, FAILED)
        self.batch("", len(TRUTH) + 1)
        self.batch("?only=allowed", 1)
        self.batch("?only=denied", len(TRUTH) + 1)
        self.look_back()
        self.expect(self.ask("POST", "/v1/consents", '{"subject": ', "application/json"), 400)
        self.expect(self.post("/v1/consents", record_of("x", "given", purpose="nothing")), 422)
        self.expect(self.ask("GET", "/v1/policy"), 200)
        self.expect(self.ask("POST", "/v1/mask", "from 203.0.113.77", "text/plain"), 200)

    def ask(self, *words):
        answer = self.client.ask(*words)
        self.tally[answer.status if answer else None] += 1
        if answer and answer.status >= 400 and answer.text:
            assert answer.body["status"] == answer.status, answer
        return answer

    def post(self, path, body):
        return self.ask("POST", path, json.dumps(body), "application/json")

    @staticmethod
    def expect(answer, status):
        """Whether it is that; else it must be a failure that says so."""
        assert answer is None or answer.status in (status,) + FAILED, answer
        return answer is not None and answer.status == status

    def record(self):
        for size, with_key in ((0, False), (0, True), (40, True)):
            sent = self.journal.new(size, with_key)
            for _ in range(2 if with_key else 1):
                self.expect(self.journal.send(self.client, sent), 201)

    def change_mind(self):
        given = self.expect(self.post("/v1/consents", record_of(self.changing, "given")), 201)
        answer = self.post("/v1/check", question_of(self.changing))
        if given and self.expect(answer, 200):
            assert answer.body["allow"] is True, answer
        stopped = self.expect(self.post("/v1/withdraw", {"subject": person(self.changing), "purpose": "*"}), 200)
        answer = self.post("/v1/check", question_of(self.changing))
        if self.expect(answer, 200) and stopped:
            assert answer.body["allow"] is False, answer

    def batch(self, query, lines):
        """An answer that comes whole has every line; of those allowed, exactly one."""
        asked = [json.dumps(question_of(name)) for name in TRUTH] + ["not JSON"]
        answer = self.ask("POST", f"/v1/check/batch{query}", "\n".join(asked) + "\n", NDJSON)
        if not self.expect(answer, 200):
            return
        got = answer.text.splitlines()
        assert len(got) == lines, answer
        if query == "?only=allowed":
            assert got == [asked[list(TRUTH).index(GRANTED)]], answer
        else:
            assert sum(json.loads(line).get("allow", False) for line in got) == (0 if query else 1), answer

    def look_back(self):
        answer = self.post("/v1/subjects/lookup", {"subject": person(REFUSED)})
        if not self.expect(answer, 200):
            return
        place = f"/v1/subjects/{answer.body['subject_id']}"
        self.expect(self.ask("GET", f"{place}/consents"), 200)
        self.expect(self.ask("GET", f"{place}/history"), 200)


def started(service):
    """Whether it became ready; else it must have ended with a reason."""
    def ready_or_gone():
        return service.process.poll() is not None or service.health() == 200
    eventually(f"{service.name} is ready, or gone", ready_or_gone)
    status = service.process.poll()
    if status is None:
        return True
    service.process = None
    service.check_log()
    assert status == 1 and "level=error" in service.log_text(), f"ended with status {status}\n{service.log_tail()}"
    return False


def run_one(house, service, journal, n):
    """How the requests were answered."""
    service.log.write_text("", encoding="utf-8")
    service.launch(AKKOORD_FAULT_AT=str(n))
    if not started(service):
        return {"refused to start": 1}
    script = Script(Client(service.port, house.token), journal, n)
    script.run()
    script.client.close()
    service.stop()
    return script.tally


class Torture:
    def __init__(self, house):
        self.house = house
        self.journal = Journal(tolerated=(500,))
        self.service = house.service(**SETTINGS)
        self.reached = {}
        self.tally = collections.Counter()
        self.lies = []  # what went wrong, of all runs

    def reaches(self, n):
        """Whether there is an n-th call. Its run is made once."""
        if n not in self.reached:
            try:
                self.tally.update(run_one(self.house, self.service, self.journal, n))
            except AssertionError as lie:
                self.lies.append(f"AKKOORD_FAULT_AT={n}: {lie}")
                if self.service.process is not None:
                    self.service.kill()
            self.reached[n] = "event=fault.strikes" in self.service.log_text()
        return self.reached[n]

    def last_call(self):
        beyond = 1
        while self.reaches(beyond):
            beyond *= 2
        last = beyond // 2
        while beyond - last > 1:
            middle = (last + beyond) // 2
            last, beyond = (middle, beyond) if self.reaches(middle) else (last, middle)
        return last

    def ledger_check(self, client):
        self.service.start()
        try:
            self.journal.repeat_unanswered(client)
            self.journal.check(self.house.cluster)
        except AssertionError as lie:
            self.lies.append(str(lie))
        client.close()
        self.service.stop()


def main():
    with House("torture") as house:
        torture = Torture(house)
        torture.service.start()
        client = Client(torture.service.port, house.token)
        persons_make(client)
        client.close()
        torture.service.stop()
        last = torture.last_call()
        rest = [n for n in range(1, last + 1) if n not in torture.reached]
        for n in rest if LONG else random.sample(rest, min(SAMPLE, len(rest))):
            torture.reaches(n)
        torture.ledger_check(client)
        say(f"{sum(torture.reached.values())} of {last} calls failed in turn; {torture.journal}; answers to the rest: "
            f"{dict(torture.tally)}")
        assert not torture.lies, "\n".join(torture.lies)


if len(sys.argv) > 1:  # one n, to look into
    with House("torture") as only:
        one = only.service(**SETTINGS)
        one.start()
        persons_make(Client(one.port, only.token))
        one.stop()
        answers = run_one(only, one, Journal(tolerated=(500,)), int(sys.argv[1]))
        say(f"{one.log_text()}answers by status: {dict(answers)}")
else:
    main()
