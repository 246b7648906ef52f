#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: what another tool exported comes in by `akkoord import`, told truly before and after, whatever happens on the way.

Recipes: a sample in each tool's own format; a Yes, a No with its date, and what is no choice left out. Bad files: each told with its line
number, and the rest comes in. The story: double opt-ins without the words, tried (0 sendable), imported by mistake, mended by importing
with the words, as many sendable as the generator says. A kill -9 of the command and of the service in the middle: run again, the same end
as without, counted from the ledger. Then a wrong batch of the same readers: taken back, it leaves nobody otherwise than before, but for
those who chose since, who are as they chose.
"""
import json
import os
import random
import re
import signal
import subprocess
import time

from lib.client import JSON, NDJSON, Client
from lib.house import LONG, ROOT, House, eventually, say

SAMPLES = ROOT / "examples/import"
SEED = 20260101
COUNT = 20000
WRONG = COUNT if LONG else 4000  # lines of the wrong batch
UNDONE = 120  # seconds: twice what the service takes for a call


class Command:
    """`akkoord import` against one service."""

    def __init__(self, house, service):
        self.house = house
        self.words = [house.program, "import", "--url", f"http://127.0.0.1:{service.port}",
                      "--token-file", house.secret("import.token", house.token)]

    def start(self, path, *flags):
        return subprocess.Popen([str(w) for w in (*self.words, *flags, path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env=self.house.settings)

    def run(self, path, *flags, status=0):
        process = self.start(path, *flags)
        out, err = process.communicate(timeout=300)
        assert process.returncode == status, f"{flags}: status {process.returncode}\n{out}{err}"
        return out, err

    def file(self, name, content):
        path = self.house.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


def reason(client, name, purpose="newsletter"):
    question = {"subject": {"type": "email", "value": name}, "purpose": purpose}
    answer = client.post("/v1/check", question) or client.post("/v1/check", question)  # the service was started anew
    return answer.body["reason"]


def counted(out):
    """The table's numbers, by what they are of."""
    return {what: int(number) for number, what in re.findall(r"^ *(\d+)  (new|same as before|superseded|refused|left out)", out, re.M)}


def recipes(command, client):
    words = ("--purpose", "newsletter", "--notice", "newsletter:1")
    for path, flags, verdicts, left_out in (
            ("listmonk.csv", ("--recipe", "listmonk"), {"ada": "granted", "ben": "withdrawn", "cas": "never_asked", "dora": "granted"}, 1),
            ("listmonk.json", ("--recipe", "listmonk-api", "--list", "Newsletter"),
             {"eva": "granted", "fien": "withdrawn", "gijs": "never_asked"}, 3),
            ("mautic.csv", ("--recipe", "mautic"), {"iris": "granted", "joost": "withdrawn", "kees": "never_asked", "lot": "withdrawn"}, 1),
            ("mailchimp_subscribed.csv", ("--recipe", "mailchimp"), {"mies": "granted", "noor": "granted"}, 0),
            ("mailchimp_unsubscribed.csv", ("--recipe", "mailchimp"), {"olga": "withdrawn"}, 0),
            ("mailchimp_cleaned.csv", ("--recipe", "mailchimp"), {"piet": "never_asked"}, 1),
            ("plain.csv", ("--map", "E-mail=email,Toestemming=event_state,Datum=event_time", "--states", "ja=given,nee=refused"),
             {"rik": "granted", "sara": "refused"}, 0)):
        copy = command.file(path, (SAMPLES / path).read_bytes())
        out, _ = command.run(copy, *flags, *words)
        assert counted(out)["left out"] == left_out, f"{path}: {out}"
        for name, expected in verdicts.items():
            found = reason(client, f"{name}@example.nl")
            assert found == expected, f"{path}: {name} is {found}"
    [[when]] = command.house.cluster.rows("select count(*) from event where rank_time(rank) = "
                                          "instant_of('2025-06-07 08:09:10+00')")
    assert when == "1", "a No comes in with its date"


def bad_files(command, client):
    """Each told with its line, and the rest comes in."""
    flags = ("--purpose", "newsletter", "--notice", "newsletter:1")

    def refused(name, content, line, why, *more, good=None):
        path = command.file(name, content)
        out, err = command.run(path, *flags, *more, status=1)
        assert f"line {line}: " in err and why in err, f"{name}: {err}"
        kept = [json.loads(text) for text in (path.parent / f"{name}.refused").read_text().splitlines()]
        assert any(row["line"] == line for row in kept), kept
        if good:
            assert reason(client, good) == "granted", f"{name}: the rest comes in: {out}{err}"

    def whole(name, content, why, *more):
        _, err = command.run(command.file(name, content), *flags, *more, status=1)
        assert why in err, f"{name}: {err}"

    def comes_in(name, content, *more, good):
        command.run(command.file(name, content), *flags, *more)
        assert reason(client, good) == "granted", name

    refused("latin.csv", "email,name\ncaf\xe9@b1.example,x\nb1@b.example,y\n".encode("latin-1"), 2, "not UTF-8", good="b1@b.example")
    comes_in("latin2.csv", "email;name\nb2@b.example;Ren\xe9\n".encode("latin-1"), "--encoding", "windows-1252", good="b2@b.example")
    comes_in("bom.csv", "\ufeffemail,name\nb3@b.example,x\n", good="b3@b.example")
    comes_in("wide.csv", "email,name\nb4@b.example,x\n".encode("utf-16"), good="b4@b.example")
    comes_in("semicolons.csv", 'email;name\n"b5@b.example";"a;b"\n', good="b5@b.example")
    refused("quote.csv", 'email,name\nb6@b.example,"no end\nb7@b.example,x\n', 2, "quote", good="b7@b.example")
    refused("long.csv", f'email,name\nb8@b.example,{"x" * 1_000_000}\nb9@b.example,x\n', 2, "longer than 65536", good="b9@b.example")
    comes_in("dates.csv", "email,event_time\nc1@b.example,2025-03-04T10:00:00+01:00\nc2@b.example,2025-03-04 10:00:00\n"
             "c3@b.example,04-03-2025\nc4@b.example,2025-03-04 10:00:00.123 UTC\n", good="c3@b.example")
    refused("slashes.csv", "email,event_time\nc5@b.example,03/04/2025\n", 2, "--dates")
    comes_in("slashes2.csv", "email,event_time\nc5@b.example,03/04/2025\n", "--dates", "dmy", good="c5@b.example")
    refused("days.csv", "email,event_time\nc6@b.example,2025-02-30\nc7@b.example,2025-02-03\n", 2, "no date", good="c7@b.example")
    refused("future.csv", "email,event_time\nc8@b.example,2031-01-01\n", 2, "ahead of the server")
    whole("empty.csv", "", "it is empty")
    whole("header.csv", "name,date\nx,2025-01-01\n", "lacks a column email")
    whole("header2.csv", "mail,date\nx,2025-01-01\n", 'lacks the column "adres"', "--map", "adres=email")
    for column in ("status", "Opt-in", "unsubscribed_at", "SUBSCRIBED", "opt_out", "Toestemming"):
        content = f"email,{column}\ne1@b.example,unsubscribed\n"
        whole("status.csv", content, f'the column "{column}" may say who chose what')
        assert reason(client, "e1@b.example") == "never_asked", column
    whole("status.csv", content, 'lacks the column "stat"', "--ignore-column", "Toestemming,stat")
    comes_in("status2.csv", "email,status,state\ne2@b.example,x,NY\n", "--ignore-column", "status,State", good="e2@b.example")
    status = command.file("status3.csv", "email,status,name,town\ne3@b.example,unsubscribed,x,y\n")
    _, err = command.run(status, *flags, "--map", "status=event_state", "--states", "unsubscribed=withdrawn")
    assert err == "nothing is read from these columns: name, town\n", err
    assert reason(client, "e3@b.example") == "withdrawn"
    refused("cut.csv", "email,name,event_time\nd1@b.example,x,2025-01-01\nd2@b.exa", 3, "cut off", good="d1@b.example")
    refused("lines.ndjson", '{"subject": {"type": "email", "value": "d3@b.example"}, "event_state": "given"}\n{"subject": {"ty', 2, "JSON",
            good="d3@b.example")
    refused("words.csv", "email,event_state\nd4@b.example,perhaps\nd5@b.example,given\n", 2, "event_state", good="d5@b.example")

    # the same file twice
    twice = command.file("twice.csv", "email,event_time\nd6@b.example,2025-01-01\n")
    assert counted(command.run(twice, *flags)[0])["new"] == 1
    assert counted(command.run(twice, *flags)[0]) == {"new": 0, "same as before": 1, "superseded": 0, "refused": 0, "left out": 0}

    # a last line without an end may be half of one: it is told, and comes in where somebody says that the file is whole
    refused("unended.csv", "email\nd8@b.example\nd9@b.example.n", 3, "--last-line accept", good="d8@b.example")
    assert reason(client, "d9@b.example.n") == "never_asked"
    comes_in("unended2.csv", "email\nd9@b.example", "--last-line", "accept", good="d9@b.example")
    comes_in("unended.ndjson", '{"subject": {"type": "email", "value": "d10@b.example"}, "event_state": "given"}', good="d10@b.example")
    command.run(command.file("unended3.csv", "email\n"), *flags, "--last-line", "perhaps", status=2)

    # what is refused, but for what cannot be: its text
    whole("kept.csv", "email\nno address\n", "line 2")
    [row] = [json.loads(text) for text in (command.house.folder / "kept.csv.refused").read_text().splitlines()]
    assert row["text"] == "no address", row

    # a full disk for what is refused: it stops, and says so
    full = command.file("full.csv", "email\nnobody\nd7@b.example\n")
    out, err = command.run(full, *flags, "--refused", "/dev/full", status=1)
    assert "No space left on device" in err and "up to line 3" in err and "run it again" in err, err
    assert counted(out)["new"] == 1 and counted(out)["refused"] == 1, out
    assert reason(client, "d7@b.example") == "granted"
    out, _ = command.run(full, *flags, status=1)
    assert counted(out) == {"new": 0, "same as before": 1, "superseded": 0, "refused": 1, "left out": 0}, out
    assert '"text":"nobody"' in (full.parent / "full.csv.refused").read_text()


def export_of(generator, count):
    """Double opt-ins: who said yes, and who has stopped since. Rows, and how many are sendable with the words."""
    rows, sendable = ["email,event_state,event_time"], 0
    for number in range(count):
        stopped = generator.random() < 0.1
        when = f"2025-{generator.randrange(1, 13):02}-{generator.randrange(1, 29):02}T{generator.randrange(24):02}:00:00Z"
        rows.append(f"reader{number}@story.example,{'withdrawn' if stopped else 'given'},{when}")
        sendable += not stopped
    return "\n".join(rows) + "\n", sendable


def ledger(cluster):
    """What stands, whatever the order it came in: per address and slot its rank."""
    return cluster.rows("select count(*), count(distinct tag), sum(rank::numeric) from consent where purpose_id > 0")


def events(cluster):
    [[number]] = cluster.rows("select count(*) from event")
    return int(number)


def story(command, client, house):
    rows, sendable = export_of(random.Random(SEED), COUNT)
    path = command.file("story.csv", rows)
    flags = ("--purpose", "newsletter", "--source", "old", "--method", "double_opt_in")
    before = events(house.cluster)

    out, _ = command.run(path, *flags, "--dry-run")
    assert "newsletter: 0 sendable before, 0 after" in out and f"{sendable}  notice_unknown" in out, out
    out, _ = command.run(path, *flags, "--notice", "newsletter:1", "--dry-run")
    assert f"newsletter: 0 sendable before, {sendable} after" in out and "notice_unknown" not in out, out
    assert events(house.cluster) == before, "a trial writes nothing"

    begun = time.monotonic()
    out, _ = command.run(path, *flags)  # by mistake
    say(f"{COUNT} rows in {time.monotonic() - begun:.1f} s")
    assert counted(out)["new"] == COUNT and "0 sendable before, 0 after" in out, out

    # again with the words, and the command and the service are killed in the middle
    mend = (*flags, "--notice", "newsletter:1")
    kills = 0
    for round_ in range(6 if LONG else 2):
        process = command.start(path, *mend)
        target = before + COUNT + (round_ + 1) * 2000
        eventually("it is in the middle", lambda: events(house.cluster) >= target or process.poll() is not None)
        kills += process.poll() is None
        process.kill()
        if round_ % 2 == 1:
            house.services[0].kill()
            house.services[0].start()
        process.communicate()
    assert kills > 0, "nothing was killed: the test shows nothing"
    goes_on = path.with_name("story.csv.progress").exists()
    out, err = command.run(path, *mend)
    assert ("goes on behind row" in err) == goes_on, err
    assert not path.with_name("story.csv.progress").exists(), "it is done"
    assert reason(client, "reader0@story.example") in ("granted", "withdrawn")
    assert f", {sendable} after" in out, out
    [[granted]] = house.cluster.rows("select count(*) from (select tag, max(rank) as best from consent where purpose_id > 0 "
                                     "group by tag) c where not rank_is_no(c.best) and c.best & 16 <> 0")
    assert int(granted) >= sendable, f"{granted} of {sendable}"
    # a No is the same line, with the words of a Yes or without; a Yes with words is another
    assert events(house.cluster) == before + COUNT + sendable, "no line is lost, and none is there twice"


def reader(number):
    return {"type": "email", "value": f"reader{number}@story.example"}


def reasons(client):
    """Of those that the wrong batch names, asked a thousand at a time."""
    found = []
    for at in range(0, WRONG, 1000):
        lines = "".join(json.dumps({"subject": reader(n), "purpose": "newsletter"}) + "\n" for n in range(at, min(at + 1000, WRONG)))
        found += [json.loads(line)["reason"] for line in client.ask("POST", "/v1/check/batch", lines, NDJSON).text.splitlines()]
    return found


def choose(client, chosen):
    """By number of the reader: a state. In arrays."""
    acts = [{"subject": reader(number), "purpose": "newsletter", "event_state": state, "collection_method": "web_form"}
            for number, state in chosen.items()]
    for at in range(0, len(acts), 500):
        answer = client.post("/v1/consents", acts[at:at + 500])
        assert answer.status == 201, answer


def wrong_batch(command, client):
    """A newer list that says the contrary of each; some have chosen by the time that it is found out."""
    client.close()  # the service was started anew
    before = reasons(client)
    rows = ["email,event_state,event_time"]
    rows += [f"reader{n}@story.example,{'given' if reason == 'withdrawn' else 'withdrawn'},2026-03-04" for n, reason in enumerate(before)]
    path = command.file("wrong.csv", "\n".join(rows) + "\n")
    flags = ("--purpose", "newsletter", "--notice", "newsletter:1", "--source", "wrong", "--batch", "list", "--method", "double_opt_in")
    out, _ = command.run(path, *flags)
    assert counted(out)["new"] == before.count("granted") and counted(out)["superseded"] == before.count("withdrawn"), out
    assert set(reasons(client)) == {"withdrawn"}, "its Noes count until it is taken back, and its Yeses undo no No"

    chosen = {n: ("given", "withdrawn")[n // 7 % 2] for n in range(0, WRONG, 7)}
    choose(client, chosen)
    undo = "/v1/imports/wrong/list/undo"
    answer = client.ask("POST", f"{undo}?dry_run=true", json.dumps({"also_refusals": True}), JSON)
    assert answer.status == 200 and answer.body["undone"] == WRONG, answer
    client.line.sock.settimeout(UNDONE)
    while (answer := client.ask("POST", undo, json.dumps({"also_refusals": True}), JSON)).status == 202:
        pass
    assert answer.status == 200 and answer.body["done"], answer
    expected = [{"given": "granted", "withdrawn": "withdrawn"}[chosen[n]] if n in chosen else then for n, then in enumerate(before)]
    wrong = [(n, now, then) for n, (now, then) in enumerate(zip(reasons(client), expected)) if now != then]
    assert not wrong, f"{len(wrong)} stand otherwise: {wrong[:5]}"


def main():
    with House("import_file") as house:
        service = house.service()
        service.start()
        command, client = Command(house, service), Client(service.port, house.token)
        begun = time.monotonic()
        recipes(command, client)
        say(f"recipes: {time.monotonic() - begun:.1f} s")
        bad_files(command, client)
        say(f"bad files: {time.monotonic() - begun:.1f} s")
        story(command, client, house)
        say(f"the story: {time.monotonic() - begun:.1f} s")
        wrong_batch(command, client)
        say(f"the wrong batch: {time.monotonic() - begun:.1f} s")
        client.close()
        service.stop()


os.environ.setdefault("LC_ALL", "C.UTF-8")
main()
