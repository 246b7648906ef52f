# SPDX-License-Identifier: Apache-2.0
"""The real thing: services on one database, which are told acts and asked for verdicts over HTTP."""
import concurrent.futures
import json
import threading
import time

from lib.client import NDJSON, Client
from lib.house import CONTROLLER, House
from policies import POLICY, policy_document
from translation import CALENDAR, by_withdraw, is_apart, question, record, waits, withdrawal

SCOPES = "consent:record consent:import consent:check consent:withdraw policy:write subject:read rights:write subject:erase"
LINES_MAX = 50000  # of a batch of checks
ARRAY_MAX = 150  # acts in an array
PURGES = 10  # batches of a purge in one session: each session plans them anew
HANDS = 6  # requests at a time
IDLE = 2  # seconds after which a connection is made anew: the service shuts one that is idle
RECORD, WITHDRAW, CONFIRM = range(3)
FASTER = "fsync = off", "full_page_writes = off"  # no power is cut here, so nothing has to survive that


class Refused(AssertionError):
    """The service did not take what the model takes."""


def record_id(receipt):
    """Of an act, or of the first that a receipt, or several, tell of; None: of none."""
    told = receipt if isinstance(receipt, list) else [
        receipt, *(one for records in receipt.values() if isinstance(records, list) for one in records if isinstance(one, dict))]
    return next((one["record_id"] for one in told if "record_id" in one), None)


class Step:
    """What is next of a world: an act, or the confirmation of what an earlier step asked."""

    def __init__(self, kind, act, asked=None):
        self.kind = kind
        self.act = act
        self.asked = asked
        self.token = None
        self.status = None
        self.record = None  # the record_id that came of it first


def steps_of(acts, chance):
    """In this order; what has to be confirmed is, at some time after it was asked."""
    steps = []
    for act in acts:
        steps.append(Step(WITHDRAW if by_withdraw(act, chance) else RECORD, act))
    for step in [step for step in steps if step.kind == RECORD and waits(step.act) and step.act.confirmed]:
        steps.insert(chance.randint(steps.index(step) + 1, len(steps)), Step(CONFIRM, step.act, step))
    return steps


class Copy:
    """A world under identifiers of its own, and how far it has been told."""

    def __init__(self, number, steps):
        self.number = number
        self.steps = steps
        self.at = 0
        self.until = len(steps)

    def take(self, count):
        """The next steps that may go in one request, ${count} at most."""
        taken = self.steps[self.at:min(self.until, self.at + count)]
        if taken and taken[0].kind != RECORD:
            taken = taken[:1]
        while any(step.kind != RECORD for step in taken[1:]):
            taken.pop()
        self.at += len(taken)
        return [(self.number, step) for step in taken]


class Real:
    def __init__(self, name, chance, services=2):
        self.house = House(name)
        self.chance = chance
        self.services = services
        self.local = threading.local()
        self.hands = concurrent.futures.ThreadPoolExecutor(HANDS)
        self.controller = CONTROLLER
        self.ledgers = 1
        self.numbers = 0  # of copies
        self.sent = 0  # acts
        self.forms = 0
        self.nodes = []

    def __enter__(self):
        self.house.__enter__()
        try:
            self.house.cluster.rows("".join(f"alter system set {one};" for one in FASTER) + "select pg_reload_conf();")
            self.enter_ledger()
            settings = {"AKKOORD_THREADS": "1", "AKKOORD_CLIENT_LIMIT": "0", "AKKOORD_ADDRESS_LIMIT": "0"}
            # of several, one answers from views and one does not
            self.nodes = [self.house.service(f"node{n}", AKKOORD_VIEW_MEMORY=str(n), **settings) for n in range(self.services)]
            for node in self.nodes:
                node.start()
        except BaseException as fault:
            self.house.__exit__(type(fault), fault, None)
            raise
        return self

    def __exit__(self, *fault):
        self.hands.shutdown()
        try:
            for node in self.nodes if fault[0] is None else ():
                node.stop()
        finally:
            self.house.__exit__(*fault)

    def enter_ledger(self):
        self.apply(POLICY)
        self.token = self.house.command("token", "--controller", self.controller, "--scope", SCOPES, "--ttl", "8h").strip()

    def turn_page(self):
        """What follows is told to another controller: what reads a whole ledger, as a purge does, slows down as it grows."""
        self.controller = f"{CONTROLLER}-{self.ledgers}"
        self.ledgers += 1
        self.enter_ledger()

    def apply(self, policy, retention=None):
        path = self.house.folder / "policy.json"
        path.write_text(json.dumps(policy_document(policy, self.controller, CALENDAR.moment, retention)), encoding="utf-8")
        self.house.command("apply", path)

    def copy(self, acts, chance):
        self.numbers += 1
        return Copy(self.numbers, steps_of(acts, chance))

    def ask(self, path, text, media="application/json"):
        """Of any service, on a connection of this thread's own."""
        if not hasattr(self.local, "clients"):
            self.local.clients = [Client(node.port, self.token) for node in self.nodes]
        client = self.chance.choice(self.local.clients)
        client.token = self.token
        if time.monotonic() - getattr(client, "used", 0) > IDLE:
            client.close()
        answer = client.ask("POST", path, text, media)
        client.used = time.monotonic()
        assert answer is not None, f"{path}: no answer"
        return answer

    # ---- telling ----

    def tell(self, copies):
        """What is left of each copy up to where it may go, in its order; of different copies, in any."""
        while requests := self.round(copies):
            self.chance.shuffle(requests)
            self.sent += sum(len(request) for request in requests)
            list(self.hands.map(self.send, requests))

    def round(self, copies):
        """One request at most of each copy: lists of (number, step)."""
        apart, together, requests = [], [], []
        for copy in copies:
            taken = copy.take(self.chance.choice((1, 1, 1, 2, 3)))
            if not taken:
                continue
            if taken[0][1].kind != RECORD or self.chance.random() < 0.02:
                requests.append(taken)
            elif len(taken) == 1 and is_apart(taken[0][1].act):
                apart.append(taken)
            else:
                together.append(taken)
        for several in (apart, together):
            self.chance.shuffle(several)
            while several:
                size = self.chance.randint(1, ARRAY_MAX)
                requests.append([one for taken in several[:size] for one in taken])
                del several[:size]
        return requests

    def send(self, request):
        number, step = request[0]
        if step.kind == CONFIRM:
            answer = self.ask("/v1/confirm", json.dumps({"token": step.asked.token}))
            step.status = answer.status
            good = answer.status in (200, 201, 410)
            if answer.status == 201:
                step.record = record_id(answer.body)
        elif step.kind == WITHDRAW:
            answer = self.ask("/v1/withdraw", json.dumps(withdrawal(step.act, number)))
            good = answer.status == 200
            if good:
                step.record = record_id(answer.body)
        else:
            good, answer = self.send_records(request)
        if not good:
            raise Refused(f"{answer}: {[s.act for _, s in request] if len(request) < 4 else ''}")

    def send_records(self, request):
        bodies = [record(step.act, number, self.form) for number, step in request]
        answer = self.ask("/v1/consents", json.dumps(bodies[0] if len(bodies) == 1 else bodies))
        if answer.status not in (201, 202):
            at = next((n for n in range(len(bodies)) if f'"/{n}/' in answer.text), 0)
            raise Refused(f"{answer}: {request[at][1].act} as {bodies[at]}")
        told = answer.body
        for (_, step), receipt in zip(request, [told] if len(bodies) == 1 else told, strict=True):
            step.token = receipt.get("confirmation", {}).get("token")
            step.record = record_id(receipt)
        return True, answer

    @property
    def form(self):
        return f"form-{self.forms}"

    def invalidate(self, purposes):
        """What was said of these on the form, which is another one from here on."""
        for purpose in purposes:
            answer = self.ask("/v1/consents/invalidate", json.dumps({"purpose": purpose, "form": self.form, "reason": "it misled"}))
            assert answer.status == 200, answer
        self.forms += 1

    def purge(self, policy, retention):
        """A whole run, as that policy with that retention has it; then what may go a day later."""
        self.apply(policy, retention)
        batch = "select case when pg_advisory_xact_lock(2556673, 3)::text is not null then purge('{}', {}) end;"  # as the chore
        # Plans that were made while tables were empty are slow, and kept: in time the database would do this by itself.
        self.house.cluster.rows("analyze;")
        begin, go_on = (batch.format(self.controller, at_once) for at_once in ("true", "null"))
        for _ in range(2):
            went = self.house.cluster.rows(begin + go_on * PURGES)
            while went[-1] == ["t"]:
                went = self.house.cluster.rows(go_on * PURGES)
        self.apply(policy)

    def stop(self):
        """Nothing is done on time any more either."""
        for node in self.nodes:
            node.stop()
        self.nodes = []

    # ---- asking ----

    def check(self, probes):
        """-> the reason of each probe (number, names, purpose, entity, group)."""
        found = []
        for first in range(0, len(probes), LINES_MAX):
            part = probes[first:first + LINES_MAX]
            lines = [json.dumps(question(*probe)) for probe in part]
            answer = self.ask("/v1/check/batch", "\n".join(lines) + "\n", NDJSON)
            assert answer.status == 200, answer
            verdicts = json.loads(f"[{','.join(answer.text.splitlines())}]")
            assert [v["line"] for v in verdicts] == list(range(1, len(part) + 1)), "a line is missing"
            found += [v.get("reason", v) for v in verdicts]
        return found
