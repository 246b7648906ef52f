#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: what the policy says is kept no longer is there the day before and gone the day after; a purge that is killed leaves nothing half.

The clock of every answer is the database's: it is turned (clock_ahead.c, preloaded). `akkoord purge` is killed (SIGKILL) while
it is at work, and its database is stopped as in a power cut; the next one goes on. At each stop, ledger and purged together are
1..n, no state and no evidence is left of an event that has gone, and a writer beside it is answered.
"""
import json
import subprocess


from lib.client import Client, person
from lib.house import House, eventually, say

DAY = 24 * 3600
PEOPLE = 16_000
ARRAY = 1000


def policy_apply(house):
    rule = {"purpose": "news", "data_class": "consent", "duration": "P14D", "after": "recorded", "source": "a test",
            "review_date": "2099-01-01"}
    document = {"controller": {"key": "demo", "country": "NL"},
                "purposes": [{"key": "news", "lawful_basis": "consent", "channel": "email", "notice": "words"}],
                "notices": [{"id": "words", "version": "1", "texts": {"en": "May we?"}}],
                "retention": {"rules": [rule]}}
    path = house.folder / "policy.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    house.command("apply", path)


def give(client, first, count):
    body = [{"subject": person(f"p{first + i}"), "purpose": "news", "event_state": "given", "collection_method": "web_form",
             "evidence": {"form": "news"}} for i in range(count)]
    answer = eventually("it is recorded", lambda: (a := client.post("/v1/consents", body)) and a.status != 503 and a)
    assert answer.status == 201, answer


def number(house, sql):
    [[value]] = house.cluster.rows(sql)
    return int(value)


def expect_whole(house):
    head = number(house, "select revision from head join controller using (controller_id) where key = 'demo'")
    both = number(house, "select count(distinct r) from (select revision as r from event union all "
                         "select generate_series(from_revision, to_revision) from purged) x")
    rows = number(house, "select (select count(*) from event) + (select sum(to_revision - from_revision + 1) from purged)"
                  if number(house, "select count(*) from purged") else "select count(*) from event")
    assert head == both == rows, f"head {head}, ledger and purged {both}, rows {rows}"
    for table in ("evidence", "consent"):
        left = number(house, f"select count(*) from {table} t where not exists (select from event e where e.revision = t.revision)")
        assert left == 0, f"{left} rows of {table} are left of events that have gone"


def purge_killed(house, stop):
    """Once some of it is done, and not all."""
    purge = subprocess.Popen([house.program, "purge", "--controller", "demo"], env=house.settings, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    before = number(house, "select count(*) from event")
    eventually("some has gone", lambda: number(house, "select count(*) from event") < before)
    stop(purge)
    purge.wait()
    left = number(house, "select count(*) from event")
    assert 0 < left < before, f"{left} of {before}: nothing to be killed in"
    return left


def power_cut(house):
    house.cluster.kill()
    house.cluster.start()


def main():
    with House("keep_no_longer") as house:
        policy_apply(house)
        service = house.service()
        service.start()
        client = Client(service.port, house.token)
        for first in range(0, PEOPLE, ARRAY):
            give(client, first, ARRAY)
        house.cluster.turn_clock(13 * DAY)
        house.command("purge", "--controller", "demo")
        assert number(house, "select count(*) from event") == PEOPLE, "gone too soon"
        house.cluster.turn_clock(15 * DAY)
        told = house.command("purge", "--controller", "demo", "--dry-run")
        assert f"{PEOPLE}\t0\tconsent of news: P14D after recorded" in told, told

        killed = purge_killed(house, lambda purge: purge.kill())
        expect_whole(house)
        give(client, PEOPLE, 10)
        cut = purge_killed(house, lambda _: power_cut(house))
        expect_whole(house)
        give(client, PEOPLE + 10, 10)
        house.command("purge", "--controller", "demo")
        expect_whole(house)
        left = number(house, "select count(*) from event")
        assert left == 20, f"{left} events are left, and 20 are of today"
        assert number(house, "select count(*) from identifier") == 20
        service.stop()
        say(f"{PEOPLE} consents gone after 15 days and not after 13; killed with {killed} left, cut off with {cut} left")


main()
