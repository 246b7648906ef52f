#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: `akkoord subject` and `akkoord requests` do for an officer with a terminal what the service promises, and nothing by mistake.

Who it is comes on stdin and is on no command line; a misspelt flag, an unknown person or a No at the prompt leaves all as it was; an erasure
that is not confirmed at a terminal (a pseudo-terminal here), and not by --yes, does not happen; who did it stands in the audit and in the
ledger; a request that was named is closed. Where the service dies while it is asked, the same is asked again and done once.
"""
import http.server
import json
import os
import pty
import signal
import subprocess
import threading
import time

from lib.client import JSON, Client
from lib.house import CONTROLLER, House, say

SCOPES = "consent:record consent:withdraw consent:check subject:read rights:write subject:erase audit"
ADDRESS = "jan@example.nl"


class Stub(http.server.ThreadingHTTPServer):
    """What answers 200 to anybody, with a page."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Welcome</title>")

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Page)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Officer:
    """A shell with the officer's token in it."""

    def __init__(self, house, service, name="officer.jansen"):
        self.house = house
        self.token = house.command("token", "--controller", CONTROLLER, "--scope", SCOPES, "--client", name, "--ttl", "1h").strip()
        self.words = ["--url", f"http://127.0.0.1:{service.port}", "--token-file", house.secret("officer.token", self.token)]

    def argv(self, command, *words):
        return [str(w) for w in (self.house.program, command, *self.words, *words)]

    def run(self, command, *words, who=ADDRESS, status=0):
        """-> stdout. In a session of its own: there is no terminal to ask at."""
        done = subprocess.run(self.argv(command, *words), input=who + "\n", capture_output=True, text=True, env=self.house.settings,
                              timeout=120, start_new_session=True, check=False)
        assert done.returncode == status, f"{words}: status {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout if status == 0 else done.stderr

    def typed(self, *words, lines):
        """-> status and what was shown, at a terminal where these lines are typed, each when something is asked."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(self.house.program, self.argv("subject", *words), self.house.settings)
        shown = b""
        for line in (*lines, None):
            while line is None or not shown.rstrip().endswith(b":"):
                try:
                    chunk = os.read(terminal, 4096)
                except OSError:
                    chunk = b""
                shown += chunk
                if not chunk:
                    break
            if line is not None:
                shown += b"\n"
                os.write(terminal, line.encode() + b"\n")
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(terminal)
        return status, shown.decode()


def columns(line):
    return [word for word in line.split("  ") if word.strip()]


def row(table, first):
    """The cells of the row that begins with it."""
    return next([cell.strip() for cell in columns(line)] for line in table.splitlines() if line.startswith(first + " "))


def made(client, *acts):
    for purpose, state in acts:
        answer = client.post("/v1/consents", {"subject": {"type": "email", "value": ADDRESS}, "purpose": purpose, "event_state": state,
                                              "collection_method": "web_form", "ref": "crm-\u001b[2J1"})
        assert answer.status == 201, answer


def asked(client, kind, **more):
    answer = client.post("/v1/rights-requests", {"kind": kind, "subject": {"type": "email", "value": ADDRESS}, **more})
    assert answer.status == 201, answer
    return answer.body["request_id"]


def request_of(client, request):
    return client.ask("GET", f"/v1/rights-requests/{request}").body


def shown_and_refused(officer):
    table = officer.run("subject", "show", "--reason", "she called")
    assert row(table, "newsletter")[1:3] == ["yes", "granted"], table
    assert row(table, "marketing")[1:3] == ["no", "refused"], table
    assert "\u001b" not in table and "crm-?[2J1" in table, "what steers a terminal is not shown as it is"
    assert json.loads(officer.run("subject", "show", "--json"))["consents"][0]["purpose"] == "newsletter"
    assert "404" in officer.run("subject", "show", who="nobody@example.nl", status=1)
    assert "422" in officer.run("subject", "show", who="no address", status=1)
    for words in (["show", ADDRESS], ["show", "--purpose", "newsletter"], ["vanish"], [], ["withdraw"], ["erase", "--type", "passport"],
                  ["withdraw", "--purpose", "*", "--channel", "email"], ["erase", "--keep-proof", "perhaps", "--yes"]):
        officer.run("subject", *words, status=2)
    officer.run("subject", "show", who="", status=2)


def several(officer, client):
    """Two customers at one address: neither is picked. What is no service, and more lines than one, are told."""
    ids = []
    for code in ("C-1", "C-2"):
        answer = client.post("/v1/consents", {"subject": [{"type": "customer", "value": code}, {"type": "email", "value": "both@example.nl"}],
                                              "purpose": "newsletter", "event_state": "given", "collection_method": "app"})
        assert answer.status == 201, answer
        ids.append(answer.body["subject_id"])
    for verb in ("show", "export", "restrict"):
        told = officer.run("subject", verb, who="both@example.nl", status=1)
        assert all(i in told for i in ids) and "--subject" in told, told
    assert f"subject {ids[1]}" in officer.run("subject", "show", "--subject", ids[1], who="both@example.nl")
    assert "none of those" in officer.run("subject", "show", "--subject", ids[1], status=1)
    assert ids[0] in officer.run("subject", "show", "--type", "customer", who="C-1")
    assert "one person" in officer.run("subject", "restrict", who=f"{ADDRESS}\nboth@example.nl", status=2)
    assert row(officer.run("subject", "show"), "newsletter")[2] == "granted", "nothing was done"
    other = Stub()
    told = subprocess.run([str(w) for w in (officer.house.program, "requests", "due", "--token-file", officer.words[3],
                                            "--url", f"http://127.0.0.1:{other.server_port}")],
                          capture_output=True, text=True, env=officer.house.settings, timeout=60, check=False)
    assert told.returncode == 1 and "not the service" in told.stderr, told
    other.shutdown()


def exported(officer, client):
    access = asked(client, "access")
    file = officer.house.folder / "export.zip"
    told = officer.run("subject", "export", "--output", officer.house.folder / "none/export.json", "--request", access, status=1)
    assert "No such file" in told and request_of(client, access)["state"] == "open", told
    officer.run("subject", "export", "--format", "csv", "--output", file, "--request", access)
    assert file.read_bytes()[:2] == b"PK" and file.stat().st_mode & 0o077 == 0
    assert request_of(client, access)["answer"] == "export"
    assert json.loads(officer.run("subject", "export"))["event_count"] == 2
    assert "409" in officer.run("subject", "export", "--request", access, status=1)


def restricted_and_withdrawn(officer, client):
    restriction = asked(client, "restriction")
    officer.run("subject", "restrict", "--request", restriction, "--reason", "accuracy contested")
    assert row(officer.run("subject", "show"), "newsletter")[2] == "restricted"
    assert request_of(client, restriction)["closed_by"] == "officer.jansen"
    officer.run("subject", "lift")
    told = officer.run("subject", "withdraw", "--purpose", "newsletter", "--method", "phone")
    assert row(told, "newsletter")[1:3] == ["withdrawn", "given"], told
    assert row(officer.run("subject", "show"), "newsletter")[2] == "withdrawn"
    assert "422" in officer.run("subject", "withdraw", "--purpose", "no-such", status=1)


def listed(officer, client):
    late = asked(client, "access", received_at="2026-01-31T09:00:00Z")
    later = asked(client, "erasure")
    table = officer.run("requests", "list")
    assert row(table, "2026-03-02")[1:3] == ["overdue", "access"], table
    due = officer.run("requests", "due")
    assert late in due and later not in due, due
    due = officer.run("requests", "due", "--days", "100")
    assert due.index(late) < due.index(later), due
    assert [r["request_id"] for r in json.loads(officer.run("requests", "list", "--kind", "erasure", "--json"))] == [later]
    assert len(json.loads(officer.run("requests", "list", "--state", "done", "--json"))) == 2
    for words in (["due", "--days", "many"], ["list", "--days", "3"], ["due", "--state", "open"], [], ["close"]):
        officer.run("requests", *words, status=2)
    return later


def written(officer):
    """What does not arrive is not done: a full disk is told, by each command that prints."""
    program, full = str(officer.house.program), "/dev/full"
    for words, who in ((officer.argv("subject", "show"), ADDRESS), (officer.argv("subject", "export"), ADDRESS),
                       (officer.argv("requests", "list", "--json"), ""), ([program, "--version"], ""), ([program, "--help"], ""),
                       ([program, "options"], ""), ([program, "subject", "--help"], "")):
        with open(full, "wb") as device:
            done = subprocess.run(words, input=who + "\n", stdout=device, stderr=subprocess.PIPE, text=True, env=officer.house.settings,
                                  timeout=60, check=False)
        assert done.returncode == 1 and "No space left" in done.stderr, f"{words}: {done}"
    pipe = officer.house.folder / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True) as reader:
        officer.run("subject", "export", "--output", pipe)
        assert json.loads(reader.communicate()[0])["identifiers"][0]["type"] == "email"
    assert pipe.is_fifo(), "what is no file is written to, and stays"
    link, led = officer.house.folder / "link.json", officer.house.folder / "led.json"
    link.symlink_to(led)
    assert "symbolic link" in officer.run("subject", "export", "--output", link, status=1)
    assert not led.exists()


def asked_why(officer, client):
    """Where the policy wants a reason each command says how it is told, and passes it on."""
    owner = Client(client.port, officer.house.command("token", "--controller", CONTROLLER, "--scope", "policy:read policy:write",
                                                      "--ttl", "1h").strip())
    document = owner.ask("GET", "/v1/policy").body
    wanted = {**document, "rights": {**document.get("rights", {}), "reading_reason": "required"}}
    assert owner.ask("PUT", "/v1/policy", json.dumps(wanted), JSON).status == 200
    for words in (("subject", "show"), ("requests", "due"), ("requests", "list")):
        assert "--reason TEXT" in officer.run(*words, status=1)
        officer.run(*words, "--reason", "yearly look")
    for idle in (owner, client):  # the service may have shut them meanwhile
        idle.close()
    assert owner.ask("PUT", "/v1/policy", json.dumps(document), JSON).status == 200
    owner.close()
    entries = client.ask("GET", "/v1/audit?actor=officer.jansen&limit=1000").body["entries"]
    assert [e["reason"] for e in entries if e["action"] == "rights_requests"][-2:] == ["yearly look"] * 2, entries


def erased(officer, client, request):
    assert "--yes" in officer.run("subject", "erase", status=2)
    for word in ("no", "y", ""):
        status, shown = officer.typed("erase", lines=[ADDRESS, word])
        assert status == 1 and "nothing was erased" in shown, shown
    assert row(officer.run("subject", "show"), "newsletter")[2] == "withdrawn"
    status, shown = officer.typed("erase", "--request", request, "--reason", "asked for", lines=[ADDRESS, "yes"])
    assert status == 0 and "1  identifiers" in shown and "tombstones until" in shown, shown
    officer.run("subject", "show", status=1)
    assert request_of(client, request)["answer"] == "erase"
    entries = client.ask("GET", "/v1/audit?actor=officer.jansen&limit=1000").body["entries"]
    assert {"lookup", "consents", "export", "restrict", "lift", "erase", "rights_requests"} <= {e["action"] for e in entries}, entries


def cut_off(officer, service, client):
    """The service dies while the command asks, and is there again before it gives up."""
    made(client, ("newsletter", "given"))
    service.signal(signal.SIGSTOP)
    command = subprocess.Popen(officer.argv("subject", "restrict"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, env=officer.house.settings)
    command.stdin.write(ADDRESS + "\n")
    command.stdin.close()
    time.sleep(0.5)
    service.kill()
    service.start()
    assert command.wait(90) == 0, command.stdout.read()
    restrictions = officer.house.cluster.rows("select count(*) from event where slot = 68 and actor = 'officer.jansen';")
    assert restrictions == [["2"]], restrictions


def main():
    with House("officer") as house:
        service = house.service()
        service.start()
        officer = Officer(house, service)
        client = Client(service.port, officer.token)
        made(client, ("newsletter", "given"), ("marketing", "refused"))
        shown_and_refused(officer)
        several(officer, client)
        exported(officer, client)
        restricted_and_withdrawn(officer, client)
        request = listed(officer, client)
        written(officer)
        asked_why(officer, client)
        erased(officer, client, request)
        cut_off(officer, service, client)
        assert ADDRESS not in service.log_text()
        client.close()
        service.stop()
        say("shown, exported, restricted, withdrawn, erased: each once, and by whom")


main()
