#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: an answer waits for the commit, not for the rows that come before it.

A deferred constraint lets one commit in three fail, after the statement has given all its rows: with an error that
says why (disk full, a bad value, a deadlock) or by ending the backend. What is acknowledged stands in the ledger
once; what is answered 503 does not; what is answered 504 may, and its repeat by its key gives one event. Of class 08
nobody knows: a proxy says it whose server went as it committed.
"""
from lib.client import Client
from lib.house import LONG, House, say
from lib.journal import Journal, recorders_finish, recorders_start
from lib.witness import persons_make, witnesses_finish, witnesses_start

REQUESTS = 8000 if LONG else 600
SIZES = (0, 0, 0, 3, 40)
# 53100: disk full. 40001: serialization failure, tried again by the service. 22000: a bad value, whose batch is halved
# until the offender stands alone.
FAULT = """
create function fail_commit() returns trigger language plpgsql as $$
declare
    dice float := random();
begin
    if dice < 0.1 then raise exception 'no space' using errcode = '53100'; end if;
    if dice < 0.2 then raise exception 'once more' using errcode = '40001'; end if;
    if dice < 0.3 then raise exception 'bad value' using errcode = '22000'; end if;
    if dice < 0.33 then perform pg_terminate_backend(pg_backend_pid()); end if;
    return null;
end $$ security definer;
create constraint trigger fail_commit after update on head deferrable initially deferred
    for each row execute function fail_commit();
"""

IN_BETWEEN = """
create function fail_commit() returns trigger language plpgsql as $$
begin
    raise exception 'server conn crashed?' using errcode = '%s';
end $$ security definer;
create constraint trigger fail_commit after update on head deferrable initially deferred
    for each row execute function fail_commit();
"""
REMOVED = "drop trigger fail_commit on head; drop function fail_commit"


def unknown_try(house, client):
    """What is answered 503 is surely not written; these states do not say so."""
    body = {"subject": {"type": "email", "value": "between@example.nl"}, "purpose": "newsletter", "event_state": "given",
            "collection_method": "web_form"}
    for state in ("08006", "08P01", "40003"):
        house.cluster.rows(IN_BETWEEN % state)
        answer = client.post("/v1/consents", body)
        assert answer is not None and answer.status == 504, (state, answer)
        house.cluster.rows(REMOVED)
    assert client.post("/v1/consents", body).status == 201, "the connection is a new one"


def main():
    with House("fail_commit") as house:
        journal, service = Journal(tolerated=(500,)), house.service()
        service.start()
        client = Client(service.port, house.token)
        persons_make(client)
        house.cluster.rows(FAULT)
        recorders = recorders_start(journal, service.port, house.token, SIZES)
        witnesses = witnesses_start(service.port, house.token)
        journal.wait_for(REQUESTS)
        recorders_finish(recorders)
        witnesses_finish(witnesses)
        house.cluster.rows(REMOVED)
        journal.repeat_unanswered(client)
        journal.check(house.cluster)
        unknown_try(house, client)
        service.stop()
        failed = {status: sum(status in s.statuses for s in journal.sent) for status in (500, 503, 504)}
        say(f"{journal}; requests by failure: {failed}")
        assert failed[503] and failed[504], "too few commits failed: the test shows nothing"


main()
