# SPDX-License-Identifier: Apache-2.0
"""Asks without a pause about persons whose states are known, and is told the truth or nothing (promises 1 and 2)."""
import collections
import itertools
import threading
import time

from lib.client import Client, person, question_of, record_of

GRANTED, WITHDRAWN, REFUSED, NEVER = "w-granted", "w-withdrawn", "w-refused", "w-never"
TRUTH = {GRANTED: (True, "granted"), WITHDRAWN: (False, "withdrawn"), REFUSED: (False, "refused"),
         NEVER: (False, "never_asked")}


def persons_make(client):
    for name, state in ((GRANTED, "given"), (WITHDRAWN, "given"), (REFUSED, "refused")):
        assert client.post("/v1/consents", record_of(name, state)).status == 201
    assert client.post("/v1/withdraw", {"subject": person(WITHDRAWN), "purpose": "*"}).status == 200


def check_one(answer, name, failures=(503,)):
    """No answer, the truth, or a failure that does not allow."""
    if answer is None:
        return
    assert answer.status in (200, *failures), f"{name}: {answer}"
    if answer.status != 200:
        assert answer.body.get("allow") is False, f"{name}: {answer}"
    else:
        assert (answer.body["allow"], answer.body["reason"]) == TRUTH[name], f"{name}: {answer}"


class Witness(threading.Thread):
    """Besides, changes_of_mind: somebody says yes and then no, and is asked about once the no is acknowledged."""

    def __init__(self, port, token, changes_of_mind=False):
        super().__init__(daemon=True)
        self.client = Client(port, token)
        self.changes_of_mind = changes_of_mind
        self.stopping = threading.Event()
        self.statuses = collections.Counter()
        self.last_good = 0.0  # of time.monotonic: when a check was last answered 200
        self.moments = []  # of time.monotonic: each check that was answered 200
        self.slowest = 0.0
        self.fault = None

    def run(self):
        try:
            for name in itertools.cycle(TRUTH):
                if self.stopping.is_set():
                    return
                check_one(self.ask(name), name)
                if self.changes_of_mind:
                    self.change_mind()
        except Exception as fault:  # raised again by finish()
            self.fault = fault

    def ask(self, name):
        answer = self.client.post("/v1/check", question_of(name))
        self.statuses[answer.status if answer else None] += 1
        if answer is None:
            time.sleep(0.05)
            return None
        self.slowest = max(self.slowest, answer.seconds)
        if answer.status == 200:
            self.last_good = time.monotonic()
            self.moments.append(self.last_good)
        else:
            time.sleep(0.02)
        return answer

    def change_mind(self):
        name = f"w-changing-{id(self)}"
        self.client.post("/v1/consents", record_of(name, "given"))
        stopped = self.client.post("/v1/withdraw", question_of(name))
        if stopped is None or stopped.status != 200:
            return
        answer = self.ask(name)
        assert answer is None or answer.body["allow"] is False, f"after an acknowledged withdrawal: {answer}"

    def stop(self):
        self.stopping.set()

    def finish(self):
        self.stop()
        self.join()
        self.client.close()
        if self.fault is not None:
            raise self.fault


def witnesses_start(port, token):
    witnesses = [Witness(port, token), Witness(port, token, changes_of_mind=True)]
    for witness in witnesses:
        witness.start()
    return witnesses


def witnesses_finish(witnesses):
    """Returns how many checks were answered by which status."""
    for witness in witnesses:
        witness.stop()
    statuses = collections.Counter()
    for witness in witnesses:
        witness.finish()
        statuses += witness.statuses
    return dict(statuses)
