#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: all that clients are told, over two nodes and whatever happens to these, is one history: promise 2.

Many clients record, withdraw and check a few persons' purposes over two nodes on one database, one by one, in arrays and in
batches, and write down what they asked, what was answered, and when (lib/history.py). Meanwhile, in turn: a node is killed,
a node or PostgreSQL stands still (SIGSTOP), a backend or all of PostgreSQL is killed, the primary is killed or hangs and its standby is
promoted, the policy changes, the subject key is rotated. Afterwards a checker that knows nothing of consent
proves that each person's each purpose, and the policy, were registers that all clients saw alike (lib/linear.py): above all, nobody is allowed
once their withdrawal was answered, unless they said Yes anew.

Both nodes answer from views (AKKOORD_VIEW_MEMORY), which hold next to nothing but these persons.

With --plant lag one node's checks are answered as of the event before the last; with --plant untouched a row in eight of the log by which
views are proven current is emptied: either must be found. The checker itself is tried each time, beside a search of all orders.
"""
import argparse
import base64
import collections
import json
import random
import secrets
import signal
import sys
import threading
import time

from lib.client import NDJSON, Client
from lib.history import DONE, REFUSED, SAYS, UNKNOWN, Book, History
from lib.house import CONTROLLER, LONG, ROOT, House, eventually, say
from lib.linear_tried import try_checker
from lib.pair import Pair

PURPOSES = ("newsletter", "marketing")
SIGNALS = ("ad_storage", "ad_user_data", "ad_personalization", "analytics_storage", "functionality_storage",
           "personalization_storage", "security_storage")
KEYS_MAX = 16  # in a file of keys
POLICIES_MAX = 1 << len(SIGNALS)  # a policy's number is told by the signals of its purposes
PERSONS = 200 if LONG else 16
CLIENTS = 32 if LONG else 8
MANY = PERSONS // 8  # who say something in one array
TRIES = 4  # of a write with a key
SCOPES = "consent:record consent:check consent:withdraw policy:write"
CHECKS, WITHDRAWALS = 10_000_000, 100_000  # the long form goes on until there were as many


UNTOUCHED = """
    create function unmarked() returns trigger language plpgsql as $$
    begin
        new.marks := case when new.no % 8 = 0 then '' else new.marks end;
        return new;
    end $$;
    create trigger unmarked before insert on touched for each row execute function unmarked();
"""


class View:
    """What a node would answer that is one event behind: a fault, planted."""

    def __init__(self):
        self.lock = threading.Lock()
        self.newest = 0
        self.past = collections.defaultdict(dict)  # register -> revision -> verdict

    def learn(self, register, record, revision, says):
        with self.lock:
            self.newest = max(self.newest, revision)
            self.past[register][revision] = [register, record, revision, *SAYS[says]]

    def behind(self, verdict):
        register, _, revision, *_ = verdict
        with self.lock:
            earlier = [r for r in self.past[register] if r < (revision or 0)]
            return self.past[register][max(earlier)] if revision == self.newest and earlier else verdict


class Person:
    def __init__(self, number):
        self.name = f"h{number}"
        self.stops_all = number % 2 == 0  # with a standing No; who does never refuses: that would be named instead
        self.names = [{"type": "email", "value": f"{self.name}@example.nl"}]
        if number % 4 >= 2:
            self.names.append({"type": "customer", "value": self.name})

    def registers(self, purpose):
        """Of each name its own: of two Noes of one moment the one that is told may be another by another name."""
        return [register_of(name, purpose) for name in self.names]


def register_of(name, purpose):
    return f"{name['value']}/{purpose}"


class Actor(threading.Thread):
    """Goes on until stop() is called. What fails in it is raised by finish()."""

    def __init__(self, number, world):
        super().__init__(daemon=True)
        self.chance = random.Random(f"{world.seed} {number}")
        self.book = Book(world.house.folder, f"client{number}")
        self.view, self.persons = world.view, world.persons
        self.clients = [Client(node.port, world.token) for node in world.nodes]
        self.writes = 0
        self.stopping = threading.Event()
        self.fault = None

    def run(self):
        try:
            while not self.stopping.is_set():
                self.turn()
        except Exception as fault:  # raised again by finish()
            self.fault = fault

    def turn(self):
        person, dice = self.somebody(), self.chance.random()
        if dice < 0.25:
            self.write(person)
            self.check(person)
        elif dice < 0.88:
            self.check(person)
        elif dice < 0.9:
            self.write_many()
            self.check_all()
        else:
            self.check_all()

    def somebody(self):
        """The first ones far more often than the last: at them all clients meet."""
        return self.persons[int(len(self.persons) * self.chance.random() ** 2)]

    # ---- writing ----

    def write(self, person):
        dice = self.chance.random()
        if dice < 0.4:
            purposes = PURPOSES if self.chance.random() < 0.5 else [self.chance.choice(PURPOSES)]
            self.record(person, purposes, "given", person.names)
        elif dice < 0.6 and person.stops_all:
            self.withdraw(person, "*")
        elif dice < 0.8 or person.stops_all:
            self.withdraw(person, self.chance.choice(PURPOSES))
        else:
            self.record(person, [self.chance.choice(PURPOSES)], "refused", [self.chance.choice(person.names)])

    def write_many(self):
        persons = self.chance.sample(self.persons, MANY)
        says = self.chance.choice(("given", "withdrawn"))
        self.record_all([(person, purpose, person.names) for person in persons for purpose in PURPOSES], says)

    def refs(self, count):
        self.writes += 1
        return [f"{self.book.name}.{self.writes}.{i}" for i in range(count)]

    def record(self, person, purposes, says, names):
        self.record_all([(person, purpose, names) for purpose in purposes], says)

    def record_all(self, said, says):
        refs = self.refs(len(said))
        acts = [{"subject": names, "purpose": purpose, "event_state": says, "collection_method": "web_form", "ref": ref}
                for (_, purpose, names), ref in zip(said, refs)]
        begin = time.monotonic()
        outcome, answer = self.send("/v1/consents", acts, refs[0])
        told = answer.body if answer else [None] * len(said)
        for (person, purpose, _), ref, receipt in zip(said, refs, told, strict=True):
            self.written(begin, outcome, ref, receipt, person.registers(purpose), says)

    def withdraw(self, person, purpose):
        [ref] = self.refs(1)
        body = {"subject": self.chance.choice(person.names), "purpose": purpose, "ref": ref}
        begin = time.monotonic()
        outcome, answer = self.send("/v1/withdraw", body, ref)
        reached = PURPOSES if purpose == "*" else [purpose]
        told = answer.body["withdrawn"][0] if answer else None
        self.written(begin, outcome, ref, told, [r for purpose in reached for r in person.registers(purpose)], "withdrawn")

    def written(self, begin, outcome, ref, told, registers, says):
        receipt = (told["record_id"], told["revision"]) if told else None
        self.book.wrote(begin, outcome, ref, receipt, registers, says)
        if self.view and receipt:
            for register in registers:
                self.view.learn(register, *receipt, says)

    def send(self, path, body, ref):
        """A third has a key, and is sent until it is answered. -> the outcome, and the answer that acknowledged it."""
        key = f"key-{ref}" if self.chance.random() < 0.3 else None
        known = True  # that it was not written
        for _ in range(TRIES if key else 1):
            answer = self.chance.choice(self.clients).post(path, body, key)
            status = answer.status if answer else None
            assert status in (200, 201, 409, 500, 503, 504, None), answer
            if status in (200, 201):
                return DONE, answer
            known = known and status == 503
            time.sleep(0.05)
        return REFUSED if known else UNKNOWN, None

    # ---- checking ----

    def check(self, person):
        name = self.chance.choice(person.names)
        self.ask("/v1/check", {"subject": name, "purposes": PURPOSES}, [name])

    def check_all(self):
        """A batch, each person by one of their names."""
        names = [self.chance.choice(person.names) for person in self.persons]
        lines = [json.dumps({"subject": name, "purpose": purpose}) for name in names for purpose in PURPOSES]
        self.ask("/v1/check/batch", "\n".join(lines) + "\n", names, NDJSON)

    def ask(self, path, body, names, media=None):
        node = self.chance.randrange(len(self.clients))
        begin = time.monotonic()
        client = self.clients[node]
        answer = client.ask("POST", path, body, media) if media else client.post(path, body)
        end = time.monotonic()
        if answer is None or answer.status != 200:
            assert answer is None or (answer.status == 503 and answer.body["allow"] is False), answer
            time.sleep(0.02)
            return
        found = [json.loads(line) for line in answer.text.splitlines()] if media else answer.body["results"]
        registers = [register_of(name, purpose) for name in names for purpose in PURPOSES]
        verdicts = [[register, v["record_id"], v["revision"], v["allow"], v["reason"]]
                    for register, v in zip(registers, found, strict=True)]
        policies = {policy_number(v.get("signals", {})) for v in found}
        assert len(policies) == 1, f"one answer under two policies: {answer}"
        if self.view and node == 1:
            verdicts = [self.view.behind(verdict) for verdict in verdicts]
        self.book.read(begin, end, policies.pop(), verdicts)

    def finish(self):
        self.stopping.set()
        self.join()
        self.book.close()
        if self.fault is not None:
            raise self.fault


def policy_number(signals):
    return sum(1 << SIGNALS.index(name) for name in signals)


def policy_make(number):
    policy = json.loads((ROOT / "examples/demo.json").read_text(encoding="utf-8"))
    for purpose in policy["purposes"]:
        if purpose["key"] in PURPOSES:
            purpose["signals"] = [name for n, name in enumerate(SIGNALS) if number >> n & 1]
    return policy


class World:
    def __init__(self, house, seed, view, has_standby):
        self.house, self.seed, self.view = house, seed, view
        self.chance = random.Random(seed)
        self.persons = [Person(n) for n in range(PERSONS)]
        self.pair = Pair(house.cluster)
        self.policy = self.key = 0
        self.keys = (house.folder / "subject.keys").read_text(encoding="ascii")
        self.book = Book(house.folder, "chaos")
        self.happened = collections.Counter()
        if has_standby:
            self.pair.rebuild()
            house.settings |= {"AKKOORD_DATABASE": self.pair.conninfo()}
        self.token = house.command("token", "--controller", CONTROLLER, "--scope", SCOPES, "--ttl", "8h").strip()
        settings = {"AKKOORD_CLIENT_LIMIT": "0", "AKKOORD_ADDRESS_LIMIT": "0", "AKKOORD_VIEW_MEMORY": "1"}
        self.nodes = [house.service(f"node{n}", **settings) for n in range(2)]
        for node in self.nodes:
            node.start()
        self.actors = [Actor(n, self) for n in range(CLIENTS)]
        for person in self.persons:  # names are tied from here on: whoever says anything by one says it by all
            self.actors[0].record(person, PURPOSES, "given", person.names)
        for actor in self.actors:
            actor.start()

    # ---- what happens ----

    def node_dies(self):
        node = self.chance.choice(self.nodes)
        node.kill()
        time.sleep(self.chance.uniform(0, 0.5))
        node.start()

    def node_stands_still(self):
        node = self.chance.choice(self.nodes)
        node.signal(signal.SIGSTOP)
        time.sleep(self.chance.uniform(0.2, 1.5))
        node.signal(signal.SIGCONT)

    def database_stands_still(self):
        self.pair.primary.signal_all(signal.SIGSTOP)
        time.sleep(self.chance.choice((0.3, 1.5, 6 if LONG else 2)))
        self.pair.primary.signal_all(signal.SIGCONT)

    def backend_dies(self):
        self.pair.primary.kill_client(self.chance)

    def database_dies(self):
        self.pair.primary.kill()
        self.pair.primary.start()

    def primary_goes(self):
        self.pair.fence(self.chance.choice((signal.SIGKILL, signal.SIGSTOP)))
        time.sleep(self.chance.uniform(0.5, 3))
        self.pair.promote()
        self.pair.bury()
        self.pair.rebuild()

    def policy_changes(self):
        if self.policy + 1 == POLICIES_MAX:
            return
        self.policy += 1
        begin = time.monotonic()
        answer = Client(self.chance.choice(self.nodes).port, self.token).ask(
            "PUT", "/v1/policy", json.dumps(policy_make(self.policy)), "application/json")
        assert answer is None or answer.status in (200, 201, 503, 504), answer
        known = {200: DONE, 201: DONE, 503: REFUSED}
        self.book.put(begin, known.get(answer.status if answer else None, UNKNOWN), self.policy)

    def key_is_rotated(self):
        if self.key + 1 == KEYS_MAX:
            return
        self.key += 1
        self.keys = f"{self.key + 1}:{base64.b64encode(secrets.token_bytes(32)).decode()}\n{self.keys}"
        self.house.secret("subject.keys", self.keys)
        for node in self.nodes:
            node.stop()
            node.start()
        self.house.command("rotate")

    def happen(self, what):
        what()
        self.happened[what.__name__] += 1
        eventually("checks and records flow", self.flows)

    def counts(self):
        return sum((collections.Counter(dict(actor.book.counts)) for actor in self.actors), collections.Counter())

    def flows(self):
        for actor in self.actors:
            if actor.fault is not None:
                raise actor.fault
        before = self.counts()
        time.sleep(0.4)
        now = self.counts()
        return all(now[what] > before[what] for what in ("checked", "given done", "withdrawn done"))

    # ---- the end ----

    def finish(self):
        """What is wrong, in words."""
        for actor in self.actors:
            actor.stopping.set()
        for actor in self.actors:
            actor.finish()
        self.book.close()
        rows = self.pair.primary.rows("select ref, record_id, revision from event where ref is not null")
        ledger = {ref: (record, int(revision)) for ref, record, revision in rows}
        assert len(ledger) == len(rows), "an event was written twice"
        for node in self.nodes:
            node.stop()
        return History(self.house.folder, ledger, 0).check()


def happenings(world):
    return [world.node_dies, world.node_stands_still, world.database_stands_still, world.backend_dies, world.database_dies,
            world.primary_goes, world.key_is_rotated, world.policy_changes]


def short_run(world):
    """Each once, the order by chance; the policy a few times."""
    events = happenings(world) + 2 * [world.policy_changes]
    world.chance.shuffle(events)
    for event in events:
        world.happen(event)


def long_run(world):
    while (counts := world.counts())["checked"] < CHECKS or counts["withdrawn done"] < WITHDRAWALS:
        world.happen(world.chance.choice(happenings(world)))
        time.sleep(world.chance.uniform(0, 5))


def lagging_run(world):
    world.happen(world.policy_changes)
    time.sleep(6)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--plant", choices=["lag", "untouched"])
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10**9)))
    given = parser.parse_args()
    try_checker(given.seed)
    with House(f"history-{given.plant or 'clean'}") as house:
        world = World(house, given.seed, View() if given.plant == "lag" else None, has_standby=not given.plant)
        try:
            if given.plant == "untouched":
                house.cluster.rows(UNTOUCHED)
            (lagging_run if given.plant else long_run if LONG else short_run)(world)
            faults = world.finish()
        finally:
            if not given.plant:
                world.pair.destroy()
    say(f"seed {given.seed}: {dict(world.counts())}; {dict(world.happened)}")
    say("\n".join(faults[:20]) or "linearizable")
    sys.exit(not any("stood" in fault for fault in faults) if given.plant else bool(faults))


main()
