#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: whoever follows the ledger is told of what ends by time or by policy, within a minute and once, and is in step.

The clock of every answer is the database's: it is turned (clock_ahead.c, preloaded; its path is in CLOCK_AHEAD). A tool keeps a list of who
may be mailed for what, out of GET /v1/changes alone: what a change says, and whom it says to check again. After each kind of change its list
is that of the verdicts: a choice, a channel's No, what staff does, an import and its undo, a Yes that expires, a request that nobody
confirms, the day on which a child decides, a shorter validity, words that come into force. Cut short by kill -9 in the middle of a batch, what
is told is told once.
"""
import json
import time

from lib.client import Client, person
from lib.clock import Clock
from lib.house import House, eventually, say

DAY = 86400
YEAR = 365 * DAY
BEAT = 25  # seconds that the service's own clock leaps: more than there are between two looks for what ended
NEWS, OFFERS, CHILD, ASKED = "news", "offers", "child", "asked"
PURPOSES = (NEWS, OFFERS, CHILD, ASKED)
MANY = 450  # several batches
SCOPES = ("consent:record consent:withdraw consent:check consent:import subject:read rights:write subject:erase changes:read "
          "policy:read policy:write")


def policy_of(offers="P3Y", words=()):
    def purpose(key, **more):
        return {"key": key, "lawful_basis": "consent", "channel": "email", "notice": "words"} | more
    return {"controller": {"key": "endings", "country": "NL"},
            "purposes": [purpose(NEWS, validity="P1Y"), purpose(OFFERS, validity=offers),
                         purpose(CHILD, minors={"guardian": {"at_limit": "expire"}}), purpose(ASKED, double_opt_in=True)],
            "notices": [{"id": "words", "version": "1", "texts": {"en": "May we?"}}, *words]}


class Tool:
    """A mail tool in step: what it knows comes from the feed, and from the checks that the feed asks for."""

    def __init__(self, client):
        self.client = client
        self.after = 0
        self.policy = None
        self.names = {}  # by subject_id
        self.list = set()
        self.told = []  # event states, each with its subject and purpose

    def knows(self, name):
        self.names[ask(self.client, "/v1/subjects/lookup", {"subject": person(name)})["subject_id"]] = name

    def check(self, name, purposes):
        for key in purposes:
            allow = ask(self.client, "/v1/check", {"subject": person(name), "purpose": key})["allow"]
            (self.list.add if allow else self.list.discard)((name, key))

    def follow(self):
        """Reads what there is."""
        while True:
            query = f"/v1/changes?after={self.after}&limit=1000" + (f"&policy={self.policy}" if self.policy else "")
            page = eventually("changes are answered", lambda: (a := self.client.ask("GET", query)) and a.status == 200 and a.body)
            for change in page["changes"]:
                self.take(change)
            if page["policy"]["changed"]:
                for name in self.names.values():
                    self.check(name, page["policy"]["purposes"])
            self.policy = page["policy"]["state"]
            self.after = page["next"]
            if page["next"] == page["head"]:
                return

    def take(self, change):
        name = self.names.get(change["subject_id"])
        self.told.append((change["event_state"], name, change["purpose"]))
        if name is not None and change["reason"] is not None and change["purpose"] != "*":
            entry = (name, change["purpose"])
            (self.list.add if change["allow"] else self.list.discard)(entry)
        elif name is not None:
            self.check(name, PURPOSES)
        for subject in change["recheck"]:
            if subject in self.names:
                self.check(self.names[subject], PURPOSES)


def ask(client, path, body, *statuses):
    answer = eventually(f"{path} is answered", lambda: (a := client.post(path, body)) and a.status != 503 and a)
    assert answer.status in (statuses or (200, 201, 202)), answer
    return answer.body


class Scene:
    def __init__(self, house):
        self.house = house
        self.clock = Clock(house.folder / "clock")
        self.apply(policy_of())
        self.token = house.command("token", "--controller", "endings", "--scope", SCOPES, "--ttl", "2h").strip()
        self.service = house.service(**self.clock.settings(house))
        self.service.start()
        self.client = Client(self.service.port, self.token)
        self.begun = time.time()
        self.tool = Tool(self.client)

    def apply(self, policy):
        path = self.house.folder / "policy.json"
        path.write_text(json.dumps(policy), encoding="utf-8")
        self.house.command("apply", path)

    def give(self, name, key, state="given", **more):
        body = {"subject": person(name), "purpose": key, "event_state": state, "collection_method": "paper",
                "notice": {"id": "words", "version": "1"}}
        answer = ask(self.client, "/v1/consents", body | more)
        self.tool.knows(name)
        return answer

    def turn(self, days, what):
        """So many days after the beginning."""
        before = self.ended()
        self.house.cluster.turn_clock(self.begun + days * DAY - time.time())
        eventually("the service has its connections", lambda: [self.service.health() for _ in range(8)] == [200] * 8)
        time.sleep(1)
        self.clock.advance(BEAT)
        settled = [before, 0.0]

        def is_settled():
            now = self.ended()
            if now != settled[0]:
                settled[:] = [now, time.monotonic()]
            return now > before and time.monotonic() - settled[1] > 1
        if what:
            eventually(f"told: {what}", is_settled)

    def ended(self):
        [[count]] = self.house.cluster.rows("select count(*) + (select count(*) from ending_policy where rules is not null) "
                                            "from event where slot / 16 = 5")
        return int(count)

    def in_step(self, what, *told):
        self.tool.told.clear()
        self.tool.follow()
        missing = [entry for entry in told if entry not in self.tool.told]
        assert not missing, f"{what}: not told {missing} but {self.tool.told[:20]}"
        followed = set(self.tool.list)
        for name in self.tool.names.values():
            self.tool.check(name, PURPOSES)
        assert followed == self.tool.list, f"{what}: {followed ^ self.tool.list} is not in step"
        say(f"in step: {what:55} {len(followed):4} on the list")


def choices(scene):
    for name in ("ann", "bob", "cas", "dirk", "eva"):
        scene.give(name, NEWS)
        scene.give(name, OFFERS)
    scene.in_step("a Yes", ("given", "ann", NEWS))
    ask(scene.client, "/v1/withdraw", {"subject": person("bob"), "purpose": NEWS})
    scene.in_step("a No", ("withdrawn", "bob", NEWS))
    ask(scene.client, "/v1/withdraw", {"subject": person("cas"), "channel": "email"})
    scene.in_step("a channel's No", ("withdrawn", "cas", "*"))
    ask(scene.client, "/v1/withdraw", {"subject": person("dirk"), "purpose": "*"})
    scene.give("dirk", NEWS)
    scene.in_step("a No to everything, and a Yes since", ("given", "dirk", NEWS))
    scene.give("kid", CHILD, minor=True, expressed_by={"role": "parent", "strength": "email"})
    scene.in_step("a guardian's Yes", ("given", "kid", CHILD))
    scene.give("asks", ASKED, collection_method="web_form")
    scene.in_step("a request", ("requested", "asks", ASKED))


def staff(scene):
    subject = {name: identifier for identifier, name in scene.tool.names.items()}["eva"]
    ask(scene.client, f"/v1/subjects/{subject}/restrict", {"reason": "accuracy"})
    scene.in_step("a restriction", ("restricted", "eva", "*"))
    ask(scene.client, f"/v1/subjects/{subject}/lift", {"reason": "solved"})
    scene.in_step("a restriction that was lifted", ("restriction_lifted", "eva", "*"))


def an_import(scene):
    lines = "".join(json.dumps({"subject": person(name), "purpose": NEWS, "event_state": "given", "collection_method": "import",
                                "event_time": "2026-01-01T00:00:00Z", "notice": {"id": "words", "version": "1"}}) + "\n"
                    for name in ("fien", "bob"))
    eventually("it is imported", lambda: (a := scene.client.ask("POST", "/v1/imports?source=old&batch=b1", lines, "application/x-ndjson"))
               and a.status == 200)
    scene.tool.knows("fien")
    scene.in_step("an import", ("given", "fien", NEWS))
    ask(scene.client, "/v1/imports/old/b1/undo", {})
    scene.in_step("an import that was undone", ("import_undone", "fien", NEWS))


def by_time(scene):
    scene.turn(8, "a request lapses")
    scene.in_step("a request that nobody confirmed", ("lapsed", "asks", ASKED))
    scene.give("ann", NEWS)  # renewed on day 8
    scene.in_step("a renewal")
    scene.turn(337, "expiring")
    scene.in_step("30 days before the end", ("expiring", "dirk", NEWS), ("expiring", "eva", NEWS))
    assert not [t for t in scene.tool.told if t[1] in ("ann", "bob") and t[0] == "expiring"], scene.tool.told
    scene.turn(366, "expired")
    scene.in_step("what expired", ("expired", "dirk", NEWS), ("expired", "eva", NEWS))
    assert ("ann", NEWS) in scene.tool.list and ("eva", NEWS) not in scene.tool.list
    scene.turn(375, "the renewal expires")
    scene.in_step("a renewal that expired", ("expired", "ann", NEWS))


def by_policy(scene):
    scene.apply(policy_of(offers="P2Y"))
    scene.turn(376, None)
    eventually("the pass is over", lambda: scene.house.cluster.rows(
        "select count(*) from ending_due d join controller c using (controller_id) where c.key = 'endings'") == [["10"]])
    scene.in_step("a shorter validity")
    scene.turn(731, "what expires by the shorter validity")
    scene.in_step("what expired by it", ("expiring", "ann", OFFERS), ("expired", "ann", OFFERS))
    assert ("ann", OFFERS) not in scene.tool.list

    scene.give("gijs", ASKED, collection_method="paper", evidence={"documents": [{"name": "card", "sha256": "0" * 64}]})
    scene.give("gijs", OFFERS)
    scene.in_step("new ones", ("given", "gijs", OFFERS))
    at = time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(scene.begun + 735 * DAY))
    scene.apply(policy_of(offers="P2Y", words=[{"id": "words", "version": "2", "texts": {"en": "May we, still?"}, "change": "material",
                                                "effective_from": at}]))
    scene.in_step("words that will come")
    assert ("gijs", OFFERS) in scene.tool.list
    scene.turn(736, None)
    scene.in_step("words that came into force")
    assert ("gijs", OFFERS) not in scene.tool.list


def cut_short(scene):
    """Many end in one moment: killed in the middle, and gone on with by the next."""
    body = [{"subject": person(f"p{n}"), "purpose": NEWS, "event_state": "given", "collection_method": "paper",
             "notice": {"id": "words", "version": "2"}} for n in range(MANY)]
    ask(scene.client, "/v1/consents", body)
    scene.house.cluster.turn_clock(scene.begun + (736 + 366) * DAY - time.time())
    scene.service.kill()
    scene.service.start()
    count = "select count(*) from event where slot = 88 and purpose_id = 1"
    [[before]] = scene.house.cluster.rows(count)
    scene.clock.advance(BEAT)
    eventually("the first batch", lambda: int(scene.house.cluster.rows(count)[0][0]) > int(before))
    scene.service.kill()
    scene.service.start()
    scene.clock.advance(BEAT)
    eventually("all of them", lambda: int(scene.house.cluster.rows(count)[0][0]) == int(before) + MANY)
    [[twice]] = scene.house.cluster.rows("select count(*) from (select 1 from event where slot / 16 = 5 "
                                         "group by controller_id, slot, detail having count(*) > 1) d")
    assert twice == "0", f"{twice} were told twice"
    [[missing]] = scene.house.cluster.rows(
        "select h.revision - (select count(*) from event e where e.controller_id = h.controller_id) - (select coalesce(sum("
        "to_revision - from_revision + 1), 0) from purged p where p.controller_id = h.controller_id) "
        "from head h join controller c using (controller_id) where c.key = 'endings'")
    assert missing == "0", f"{missing} revisions are neither there nor purged"
    scene.client.close()
    scene.in_step(f"{MANY} that ended at once, with a kill -9")


def main():
    with House("endings") as house:
        scene = Scene(house)
        choices(scene)
        staff(scene)
        an_import(scene)
        by_time(scene)
        by_policy(scene)
        cut_short(scene)
        scene.service.stop()


main()
