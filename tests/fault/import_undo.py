#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: a batch that was imported by mistake is taken back whole, whatever dies on the way; who chose meanwhile is as they chose.

A list comes in: some had chosen before, some choose afterwards. The undo is cut short again and again by kill -9 of the service, and asked
once more each time. Then everybody stands as if the list had never come, and the ledger keeps both.
"""
import collections
import json
import os
import threading

from lib.client import JSON, NDJSON, Client, question_of, record_of
from lib.house import LONG, House, eventually, say

COUNT = 20000 if LONG else 3000
KILLS = 12 if LONG else 4
LINES = 1000  # a call
UNDO = "/v1/imports/wrong/list/undo"


def ask(client, *words):
    """Once more, where the service was started anew."""
    return client.ask(*words) or client.ask(*words)


def chosen(number):
    """What a person said before the list came, and after it: a state, or None."""
    before = {0: "given", 1: "refused"}.get(number % 10)
    after = {0: "given", 3: "withdrawn", 5: "given"}.get(number % 7)
    return before, after


def choose(client, which):
    """One part of chosen(), of everybody, in arrays."""
    acts = [record_of(f"reader{n}", chosen(n)[which]) for n in range(COUNT) if chosen(n)[which]]
    for at in range(0, len(acts), 500):
        answer = client.post("/v1/consents", acts[at:at + 500])
        assert answer.status == 201, answer


def bring_in(client):
    for at in range(0, COUNT, LINES):
        rows = [record_of(f"reader{n}", "given") | {"event_time": "2025-01-01T00:00:00Z", "notice": {"id": "newsletter", "version": "1"}}
                for n in range(at, min(at + LINES, COUNT))]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        answer = ask(client, "POST", "/v1/imports?source=wrong&batch=list", text, NDJSON)
        end = json.loads(answer.text.splitlines()[-1])
        assert answer.status == 200 and end["refused"] == 0, end


def reasons(client):
    found = []
    for at in range(0, COUNT, LINES):
        lines = "".join(json.dumps(question_of(f"reader{n}")) + "\n" for n in range(at, min(at + LINES, COUNT)))
        found += [json.loads(line)["reason"] for line in ask(client, "POST", "/v1/check/batch", lines, NDJSON).text.splitlines()]
    return found


def expected(number):
    before, after = chosen(number)
    return {"given": "granted", "refused": "refused", "withdrawn": "withdrawn", None: "never_asked"}[after or before]


def number_of(house, sql):
    [[number]] = house.cluster.rows(sql)
    return int(number)


def undo_under_fire(house, service, client):
    """Asks until it is done, and kills the service in between. How often it was in the middle then."""
    hits, told = 0, []

    def ask_once():
        told.append(Client(service.port, house.token).ask("POST", UNDO, "{}", JSON))

    for _ in range(KILLS):
        gone = number_of(house, "select count(*) from unranked")
        asker = threading.Thread(target=ask_once)
        asker.start()
        eventually("a chunk is done", lambda g=gone: number_of(house, "select count(*) from unranked") > g or not asker.is_alive())
        hits += asker.is_alive()
        service.kill()
        asker.join()
        service.start()
    while True:
        answer = ask(client, "POST", UNDO, "{}", JSON)
        if answer is not None and answer.status == 200:
            assert answer.body["done"] and answer.body["refusals_kept"] == 0, answer
            return hits
        assert answer is None or answer.status in (202, 504), answer


def main():
    with House("import_undo") as house:
        service = house.service()
        service.start()
        client = Client(service.port, house.token)
        choose(client, 0)
        bring_in(client)
        found = collections.Counter(reasons(client))
        assert found["granted"] > COUNT // 2, f"the list counts, until it is taken back: {found}"
        choose(client, 1)
        events = number_of(house, "select count(*) from event")

        answer = ask(client, "POST", f"{UNDO}?dry_run", "{}", JSON)
        assert answer.status == 200 and answer.body["undone"] == COUNT, answer
        hits = undo_under_fire(house, service, client)
        say(f"{COUNT} acts undone; the service was killed {hits} times in the middle")
        assert hits > 0, "nothing was killed in the middle: the test shows nothing"

        wrong = [(n, reason, expected(n)) for n, reason in enumerate(reasons(client)) if reason != expected(n)]
        assert not wrong, f"{len(wrong)} stand otherwise: {wrong[:5]}"
        assert number_of(house, "select count(*) from unranked") == COUNT, "each act once"
        assert number_of(house, "select count(*) from event") == events + COUNT, "the ledger keeps both"
        answer = ask(client, "POST", UNDO, "{}", JSON)
        assert answer.status == 200 and answer.body["undone"] == 0, answer
        client.close()
        service.stop()


os.environ.setdefault("LC_ALL", "C.UTF-8")
main()
