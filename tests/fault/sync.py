#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: `akkoord sync` keeps another tool's list in step, whatever changes, and whatever stops it.

listmonk: THE REAL ONE IS NOT HERE. A stub answers in the shapes of its documentation (GET /api/lists/N, GET /api/subscribers, a page at a
time, and PUT /api/subscribers/lists; https://listmonk.app/docs/apis/subscribers/), and refuses what that does not allow. After each kind of
change its list is that of the verdicts: who may not be mailed is off, and nobody else. With a kill -9 in the middle it goes on where it was.
What cannot be known, since the service or listmonk refuses, takes nobody off and ends it.
command: a program gets each change on its stdin; where it fails, or is killed, it gets the same again, and none is passed over.
"""
import http.client
import http.server
import json
import signal
import socketserver
import subprocess
import sys
import threading
import time
import urllib.parse

from lib.client import Client, person
from lib.clock import Clock
from lib.house import House, eventually, say

DAY = 86400
BEAT = 25
LIST, OTHER_LIST = 3, 4
PER_PAGE = 700  # at most, whatever is asked for
NAMES = [f"reader{n}" for n in range(2300)]  # four pages
SCOPES = "consent:record consent:withdraw consent:check consent:import subject:read rights:write subject:erase changes:read policy:write"


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # who asked was killed
            super().handle_error(request, client_address)


class Listmonk(Server):
    """The endpoints of listmonk that are asked, as its documentation has them."""

    def __init__(self, names):
        super().__init__(("127.0.0.1", 0), Handler)
        self.port = self.server_address[1]
        self.subscribers = {}
        self.added = 0
        self.asked = []
        self.down = False
        self.may_change = True
        self.leaving = {}  # who is deleted once that page was given
        for name in names:
            self.add(name)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def add(self, name, status="enabled", subscription="confirmed"):
        self.added += 1
        number = self.added
        lists = [{"subscription_status": subscription, "id": LIST, "uuid": "ce13e971-c2ed-4069-bd0c-240e9a9f56f9", "name": "News",
                  "type": "public", "optin": "double", "tags": []},
                 {"subscription_status": "unconfirmed", "id": OTHER_LIST, "uuid": "ce13e971-c2ed-4069-bd0c-240e9a9f56fa",
                  "name": "Other", "type": "private", "optin": "single", "tags": []}]
        self.subscribers[number] = {"id": number, "created_at": "2020-02-10T23:07:16.199433+01:00",
                                    "updated_at": "2020-02-10T23:07:16.199433+01:00", "uuid": f"ea06b2e7-4b08-4697-bcfc-{number:012}",
                                    "email": f"{name}@example.nl", "name": name, "attribs": {"city": "Delft"}, "status": status,
                                    "lists": lists}

    def remove(self, name):
        self.subscribers = {number: s for number, s in self.subscribers.items() if s["name"] != name}

    def names(self):
        return {s["name"] for s in self.subscribers.values()}

    def on_list(self):
        """Who would be mailed: a disabled one too."""
        return {s["name"] for s in self.subscribers.values()
                if s["status"] != "blocklisted" and s["lists"][0]["subscription_status"] != "unsubscribed"}

    def page(self, query):
        assert set(query) <= {"list_id", "page", "per_page", "order_by", "order", "query", "subscription_status"}, query
        assert "order_by" not in query, "what it sorts by has ties, but for its own numbers"
        listed = [s for s in self.subscribers.values() if str(s["lists"][0]["id"]) in query["list_id"]]
        listed.sort(key=lambda s: s["id"], reverse=query["order"] != ["asc"])
        size, number = min(int(query["per_page"][0]), PER_PAGE), int(query["page"][0])
        if number in self.leaving:
            self.remove(self.leaving.pop(number))
        return {"results": listed[(number - 1) * size:number * size], "query": "", "total": len(listed), "per_page": size, "page": number}

    def change(self, body):
        assert set(body) == {"ids", "action", "target_list_ids"} and body["action"] == "unsubscribe", body
        for number in body["ids"]:  # one that is not there is passed over
            for one in self.subscribers.get(number, {"lists": []})["lists"]:
                if one["id"] in body["target_list_ids"]:
                    one["subscription_status"] = "unsubscribed"
        return True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def judged(self, path):
        target = urllib.parse.urlsplit(self.path)
        self.server.asked.append((self.command, target.path))
        if self.server.down:
            return self.answer(503, {"message": "down"})
        if self.headers["authorization"] != "token api_user:secret" or not target.path.startswith(path):
            return self.answer(403, {"message": "invalid API credentials"})
        return urllib.parse.parse_qs(target.query)

    def do_GET(self):
        of_list = self.path.startswith("/api/lists/")
        query = self.judged("/api/lists/" if of_list else "/api/subscribers")
        if query is not None and of_list and self.path.rpartition("/")[2] not in (str(LIST), str(OTHER_LIST)):
            self.answer(400, {"message": "List not found"})
        elif query is not None:
            self.answer(200, {"data": {"id": LIST} if of_list else self.server.page(query)})

    def do_PUT(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if not self.server.may_change:
            self.answer(403, {"message": "permission denied: subscribers:manage"})
        elif self.judged("/api/subscribers/lists") is not None:
            assert self.headers["content-type"] == "application/json"
            self.answer(200, {"data": self.server.change(body)})

    def log_message(self, *_):
        pass


class Between(Server):
    """Passes on what the service is asked, counts what is checked, and may answer a batch in its stead."""

    def __init__(self, port):
        super().__init__(("127.0.0.1", 0), Passing)
        self.to = port
        self.lines = 0
        self.refuses = None  # where a question is wrong, by a pointer
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Passing(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def ask(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.to, timeout=60)
        connection.request(self.command, self.path, body, {name: self.headers[name] for name in ("authorization", "content-type")})
        with connection.getresponse() as answer:
            return answer.status, answer.read()

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            status, text = self.ask(body)
        except OSError:
            status, text = 503, b"{}"
        if self.path.startswith("/v1/check/batch"):
            self.server.lines += body.count(b"\n")
            if self.server.refuses is not None:
                text = b"".join(json.dumps({"line": n + 1, "error": {
                    "type": "urn:akkoord:problem:invalid", "title": "The question is wrong", "status": 422,
                    "errors": [{"pointer": self.server.refuses, "detail": "is wrong"}]}}).encode() + b"\n" for n in range(body.count(b"\n")))
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = pass_on

    def log_message(self, *_):
        pass


def policy_of(**more):
    purpose = {"key": "news", "lawful_basis": "consent", "channel": "email", "notice": "words", "validity": "P1Y"} | more
    return {"controller": {"key": "sync", "country": "NL"}, "purposes": [purpose, purpose | {"key": "other"}],
            "notices": [{"id": "words", "version": "1", "texts": {"en": "May we?"}}]}


class Scene:
    def __init__(self, house):
        self.house = house
        self.clock = Clock(house.folder / "clock")
        self.apply(policy_of())
        self.token = house.secret("sync.token", house.command("token", "--controller", "sync", "--scope", SCOPES, "--ttl", "2h").strip())
        self.service = house.service(**self.clock.settings(house))
        self.service.start()
        self.between = Between(self.service.port)
        self.client = Client(self.service.port, open(self.token, encoding="ascii").read().strip())
        self.state = house.folder / "sync.state"
        self.process = None

    def apply(self, policy):
        path = self.house.folder / "policy.json"
        path.write_text(json.dumps(policy), encoding="utf-8")
        self.house.command("apply", path)

    def ask(self, path, body, media=None):
        answer = eventually(f"{path} is answered", lambda: (a := self.client.post(path, body)) and a.status != 503 and a)
        assert answer.status in (200, 201, 202), answer
        return answer.body

    def allowed(self, names):
        lines = "".join(json.dumps({"subject": person(name), "purpose": "news"}) + "\n" for name in names)
        answer = eventually("a batch is answered", lambda: (a := self.client.ask("POST", "/v1/check/batch", lines, "application/x-ndjson"))
                            and a.status == 200 and a)
        verdicts = [json.loads(line) for line in answer.text.splitlines()]
        return {name for name, verdict in zip(names, verdicts) if verdict.get("allow")}

    def words(self, *more):
        return [str(self.house.program), "sync", "--url", f"http://127.0.0.1:{self.between.server_address[1]}", "--token-file", self.token,
                "--purpose", "news", *more]

    def listmonk_words(self, listmonk, *more):
        return self.words("--state", str(self.state), "--listmonk-url", f"http://127.0.0.1:{listmonk.port}", "--listmonk-token-file",
                          self.house.secret("listmonk.token", "api_user:secret"), "--list", str(LIST), *more, "listmonk")

    def run(self, words, status=0):
        done = subprocess.run(words, env=self.house.settings, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == status, f"{done.returncode}: {done.stderr}"
        return done.stderr

    def start(self, words):
        self.process = subprocess.Popen(words, env=self.house.settings, stderr=open(self.house.folder / "sync.log", "a", encoding="utf-8"))

    def ended(self):
        assert self.process.poll() is None, (self.house.folder / "sync.log").read_text(encoding="utf-8")

    def kill(self):
        self.process.kill()
        self.process.wait()


def looked(scene):
    """Until the whole list is not to be looked at again."""
    eventually("it has looked", lambda: scene.state.exists() and not json.loads(scene.state.read_text(encoding="utf-8"))["lists"])


def in_step(scene, listmonk, what, off=()):
    """off: who is allowed and off the list, since nobody is put on."""
    wanted = scene.allowed([s["name"] for s in listmonk.subscribers.values()]) - set(off)
    eventually(f"in step: {what}", lambda: scene.ended() or listmonk.on_list() == wanted & listmonk.names())
    say(f"in step: {what:50} {len(listmonk.on_list()):5} on the list")
    return listmonk.on_list()


def give(scene, names, **more):
    for at in range(0, len(names), 500):
        scene.ask("/v1/consents", [{"subject": person(name), "purpose": "news", "event_state": "given", "collection_method": "paper",
                                    "notice": {"id": "words", "version": "1"}} | more for name in names[at:at + 500]])


def listmonk_in_step(scene):
    unseen = NAMES[3 * PER_PAGE]  # the first of the last page, which begins one later once somebody was deleted
    give(scene, [name for name in NAMES[:2200] if name != unseen])  # a hundred and one are on the list that never agreed
    listmonk = Listmonk(NAMES)
    listmonk.leaving = {3: NAMES[1500]}
    listmonk.add("disabled", status="disabled")
    listmonk.add("blocked", status="blocklisted")
    listmonk.add("not an address")
    listmonk.add("off", subscription="unsubscribed")
    scene.start(scene.listmonk_words(listmonk))
    assert len(in_step(scene, listmonk, "the whole list")) == 2198
    looked(scene)
    assert scene.between.lines < 2 * len(NAMES), "a list is checked once"
    assert all(s["lists"][1]["subscription_status"] == "unconfirmed" for s in listmonk.subscribers.values()), "another list was touched"

    scene.ask("/v1/withdraw", {"subject": person(NAMES[0]), "purpose": "news"})
    in_step(scene, listmonk, "a withdrawal")
    scene.ask("/v1/withdraw", {"subject": person(NAMES[1]), "channel": "email"})
    in_step(scene, listmonk, "a channel's No")
    scene.ask("/v1/withdraw", {"subject": person(NAMES[2]), "purpose": "*"})
    in_step(scene, listmonk, "a No to everything")
    scene.ask("/v1/consents", {"subject": [{"type": "customer", "value": "k1"}, person(NAMES[3])], "purpose": "news",
                               "event_state": "refused", "collection_method": "phone"})
    in_step(scene, listmonk, "a customer's No, with the address beside it")
    subject = scene.ask("/v1/subjects/lookup", {"subject": person(NAMES[4])})["subject_id"]
    scene.ask(f"/v1/subjects/{subject}/restrict", {"reason": "accuracy"})
    in_step(scene, listmonk, "a restriction")
    subject = scene.ask("/v1/subjects/lookup", {"subject": person(NAMES[5])})["subject_id"]
    scene.ask(f"/v1/subjects/{subject}/erase", {})
    in_step(scene, listmonk, "an erasure")

    give(scene, ["new"])
    listmonk.add("new")
    scene.ask("/v1/withdraw", {"subject": person("new"), "purpose": "news"})
    in_step(scene, listmonk, "who came to the list since, and withdrew")

    # One person with two addresses, and one who is deleted at listmonk and comes again.
    scene.ask("/v1/consents", {"subject": [person(NAMES[7]), person("seven")], "purpose": "news", "event_state": "given",
                               "collection_method": "paper", "notice": {"id": "words", "version": "1"}})
    time.sleep(1)
    looked(scene)
    listmonk.add("seven")
    listmonk.remove(NAMES[8])
    listmonk.add(NAMES[8])
    lines = scene.between.lines
    scene.ask("/v1/withdraw", {"subject": person(NAMES[7]), "purpose": "news"})
    scene.ask("/v1/withdraw", {"subject": person(NAMES[8]), "purpose": "news"})
    in_step(scene, listmonk, "two addresses of one, and another number of one")
    assert scene.between.lines - lines < 100, "who was checked is not checked again"
    looked(scene)
    listmonk.remove(NAMES[2])
    listmonk.add(NAMES[2])
    scene.kill()
    state = json.loads(scene.state.read_text(encoding="utf-8"))
    scene.state.write_text(json.dumps(state | {"looked": state["looked"] - 3600 * 10**6}), encoding="utf-8")
    scene.start(scene.listmonk_words(listmonk))
    in_step(scene, listmonk, "who said No long ago, put on again: within an hour")

    lines = json.dumps({"subject": person(NAMES[6]), "purpose": "news", "event_state": "withdrawn", "collection_method": "import",
                        "event_time": "2026-01-01T00:00:00Z"}) + "\n"
    eventually("it is imported", lambda: (a := scene.client.ask("POST", "/v1/imports?source=old&batch=b1", lines, "application/x-ndjson"))
               and a.status == 200)
    in_step(scene, listmonk, "an import")
    scene.ask("/v1/imports/old/b1/undo", {"also_refusals": True})
    give(scene, [NAMES[0]])
    off = [NAMES[0], *({NAMES[6]} - listmonk.on_list())]  # an import's No of before the Yes changes nothing
    in_step(scene, listmonk, "a Yes again: nobody is put on", off=off)

    # stopped at any point: nothing is lost, and nobody else comes off
    for at in range(10, 60, 10):
        for name in NAMES[at:at + 10]:
            scene.ask("/v1/withdraw", {"subject": person(name), "purpose": "news"})
        time.sleep(0.02 * at / 10)
        scene.kill()
        scene.start(scene.listmonk_words(listmonk))
    in_step(scene, listmonk, "five times kill -9 while people withdraw", off=off)
    listmonk.down = True
    mark = len(listmonk.asked)
    scene.ask("/v1/withdraw", {"subject": person(NAMES[100]), "purpose": "news"})
    eventually("listmonk is asked while it is down", lambda: len(listmonk.asked) > mark)
    listmonk.down = False
    in_step(scene, listmonk, "listmonk was away", off=off)

    scene.apply(policy_of(minors={"guardian": {"at_limit": "expire"}, "age": "required"}))
    in_step(scene, listmonk, "a policy that requires an age", off=off)
    scene.kill()
    return listmonk


def refused(scene):
    """Where it cannot be known who may be mailed, or nobody can be taken off, nobody is, and that is said."""
    scene.apply(policy_of())
    give(scene, ["asked"])
    listmonk = Listmonk(["asked", "nobody"])
    state = scene.house.folder / "refused.state"

    def told(*more, status=1, of=LIST):
        words = scene.listmonk_words(listmonk, "--once", *more)
        words[words.index("--state") + 1] = str(state)
        words[words.index("--list") + 1] = str(of)
        err = scene.run(words, status=status)
        assert status != 1 or "taken off" not in err and listmonk.on_list() == {"asked", "nobody"}, err
        return err

    assert "--list: listmonk answers 400" in told(of=99)
    assert "--list" in told(of="3x", status=2)
    scene.between.refuses = "/purpose"
    assert "the service does not say who may be mailed: The question is wrong" in told()
    scene.between.refuses = None
    listmonk.may_change = False
    assert "listmonk answers 403" in told()
    listmonk.may_change = True
    assert "of another list, purpose or service" in told(of=OTHER_LIST)
    assert "1 taken off" in told(status=0) and listmonk.on_list() == {"asked"}
    scene.between.refuses = "/subject/value"
    state.unlink()
    assert "1 taken off" in told(status=0) and not listmonk.on_list(), "an address that cannot be read"
    scene.between.refuses = None
    say("refused: a question, a change, a list, another state")


def by_time(scene):
    """What expired comes off without anybody's doing."""
    scene.apply(policy_of())
    scene.state.unlink()
    names = [f"timed{n}" for n in range(20)]
    give(scene, names[:10], event_time=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 300 * DAY)))
    give(scene, names[10:])
    listmonk = Listmonk(names)
    scene.start(scene.listmonk_words(listmonk))
    assert len(in_step(scene, listmonk, "before they expire")) == 20
    scene.house.cluster.turn_clock(70 * DAY)
    eventually("the service has its connections", lambda: [scene.service.health() for _ in range(8)] == [200] * 8)
    time.sleep(1)
    scene.clock.advance(BEAT)
    eventually("half of them have expired", lambda: scene.ended() or len(listmonk.on_list()) == 10)
    in_step(scene, listmonk, "what expired")
    scene.kill()


def command_told(scene):
    """Each change once where nothing fails, and at least once where something does."""
    seen = scene.house.folder / "seen.ndjson"
    state = scene.house.folder / "command.state"
    words = scene.words("--state", str(state), "--once", "command", "--", "sh", "-c")
    scene.run([*words, f"cat >> {seen}"])
    [[ledger]] = scene.house.cluster.rows("select count(*) from event e join controller c using (controller_id) "
                                          "join purpose p using (controller_id, purpose_id) where c.key = 'sync' and p.key in ('news', '*')")
    revisions = [json.loads(line).get("revision") for line in seen.read_text(encoding="utf-8").splitlines()]
    told = [revision for revision in revisions if revision is not None]
    assert told == sorted(set(told)), "each once, in order"
    assert len(told) >= int(ledger), f"{len(told)} of {ledger}"
    scene.run([*words, f"cat >> {seen}; echo again >> {seen}.again"])
    assert not seen.with_name("seen.ndjson.again").exists(), "nothing new, and nothing is run"

    give(scene, ["later1", "later2", "later3"])
    err = scene.run([*words, "exit 3"], status=1)
    assert "sh: it did not exit with 0: what it was given comes again" in err, err
    scene.run([*words, f"grep SigIgn /proc/self/status > {seen}.signals; head -c 10 > /dev/null; cat >> {seen}.half; exit 0"])
    assert not int(seen.with_name("seen.ndjson.signals").read_text(encoding="utf-8").split()[1], 16) & 1 << signal.SIGPIPE - 1
    give(scene, ["later4"])
    process = subprocess.Popen([*words, f"touch {seen}.begun; sleep 30; cat >> {seen}"], env=scene.house.settings)
    eventually("the program has begun", seen.with_name("seen.ndjson.begun").exists)
    process.kill()
    process.wait()
    scene.run([*words, f"cat > {seen}.last"])
    last = [json.loads(line) for line in seen.with_name("seen.ndjson.last").read_text(encoding="utf-8").splitlines()]
    assert [change["event_state"] for change in last] == ["given"], last
    say(f"{len(told)} changes told to a program; it fails, is killed, and gets the same again")
    scene.run([*words[:1], "sync", "command"], status=2)
    err = scene.run(scene.words("--state", "/nowhere/state", "--once", "command", "--", "true"), status=1)
    assert "/nowhere/state: No such file" in err, err


def main():
    with House("sync") as house:
        scene = Scene(house)
        try:
            listmonk_in_step(scene)
            command_told(scene)
            refused(scene)
            by_time(scene)
        finally:
            if scene.process is not None and scene.process.poll() is None:
                scene.kill()
        scene.service.stop()


main()
