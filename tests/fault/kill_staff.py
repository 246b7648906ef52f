#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: an erasure, a merge or a split that is cut short is done or not done, never half.

Persons with some hundred events each are erased, merged and split, and meanwhile the service is killed, or the backend that is
at it. Then each person is whole, or all of it was done; asked again it gets done. The ledger and what was purged are 1..n, and
of who was erased nothing is left but tombstones.
"""
import base64
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import threading
import time
import urllib.parse
import urllib.request

from lib.client import JSON, Client
from lib.house import CONTROLLER, LONG, ROOT, House, eventually, run, say

ROUNDS = 40 if LONG else 9
EVENTS = 300  # of a person
SCOPES = "consent:record consent:check consent:withdraw subject:read rights:write subject:erase"


def customer(n):
    return {"type": "customer", "value": f"c{n}"}


def address(n):
    return {"type": "email", "value": f"who{n}@example.nl"}


def post(service, token, path, body):
    client = Client(service.port, token)
    try:
        return client.ask("POST", path, json.dumps(body), JSON)
    finally:
        client.close()


def person_make(service, token, n):
    """-> subject_id"""
    said = {"subject": [customer(n), address(n)], "collection_method": "web_form", "ref": f"ref-of-{n}",
            "evidence": {"form": f"form-of-{n}", "documents": [{"name": f"file-of-{n}.pdf", "sha256": f"{n:064x}"}]}}
    acts = [said | {"purpose": "newsletter", "event_state": "given"} for _ in range(EVENTS)]
    acts += [said | {"purpose": "marketing", "event_state": "refused"}]
    answer = eventually("they are recorded", lambda: taken(service, token, "/v1/consents", acts))
    assert answer.status == 201, answer
    return answer.body[0]["subject_id"]


def reason(service, token, who, purpose):
    answer = post(service, token, "/v1/check", {"subject": who, "purpose": purpose})
    assert answer.status == 200, answer
    return answer.body["reason"]


def verdicts(service, token, n):
    return tuple(reason(service, token, who, purpose) for who in (customer(n), address(n)) for purpose in ("newsletter", "marketing"))


WHOLE = ("granted", "refused") * 2
VERBS = {  # what is asked of a person, and what its verdicts are then
    "erase": (lambda other, n: {"keep_proof": False}, ("suppressed",) * 4),
    "merge": (lambda other, n: {"with": other}, ("withdrawn", "refused") * 2),
    "split": (lambda other, n: {"identifiers": [address(n)]}, WHOLE),
}


def round_run(house, service, token, n, verb):
    """-> whether it was cut short"""
    subject, other = person_make(service, token, 2 * n), person_make(service, token, 2 * n + 1)
    if verb == "merge":
        stop = {"subject": customer(2 * n + 1), "purpose": "newsletter"}
        answer = eventually("it is withdrawn", lambda: taken(service, token, "/v1/withdraw", stop))
        assert answer.status == 200, answer
    body, done = VERBS[verb][0](other, 2 * n), VERBS[verb][1]
    answers = []
    asking = threading.Thread(target=lambda: answers.append(ask_once(service, token, f"/v1/subjects/{subject}/{verb}", body)))
    asking.start()
    time.sleep(random.uniform(0, 0.15))
    if n % 2 == 0:
        service.kill()
        service.start()
    else:
        for backend in house.cluster.clients():
            with contextlib.suppress(ProcessLookupError):  # with the first one PostgreSQL ends them all
                os.kill(backend, signal.SIGKILL)
    asking.join()
    now = settled(service, token, 2 * n)
    assert now in (WHOLE, done), f"{verb} is half done: {now}"
    again = eventually("it is taken", lambda: taken(service, token, f"/v1/subjects/{subject}/{verb}", body))
    assert again.status in (200, 201, 404, 422), again
    now = settled(service, token, 2 * n)
    assert now == done, f"{verb}: {now}"
    return not answers or answers[0] is None or answers[0].status not in (200, 201)


def ask_once(service, token, path, body):
    try:
        return post(service, token, path, body)
    except OSError:
        return None


def taken(service, token, path, body):
    """None while the connection that writes is not there yet: nothing was written."""
    answer = ask_once(service, token, path, body)
    return answer if answer is not None and answer.status != 503 else None


def settled(service, token, n):
    """The verdicts once all are answered: while PostgreSQL ends its other backends, one may be and the next not."""

    def asked():
        try:
            return verdicts(service, token, n)
        except (AssertionError, OSError):
            return None

    return eventually("the service is back", asked)


def guardian_sign(house, service, token, child):
    """Somebody's guardian signs on a page, with a name that is sealed for the officer. -> what is kept of it"""
    key, pem = house.folder / "officer.key", house.folder / "officer.pem"
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", pem, "-subj",
        "/CN=officer", "-days", "30")
    policy = json.loads((ROOT / "examples/demo.json").read_text(encoding="utf-8"))
    policy["officer"] = {"certificate": pem.read_text(encoding="utf-8")}
    next(p for p in policy["purposes"] if p["key"] == "marketing")["minors"] = {"guardian": {"least": "signed"}}
    path = house.folder / "signed.json"
    path.write_text(json.dumps(policy), encoding="utf-8")
    house.command("apply", path)
    asked = post(service, token, "/v1/guardian-requests", {"subject": child, "guardian": {"type": "email", "value": "mum@example.nl"},
                                                           "purposes": ["marketing"], "minor": True})
    assert asked.status == 202, asked
    url = f"http://127.0.0.1:{service.port}/g/" + asked.body["url"].rsplit("/", 1)[1]
    page = urllib.request.urlopen(url, timeout=20).read().decode()
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    box = re.search(r'type="checkbox" name="(\w+)"', page).group(1)
    form = fields | {box: "yes", "action": "give", "role": "parent", "name": "Anna de Vries"}
    with urllib.request.urlopen(url, urllib.parse.urlencode(form).encode(), timeout=20) as answer:
        assert answer.status == 200
    [[sealed]] = house.cluster.rows("select document ->> 'signature' from evidence where document ? 'signature';")
    assert len(sealed) > 300, sealed
    return sealed


def dump_check(house, service, token):
    """A plain dump has the tags of who was erased in tombstones alone, and nothing else of them; of what is sealed, no piece."""
    n = 10 ** 6
    subject = person_make(service, token, n)
    sealed = guardian_sign(house, service, token, customer(n))
    pieces = [sealed[at:at + 40] for at in range(0, len(sealed) - 40, 40)]
    tags = [row[0] for row in house.cluster.rows("select encode(i.tag, 'hex') from identifier i join event e on e.controller_id = "
            f"i.controller_id and e.ref = 'ref-of-{n}' and i.subject_no in (e.subject_no, e.subject_no + 1) group by 1;")]
    assert len(tags) == 2, tags
    answer = post(service, token, f"/v1/subjects/{subject}/erase", {})
    assert answer.status == 200, answer
    dump = subprocess.run(["pg_dump", house.cluster.conninfo("owner")], check=True, capture_output=True, text=True).stdout
    assert not [piece for piece in pieces if piece in dump or base64.b64decode(piece).hex() in dump], "of the guardian's name"
    table, found = None, set()
    for line in dump.splitlines():
        table = line.split()[1].removeprefix("public.") if line.startswith("COPY ") else table
        found |= {(table, text) for text in (*tags, f"who{n}@", f"ref-of-{n}", f"form-of-{n}", f"file-of-{n}", f"{n:064x}") if text in line}
    assert found == {(table, tag) for table in ("consent", "tombstone") for tag in tags}, found


def main():
    with House("kill_staff") as house:
        token = house.command("token", "--controller", CONTROLLER, "--scope", SCOPES, "--ttl", "1h").strip()
        service = house.service()
        service.start()
        cut = sum(round_run(house, service, token, n, random.choice(list(VERBS)) if n >= 3 else list(VERBS)[n]) for n in range(ROUNDS))
        house.cluster.ledger_is_whole()
        stray = house.cluster.rows("select count(*) from (select revision from named union all select revision from evidence) x where "
                                   "not exists (select from event e where e.revision = x.revision);")
        assert stray == [["0"]], f"rows of events that are gone: {stray}"
        dump_check(house, service, token)
        service.stop()
        say(f"{ROUNDS} rounds, {cut} of them cut short")


main()
