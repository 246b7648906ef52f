#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: who was erased stays erased, also when the database is recovered to a moment before that.

Persons are recorded, the database is copied as a recovery would bring it back, and then persons are erased: one with a tombstone, one without,
one without a proof, one who came only after the copy, one that was two persons at the time of the copy. The list of erasures is taken, the copy put in the
database's place, and the list replayed; a service on the copy then answers as before the recovery, an old import brings nobody back, and a
new choice of a person's own counts. Replayed again it changes nothing, also where it was killed in the middle.
"""
import datetime
import json
import random
import shutil
import signal
import subprocess
import time

from lib.client import Client
from lib.house import CONTROLLER, House, say

SCOPES = "consent:record consent:import consent:check subject:read rights:write subject:erase changes:read"
CROWD = 60  # persons who are erased while a replay is killed


def address(name):
    return {"type": "email", "value": f"{name}@example.nl"}


class World:
    def __init__(self, house, service):
        self.house = house
        token = house.command("token", "--controller", CONTROLLER, "--scope", SCOPES, "--ttl", "1h").strip()
        self.client = Client(service.port, token)

    def ask(self, path, body, status=(200, 201)):
        answer = self.client.post(path, body) or self.client.post(path, body)
        assert answer.status in status, answer
        return answer.body

    def given(self, name, **more):
        subject = [{"type": "customer", "value": f"c-{name}"}, address(name)]
        return self.ask("/v1/consents", {"subject": subject, "purpose": "newsletter", "event_state": "given", "collection_method": "web_form",
                                         "ref": f"ref-of-{name}", "evidence": {"form": f"form-of-{name}"}} | more)["subject_id"]

    def imported(self, name):
        return self.ask("/v1/consents", {"subject": address(name), "purpose": "newsletter", "event_state": "given", "collection_method": "web_form",
                                         "notice": {"id": "newsletter", "version": "1"},
                                         "import": {"source": "crm", "batch": "old"}})

    def erase(self, subject, **body):
        return self.ask(f"/v1/subjects/{subject}/erase", body)["certificate"]

    def reason(self, name):
        return self.ask("/v1/check", {"subject": address(name), "purpose": "newsletter"})["reason"]

    def reasons(self, *names):
        return {name: self.reason(name) for name in names}


def copy(house, source, target):
    """The database's files, while it is stopped."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def recovered(house, kept):
    """The files that were kept are the database now."""
    data = house.cluster.home() / "data"
    house.cluster.command("stop")
    shutil.rmtree(data)
    copy(house, kept, data)
    house.cluster.start()


def counted(text):
    return {line.split(None, 1)[1].split(":")[0].split(",")[0]: int(line.split()[0]) for line in text.splitlines()}


def mentions(house, *texts):
    dump = subprocess.run(["pg_dump", house.cluster.conninfo("owner")], check=True, capture_output=True, text=True).stdout
    return [text for text in texts if text in dump]


def replay_killed(house, path):
    """Killed at some moment in the middle; what it did is done, what it did not is not."""
    process = subprocess.Popen([house.program, "erase", "--replay", path], env=house.settings, stdout=subprocess.DEVNULL)
    time.sleep(random.uniform(0.05, 1.5))
    process.send_signal(signal.SIGKILL)
    process.wait()


def lists(house, service):
    """-> whom the copy knows, and the file of what was erased behind it."""
    world = World(house, service)
    subjects = {name: world.given(name) for name in ("kept", "plain", "declined", "proofless", "split.a")}
    crowd = [world.given(f"crowd{n}") for n in range(CROWD)]
    other = world.ask("/v1/consents", {"subject": address("split.b"), "purpose": "newsletter", "event_state": "given",
                                       "collection_method": "web_form"})["subject_id"]
    world.erase(world.given("before"))
    service.stop()
    house.cluster.command("stop")
    kept = house.cluster.home() / "kept"
    copy(house, house.cluster.home() / "data", kept)
    house.cluster.start()

    service.start()
    world = World(house, service)
    world.ask(f"/v1/subjects/{subjects['split.a']}/merge", {"with": other})
    late = world.given("late")
    world.erase(subjects["plain"])
    world.erase(subjects["declined"], remember_no=False)
    world.erase(subjects["proofless"], keep_proof=False)
    world.erase(subjects["split.a"])
    world.erase(late)
    for subject in crowd:
        world.erase(subject)
    service.stop()
    return kept, house.secret("erasures", house.command("erase", "--list"))


def main():
    with House("replay") as house:
        service = house.service()
        service.start()
        kept, path = lists(house, service)
        lines = [json.loads(line) for line in open(path, encoding="utf-8")]
        assert len(lines) == CROWD + 6 and all("example.nl" not in str(line) for line in lines), lines
        assert house.command("erase", "--list", "--since", "2100-01-01T00:00:00Z") == ""
        recovered(house, kept)
        assert mentions(house, "form-of-plain", "ref-of-proofless", "ref-of-crowd7") == ["form-of-plain", "ref-of-proofless", "ref-of-crowd7"]

        replay_killed(house, path)
        counts = [counted(house.command("erase", "--replay", path)) for _ in range(2)]
        assert counts[0]["erased again"] + counts[0]["remembered"] + counts[0]["known already"] == CROWD + 6, counts
        assert counts[1] == {"erased again": 0, "remembered": 0, "known already": CROWD + 6, "nobody was there": 0}, counts
        house.cluster.ledger_is_whole()
        names = ("plain", "declined", "proofless", "split.a", "split.b", "late", "crowd7")
        assert not mentions(house, *(f"form-of-{n}" for n in names), *(f"ref-of-{n}" for n in names))

        # of another subject key; an earlier erasure's tombstone gives way to the later one's
        other = lines[0] | {"record_id": "019aa5d4-0000-7000-8000-000000000001", "tags": ["ff" + tag[2:] for tag in lines[0]["tags"]]}
        done = subprocess.run([house.program, "erase", "--replay", house.secret("other", json.dumps(other) + "\n")], env=house.settings,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 1 and "another subject key" in done.stderr, done
        late = lines[5]
        assert late["tags"] and late["until"], late
        when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        later = late | {"record_id": "019aa5d4-0000-7000-8000-000000000002", "erased_at": when, "until": "2100-01-01T00:00:00.000000Z"}
        out = house.command("erase", "--replay", house.secret("later", json.dumps(later) + "\n"))
        assert counted(out)["remembered"] == 1, out
        stones = house.cluster.rows(f"select count(*) from tombstone where until = '2100-01-01' and time_of(rank_time(rank)) = '{when}';")
        assert stones == [[str(len(late["tags"]))]], stones
        assert house.cluster.rows("select count(*) from consent c join tombstone t using (controller_id, tag) where t.until = '2100-01-01' "
                                  "and c.rank = t.rank;") == stones

        service.start()
        world = World(house, service)
        assert world.reasons("kept", *names, "before") == {n: "suppressed" for n in (*names, "before")} | {
            "kept": "granted", "declined": "never_asked"}, world.reasons("kept", *names)
        assert world.imported("plain")["effect"] == world.imported("late")["effect"] == "superseded"
        assert world.reason("plain") == world.reason("late") == "suppressed"
        world.given("plain")
        assert world.reason("plain") == "granted"
        service.stop()
        again = [json.loads(line) for line in house.command("erase", "--list").splitlines()]
        assert {(a["record_id"], a["erased_at"]) for a in lines} <= {(a["record_id"], a["erased_at"]) for a in again}, again
        assert {tag for a in lines for tag in a["tags"]} == {tag for a in again for tag in a["tags"]}, "tombstones are those of before"

        bad = house.secret("bad", json.dumps(lines[0] | {"tags": ["nonsense"]}) + "\n")
        for words in (["--replay", bad], ["--replay", "/nowhere"]):
            done = subprocess.run([house.program, "erase", *words], env=house.settings, capture_output=True, text=True, check=False)
            assert done.returncode == 1 and "akkoord: erase:" in done.stderr, done
        foreign = house.secret("foreign", json.dumps(lines[0] | {"controller": "another"}) + "\n")
        done = subprocess.run([house.program, "erase", "--replay", foreign], env=house.settings, capture_output=True, text=True, check=False)
        assert done.returncode == 1 and "does not have" in done.stderr, done
        say(f"{len(lines)} erasures, done again on a database of before")


main()
