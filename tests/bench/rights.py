#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What people's rights cost: script/bench --rights.

Export and erasure of a person with 10 000 events, the purge of what is kept no longer, alone and beside checks, and what the audit costs a read: the same
read in turns with one whose entry is not written. A figure beyond its limit fails nothing.
"""
import argparse
import contextlib
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))
from lib.client import Client  # noqa: E402
from lib.house import CONTROLLER, ROOT, House, eventually, run  # noqa: E402
from measure import database_cpu, load, row, service_cpu  # noqa: E402

EVENTS = 10_000  # of a person
ARRAY = 1000
READERS = 256 # requests in flight
OF_ONE = 100  # acts of one person at a time: each is looked at behind the one before
DAY = 24 * 3600
SCOPES = "consent:record consent:check consent:withdraw subject:read rights:write subject:erase"


def policy_apply(house):
    document = json.loads((ROOT / "examples/demo.json").read_text(encoding="utf-8"))
    document["retention"] = {"rules": [{"purpose": "analytics", "data_class": "consent", "duration": "P14D", "after": "recorded",
                                        "source": "a measurement", "review_date": "2099-01-01"}]}
    path = house.folder / "policy.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    house.command("apply", path)


def record(client, body):
    answer = client.post("/v1/consents", body)
    assert answer.status == 201, answer
    return answer.body


def person_make(client, n):
    """One who gave and withdrew again and again. -> subject_id"""
    said = {"subject": [{"type": "customer", "value": f"much{n}"}, {"type": "email", "value": f"much{n}@example.nl"}],
            "purpose": "newsletter", "collection_method": "web_form", "language": "nl", "evidence": {"form": "footer"}}
    for first in range(0, EVENTS, OF_ONE):
        told = record(client, [said | {"event_state": "given" if i % 2 else "withdrawn", "ref": f"r{first + i}"} for i in range(OF_ONE)])
    return told[0]["subject_id"]


def ms_of(client, path, body=None):
    """Until the last byte, which may be of an archive."""
    if client.line is None:
        client.connect()
    begun = time.monotonic()
    fields = {"Authorization": f"Bearer {client.token}"} | ({"Content-Type": "application/json"} if body else {})
    client.line.request("POST", path, json.dumps(body) if body else None, fields)
    answer = client.line.getresponse()
    told = answer.read()
    assert answer.status == 200, told[:300]
    return 1000 * (time.monotonic() - begun)


def exports_and_erasures(house, client, rounds):
    client.close()  # idle so long that the service may have shut it
    subjects = [person_make(client, n) for n in range(1, rounds + 1)]
    house.cluster.rows("analyze;")
    for form in ("json", "csv"):
        row(f"export of 10 000 events as {form}", [ms_of(client, f"/v1/subjects/{s}/export?format={form}") for s in subjects], 200, "ms")
    row("erasure of 10 000 events", [ms_of(client, f"/v1/subjects/{s}/erase", {"keep_proof": n % 2 == 0})
                                     for n, s in enumerate(subjects)], 500, "ms")


def cpu(house, service):
    """Seconds, of the service and the database."""
    return service_cpu(service) + database_cpu(house)


def read_cost(house, service, client, seconds):
    """us of CPU a look-up, of readers side by side"""
    begun = cpu(house, service)
    told = load(service, client, "/v1/subjects/lookup", seconds, "--body", '{"subject":{"type":"email","value":"much%d@example.nl"}}',
                "--range", 1, streams=READERS // 8)
    used = cpu(house, service) - begun
    return 1e6 * used / told["status_200"]


@contextlib.contextmanager
def stilled(house, function, body):
    """A function of the database does this and nothing else meanwhile."""
    text = "\n".join("|".join(line) for line in house.cluster.rows(f"select pg_get_functiondef('{function}'::regprocedure);"))
    head = text[:text.index("AS $function$")]
    house.cluster.rows(f"{head} AS $function$ begin {body} end $function$;")
    try:
        yield
    finally:
        house.cluster.rows(text + ";")


def audits(house, service, client, rounds, seconds):
    added = "audit_add(integer,text[],text[],text[],bigint[],integer[],text[],text[],uuid[])"
    with_it, without = [], []
    for _ in range(rounds):
        with_it.append(read_cost(house, service, client, seconds))
        with stilled(house, added, ""):
            without.append(read_cost(house, service, client, seconds))
    row("a look-up with its entry in the audit", with_it, "-", "us of CPU")
    row("... without the entry's row", without, "-", "us of CPU")
    row("... the entry's part", [100 * (a / b - 1) for a, b in zip(with_it, without)], 10, "%")


def purges(house, service, client, people):
    people_make(client, "few", people)
    service.stop()
    preload = house.folder / "clock_ahead.so"
    run("cc", "-shared", "-fPIC", "-O1", "-o", preload, ROOT / "tests/fault/clock_ahead.c")
    os.environ["CLOCK_AHEAD"] = str(preload)
    house.cluster.turn_clock(15 * DAY)
    house.cluster.rows("vacuum analyze;")
    begun = time.monotonic()
    house.command("purge", "--controller", CONTROLLER)
    took = time.monotonic() - begun
    [[left]] = house.cluster.rows("select count(*) from event e join purpose p using (controller_id, purpose_id) where p.key = 'analytics';")
    assert left == "0", f"{left} of {people} are left"
    row(f"purge alone, of {people} events", [people / took], 20000, "events/s")


def checks(service, client, people, seconds):
    """A second."""
    return load(service, client, "/v1/check", seconds, "--body",
                '{"subject":{"type":"email","value":"young%d@example.nl"},"purpose":"analytics"}', "--range", people, "--random",
                streams=READERS // 8)["rate"]


def people_make(client, name, people):
    for first in range(0, people, ARRAY):
        record(client, [{"subject": {"type": "email", "value": f"{name}{first + i}@example.nl"}, "purpose": "analytics",
                         "event_state": "given", "collection_method": "web_form"} for i in range(ARRAY)])


def purges_beside(house, service, client, people, rounds, seconds):
    """Checks without a purge, then beside the one that the service makes by itself, a minute after its start."""
    def gone():
        [[events, ended]] = house.cluster.rows("select events, ended_at is not null from retention_run order by run_no desc limit 1;")
        return int(events), ended == "t"
    service.start(AKKOORD_CLIENT_LIMIT="0", AKKOORD_ADDRESS_LIMIT="0")
    client.close()
    people_make(client, "few", people)
    service.stop()
    house.cluster.turn_clock(30 * DAY)
    service.start(AKKOORD_CLIENT_LIMIT="0", AKKOORD_ADDRESS_LIMIT="0")
    client.close()
    people_make(client, "young", ARRAY)
    house.cluster.rows("vacuum analyze;")
    eventually("the service begins a run", lambda: not gone()[1])
    alone, beside, rates = [], [], []
    for _ in range(rounds):
        with stilled(house, "purge(text, boolean)", "return true;"):  # it looks, and finds nothing
            alone.append(checks(service, client, ARRAY, seconds))
        before, begun = gone()[0], time.monotonic()
        beside.append(checks(service, client, ARRAY, seconds))
        after, ended = gone()
        rates.append((after - before) / (time.monotonic() - begun))
        assert not ended, "there was too little to let go of"
    row("checks without a purge", alone, "-", "/s")
    row("... beside one", beside, "-", "/s")
    row("... to those without", [b / a for a, b in zip(alone, beside)], 0.9, "x")
    row("purge beside them", rates, 2000, "events/s")


def start(house):
    policy_apply(house)
    token = house.command("token", "--controller", CONTROLLER, "--scope", SCOPES, "--ttl", "4h").strip()
    service = house.service()
    service.start(AKKOORD_CLIENT_LIMIT="0", AKKOORD_ADDRESS_LIMIT="0")
    return service, Client(service.port, token)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--only", choices=("purge", "persons"))
    parser.add_argument("--purged", type=int, default=200_000)
    given = parser.parse_args()
    if given.only != "persons":
        with House("bench_purge") as house:  # of its own: who has 10 000 events would be looked through as well
            service, client = start(house)
            purges(house, service, client, given.purged)
            purges_beside(house, service, client, given.purged, given.rounds, given.seconds)
            service.stop()
    if given.only != "purge":
        with House("bench_rights") as house:
            service, client = start(house)
            person_make(client, 0)
            audits(house, service, client, given.rounds, given.seconds)
            exports_and_erasures(house, client, given.rounds)
            service.stop()


if __name__ == "__main__":
    main()
