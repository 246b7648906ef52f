#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: on the day on which a minor may decide, and not an hour before, it is as the policy says.

The clock of every answer is the database's: it is turned (clock_ahead.c, preloaded; its path is in CLOCK_AHEAD), and the
service keeps the right one. A birth month counts as its last day, and a day begins at 00:00 in the controller's time
zone. An hour before the limit: alone `guardian_required`, with a guardian allowed. When the day begins: a guardian's Yes
stays, to be confirmed, or is `expired`, as each purpose says; what was said alone as a child does not count; a
guardian has no say any more, and the person's own Yes counts.

So with a consent that a parent signs on the page behind a link: without it the child of 15 is not allowed, with it is, until the limit;
taken back by the parent it is withdrawn. The name is opened by openssl with the officer's key, and stands nowhere in the database.
"""
import base64
import calendar
import datetime
import json
import os
import re
import subprocess
import time
import urllib.parse
import urllib.request
import zoneinfo

from lib.client import Client, person
from lib.house import House, eventually, run, say

HOUR = 3600
AGE = 16  # in the Netherlands
STAYS, ENDS, SIGNED = "stays", "ends", "signed"
NAME = "Anna Maria de Vries-Jansen"
GUARDIAN = {"role": "parent", "strength": "email"}


def last_day_of_next_month():
    """On which who was born in that month AGE years before may decide: never in the past."""
    today = datetime.date.today()
    year, month = (today.year, today.month + 1) if today.month < 12 else (today.year + 1, 1)
    return datetime.date(year, month, calendar.monthrange(year, month)[1])


def birth_month(limit):
    return f"{limit.year - AGE:04}-{limit.month:02}"


def purpose(key, at_limit, **rule):
    return {"key": key, "lawful_basis": "consent", "channel": "phone", "notice": "words",
            "minors": {"guardian": {"at_limit": at_limit} | rule}}


def officer_key(house):
    return house.folder / "officer.key"


def policy_apply(house):
    certificate = house.folder / "officer.pem"
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=officer", "-keyout", officer_key(house), "-out", certificate)
    document = {"controller": {"key": "demo", "country": "NL"},
                "purposes": [purpose(STAYS, "reconfirm"), purpose(ENDS, "expire"), purpose(SIGNED, "expire", least="signed")],
                "officer": {"certificate": certificate.read_text(encoding="ascii")},
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


def page_post(url, **fields):
    with urllib.request.urlopen(urllib.request.Request(url, urllib.parse.urlencode(fields).encode()), timeout=60) as answer:
        assert answer.status == 200, answer.status


def sign(service, client, name, born):
    """A parent signs for that child, on the page. Its address."""
    asked = ask(client, "/v1/guardian-requests", {"subject": person(name), "guardian": {"type": "email", "value": f"{name}@parent.example"},
                                                  "purposes": [SIGNED], "minor": {"birth_month": born}, "language": "en"}, 202)
    expect(client, name, SIGNED, False, "guardian_required")
    url = f"http://127.0.0.1:{service.port}/g/{asked['url'].rsplit('/', 1)[1]}"
    with urllib.request.urlopen(url, timeout=60) as answer:
        page = answer.read().decode()
    box = re.search(r'type="checkbox" name="(\w+)"', page).group(1)
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    page_post(url, action="give", role="parent", name=NAME, **{box: "yes"}, **hidden)
    expect(client, name, SIGNED, True, "granted")
    return url


def signature_open(house):
    """What is kept of the signature, opened as the officer does."""
    [[kept]] = house.cluster.rows("select document ->> 'signature' from evidence where document ->> 'signature' is not null limit 1;")
    sealed = base64.b64decode(kept)
    assert NAME.encode() not in sealed, "nothing was sealed"
    opened = subprocess.run(["openssl", "cms", "-decrypt", "-inform", "DER", "-inkey", officer_key(house)], input=sealed, capture_output=True,
                            check=True, timeout=60)
    assert opened.stdout == NAME.encode(), opened.stdout
    [[found]] = house.cluster.rows("select count(*) from evidence where document::text like '%Vries%';")
    [[told]] = house.cluster.rows("select count(*) from event where detail::text like '%Vries%';")
    assert (found, told) == ("0", "0"), "the name stands in the database"


def signed(house, service, client, born):
    sign(service, client, "signed", born)
    signature_open(house)
    url = sign(service, client, "taken", born)
    page_post(url, action="withdraw")
    expect(client, "taken", SIGNED, False, "withdrawn")


def the_day_before(client, born):
    for key in (STAYS, ENDS):
        give(client, "alone", key, born, 202)
        expect(client, "alone", key, False, "guardian_required")
        give(client, "child", key, born, 201, expressed_by=GUARDIAN)
        expect(client, "child", key, True, "granted")


def on_the_day(client, born):
    answer = ask(client, "/v1/check", {"subject": person("signed"), "purpose": SIGNED}, 200)
    assert not answer["allow"], f"a parent's signature outlives the limit: {answer}"
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
        signed(house, service, client, born)
        house.cluster.turn_clock(limit + 1 - time.time())
        on_the_day(client, born)
        service.stop()
        say(f"born in {born}: as the policy says from {day}, 00:00 in Amsterdam")


main()
