#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: who is erased while they are merged, or while an import of them runs, ends as if one had come after the other.

What each order leaves behind is seen first, one after the other. Then both are asked at once, of two services: held up at the same lock, so
that they are at it together and in an order that is known, and let run as they like. Whatever the answers, what stands is what that order
leaves, or one of the two: each verdict, who is known by what, and every row that says anything of the persons. The ledger stays 1..n, with
no row of an event that is gone.
"""
import contextlib
import json
import random
import subprocess
import threading

from lib.client import JSON, NDJSON, Client
from lib.house import CONTROLLER, LONG, House, eventually, say

ROUNDS = 30 if LONG else 6  # of each case, let run as they like
HELD = 10 if LONG else 2    # of each order, held up
SCOPES = "consent:record consent:import consent:check subject:read rights:write subject:erase"
PURPOSES = ("newsletter", "marketing")
# Chores wait for the same lock.
WAITING = ("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = 'akkoord' "
           "and query !~ 'tell_endings|purge|expire|note_due';")


class Pair:
    """Two persons of a round, A and B, and what is asked of them by two services."""

    def __init__(self, house, services, token, number):
        self.house, self.services, self.token, self.number = house, services, token, number
        self.subjects = [self.make(name) for name in "ab"]

    def who(self, name):
        return [{"type": "customer", "value": f"{name}{self.number}"}, {"type": "email", "value": f"{name}{self.number}@example.nl"}]

    def ask(self, service, path, text, media=JSON):
        client = Client(self.services[service].port, self.token)
        try:
            return client.ask("POST", path, text, media)
        finally:
            client.close()

    def make(self, name):
        said = {"subject": self.who(name), "collection_method": "web_form", "ref": f"{name}{self.number}-said"}
        acts = [said | {"purpose": "newsletter", "event_state": "given", "evidence": {"form": f"form {self.number}"}},
                said | {"purpose": "marketing", "event_state": "refused" if name == "a" else "given"}]
        answer = self.ask(0, "/v1/consents", json.dumps(acts))
        assert answer.status == 201, answer
        return answer.body[0]["subject_id"]

    # what is asked, each of a service of its own

    def erase_a(self):
        return self.ask(0, f"/v1/subjects/{self.subjects[0]}/erase", json.dumps({"keep_proof": False}))

    def erase_b(self):
        return self.ask(0, f"/v1/subjects/{self.subjects[1]}/erase", json.dumps({"keep_proof": False}))

    def merge(self):
        return self.ask(1, f"/v1/subjects/{self.subjects[0]}/merge", json.dumps({"with": self.subjects[1]}))

    def bring_in(self):
        lines = [{"subject": self.who("a"), "purpose": purpose, "event_state": "given", "collection_method": "paper",
                  "event_time": f"2026-01-0{day}T10:00:00Z", "ref": f"a{self.number}-import"} for purpose in PURPOSES for day in range(1, 6)]
        return self.ask(1, f"/v1/imports?source=list&batch=of-{self.number}", "".join(json.dumps(line) + "\n" for line in lines), NDJSON)

    # what stands

    def lookup(self, identifier):
        answer = self.ask(0, "/v1/subjects/lookup", json.dumps({"subject": identifier}))
        return answer.body["subject_id"] if answer.status == 200 else answer.status

    def state(self):
        """Without what is another number or moment each time."""
        everybody = [identifier for name in "ab" for identifier in self.who(name)]
        known = [self.lookup(identifier) for identifier in everybody]
        names = {self.subjects[0]: "A", self.subjects[1]: "B", 404: "nobody"}
        verdicts = []
        for identifier in everybody:
            answer = self.ask(1, "/v1/check", json.dumps({"subject": identifier, "purposes": PURPOSES}))
            assert answer.status == 200, answer
            verdicts.append([verdict["reason"] for verdict in answer.body["results"]])
        rows = self.house.cluster.rows(f"select ref, count(*) from event where ref ~ '^[ab]{self.number}-' group by 1 order by 1;")
        evidence = self.house.cluster.rows(f"select count(*) from evidence where document ->> 'form' = 'form {self.number}';")
        return {"known": [names.get(one, "another") for one in known], "verdicts": verdicts,
                "events": [[ref.split("-")[0][0] + "-" + ref.split("-")[1], count] for ref, count in rows], "evidence": evidence}


CASES = {"erased and merged": ("erase_a", "merge"), "merged with who is erased": ("erase_b", "merge"),
         "erased and imported": ("erase_a", "bring_in")}


def taken(answer):
    """Whether it came to an end: a lock that takes too long is told, and nothing was done then."""
    return answer is not None and answer.status not in (503, 504)


class Table:
    """Of each case and order: what stands, and what was answered."""

    def __init__(self, house, services, token):
        self.house, self.services, self.token, self.number = house, services, token, 0
        self.tombstones = 0

    def pair(self):
        self.number += 1
        return Pair(self.house, self.services, self.token, self.number)

    def ended(self, pair, answers):
        [[count]] = self.house.cluster.rows("select count(*) from tombstone;")
        more, self.tombstones = int(count) - self.tombstones, int(count)
        return pair.state() | {"tombstones": more, "answers": [answer.status for answer in answers]}

    def one_after_the_other(self, verbs):
        orders = []
        for first, second in (verbs, verbs[::-1]):
            pair = self.pair()
            answers = {verb: getattr(pair, verb)() for verb in (first, second)}
            assert all(taken(answer) for answer in answers.values()), answers
            orders.append(self.ended(pair, [answers[verb] for verb in verbs]))
        return orders

    def held(self, verbs, turned):
        """Both wait for the head's lock, the first of them longer: it is the first that gets it."""
        pair, answers, threads = self.pair(), {}, []
        with head_lock(self.house):
            for waiting, verb in enumerate(verbs[::-1] if turned else verbs, 1):
                threads.append(threading.Thread(target=lambda v=verb: answers.update({v: getattr(pair, v)()})))
                threads[-1].start()
                eventually(f"{verb} waits", lambda n=waiting: self.house.cluster.rows(WAITING) >= [[str(n)]] or len(answers) > 0)
        for thread in threads:
            thread.join()
        return self.ended(pair, [answers[verb] for verb in verbs]) if all(map(taken, answers.values())) else None

    def let_run(self, verbs):
        pair, answers = self.pair(), {}
        gate = threading.Barrier(len(verbs))

        def go(verb):
            gate.wait()
            answers[verb] = getattr(pair, verb)()

        threads = [threading.Thread(target=go, args=(verb,)) for verb in random.sample(verbs, len(verbs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.ended(pair, [answers[verb] for verb in verbs]) if all(map(taken, answers.values())) else None


@contextlib.contextmanager
def head_lock(house):
    """Nobody writes while it is held."""
    session = subprocess.Popen(["psql", "-qAtX", house.cluster.conninfo("owner")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    session.stdin.write("begin; select count(*) from (select from head for no key update) h;\n")
    session.stdin.flush()
    assert session.stdout.readline().strip() == "1"
    try:
        yield
    finally:
        session.stdin.write("commit;\n")
        session.stdin.close()
        assert session.wait(60) == 0


def again(what):
    """A round that was told to come again tells nothing of an order."""
    return eventually("a round comes to its end", what)


def main():
    with House("two_at_once") as house:
        token = house.command("token", "--controller", CONTROLLER, "--scope", SCOPES, "--ttl", "1h").strip()
        services = [house.service("one"), house.service("two")]
        for service in services:
            service.start()
        table = Table(house, services, token)
        for case, verbs in CASES.items():
            orders = table.one_after_the_other(verbs)
            assert orders[0] != orders[1], f"{case}: the orders cannot be told from each other: {orders[0]}"
            for number in range(HELD):
                for turned in (False, True):
                    stands = again(lambda v=verbs, t=turned: table.held(v, t))
                    assert stands == orders[turned], f"{case}, round {number}:\n{stands}\nis not\n{orders[turned]}"
            ran = [again(lambda v=verbs: table.let_run(v)) for _ in range(ROUNDS)]
            for stands in ran:
                assert stands in orders, f"{case}:\n{stands}\nis neither\n{orders[0]}\nnor\n{orders[1]}"
            say(f"{case}: {HELD} of each order held up, {ROUNDS} as they like ({sum(s == orders[0] for s in ran)} in the first)")
        house.cluster.ledger_is_whole()
        stray = house.cluster.rows("select count(*) from (select revision from named union all select revision from evidence) x where "
                                   "not exists (select from event e where e.revision = x.revision);")
        assert stray == [["0"]], f"rows of events that are gone: {stray}"
        for service in services:
            service.stop()


main()
