#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: on the day on which a minor may decide, and not an hour before, it is as the policy says.

The clock of every answer is the database's: it is turned (clock_ahead.c, preloaded; its path is in CLOCK_AHEAD), and the
service keeps the right one. A birth month counts as its last day, and a day begins at 00:00 in the controller's time
zone. An hour before the limit: alone `guardian_required`, with a guardian allowed. When the day begins: a guardian's Yes
stays, to be confirmed, or is `expired`, as each purpose says; what was said alone as a child does not count; a
guardian has no say any more, and the person's own Yes counts.
"""
import calendar
import datetime
import json
import os
import time
import zoneinfo

from lib.client import Client, person
from lib.house import House, eventually, say

HOUR = 3600
AGE = 16  # in the Netherlands
STAYS, ENDS = "stays", "ends"
GUARDIAN = {"role": "parent", "strength": "email"}


def last_day_of_next_month():
    """On which who was born in that month AGE years before may decide: never in the past."""
    today = datetime.date.today()
    year, month = (today.year, today.month + 1) if today.month < 12 else (today.year + 1, 1)
    return datetime.date(year, month, calendar.monthrange(year, month)[1])


def birth_month(limit):
    return f"{limit.year - AGE:04}-{limit.month:02}"


def purpose(key, at_limit):
    return {"key": key, "lawful_basis": "consent", "channel": "phone", "notice": "words",
            "minors": {"guardian": {"at_limit": at_limit}}}


def policy_apply(house):
    document = {"controller": {"key": "demo", "country": "NL"},
                "purposes": [purpose(STAYS, "reconfirm"), purpose(ENDS, "expire")],
                "notices": [{"id": "words", "version": "1", "texts": {"en": "May we?"}}]}
    path = house.folder / "policy.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    house.command("apply", path)


def ask(client, path, body, status):
    """Asked again while the service has no connection: the database was just started anew."""
    answer = eventually(f"{path} is answered", lambda: (a := client.post(path, body)) and a.status != 503 and a)
    assert answer.status == status, answer
    return answer.body


def give(client, name, key, born, status, **members):
    body = {"subject": person(name), "purpose": key, "event_state": "given", "collection_method": "paper",
            "notice": {"id": "words", "version": "1"}, "minor": {"birth_month": born}}
    ask(client, "/v1/consents", body | members, status)


def expect(client, name, key, allow, reason, **members):
    answer = ask(client, "/v1/check", {"subject": person(name), "purpose": key}, 200)
    shown = {member: answer.get(member) for member in ("allow", "reason", "reconfirm_due", "renew")}
    wanted = {"allow": allow, "reason": reason, "reconfirm_due": None, "renew": None} | members
    assert shown == wanted, f"{name}, {key}: {shown}, not {wanted}"


def the_day_before(client, born):
    for key in (STAYS, ENDS):
        give(client, "alone", key, born, 202)
        expect(client, "alone", key, False, "guardian_required")
        give(client, "child", key, born, 201, expressed_by=GUARDIAN)
        expect(client, "child", key, True, "granted")


def on_the_day(client, born):
    expect(client, "child", STAYS, True, "granted", reconfirm_due=True)
    expect(client, "child", ENDS, False, "expired", renew="self")
    for key in (STAYS, ENDS):
        expect(client, "alone", key, False, "never_asked")
        give(client, "stranger", key, born, 201, expressed_by=GUARDIAN)
        expect(client, "stranger", key, False, "never_asked")
        for name in ("child", "alone", "stranger"):
            give(client, name, key, born, 201)
            expect(client, name, key, True, "granted")


def main():
    day = last_day_of_next_month()
    limit = datetime.datetime.combine(day, datetime.time(), zoneinfo.ZoneInfo("Europe/Amsterdam")).timestamp()
    born = birth_month(day)
    with House("come_of_age") as house:
        policy_apply(house)
        house.cluster.turn_clock(limit - HOUR - time.time())
        service = house.service()
        service.start()
        client = Client(service.port, house.token)
        the_day_before(client, born)
        house.cluster.turn_clock(limit + 1 - time.time())
        on_the_day(client, born)
        service.stop()
        say(f"born in {born}: as the policy says from {day}, 00:00 in Amsterdam")


main()
