#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: the nginx of docker/README.md is what the service needs in front of it, word for word but for ports and paths.

Over TLS and HTTP/2: a record, a check, a long poll, and a batch of nearly 16 MB whose answer begins before it is all there;
nothing of it lies in a file of nginx. A client that claims another address is not believed. While one node after the other is
started again, each check is answered 200. In the long form: so it is after pauses as long as a node keeps an idle connection.
"""
import http.client
import json
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import threading
import time

from lib.client import person, question_of, record_of
from lib.house import LONG, ROOT, House, eventually, run, say
from lib.pooler import port_free

SKIPPED = 77  # ctest's word for it, CMakeLists.txt
NAME = "consent.example.nl"
CLIENT = "127.1.2.3"  # where it asks from; the access log has it as 127.1.2.0
CLAIMED = "198.51.100.7"
LINES, BODY_MAX = 100000, 16 << 20
NGINX = """daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log info;
events {{}}
http {{
    client_body_temp_path {folder}/bodies; proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    {example}
}}
"""


class Proxy:
    """nginx as the README has it, in front of the nodes."""

    def __init__(self, house, ports):
        text = (ROOT / "docker/README.md").read_text(encoding="utf-8")
        example = re.search(r"^```nginx\n(.*?)^```", text, re.S | re.M)[1]
        self.folder = house.folder
        self.certificate = house.folder / "consent.pem"
        self.port = port_free()
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={NAME}",
            "-addext", f"subjectAltName=DNS:{NAME}", "-days", "2", "-keyout", house.folder / "consent.key", "-out", self.certificate)
        for ours, others in (("listen 443", f"listen 127.0.0.1:{self.port}"), ("/etc/ssl/", f"{house.folder}/"),
                             ("127.0.0.1:8080", f"127.0.0.1:{ports[0]}"), ("127.0.0.1:8081", f"127.0.0.1:{ports[1]}")):
            assert ours in example, f"the example has no {ours}"
            example = example.replace(ours, others)
        conf = house.folder / "nginx.conf"
        conf.write_text(NGINX.format(folder=house.folder, example=example), encoding="utf-8")
        run("nginx", "-t", "-q", "-c", conf)
        self.process = subprocess.Popen(["nginx", "-c", str(conf)])

    def log(self):
        return (self.folder / "error.log").read_text(encoding="utf-8")

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Caller:
    """curl, over HTTP/2, from an address of its own."""

    def __init__(self, proxy, token):
        self.words = ["curl", "-s", "-S", "--http2", "--cacert", proxy.certificate, "--interface", CLIENT, "--max-time", "60",
                      "--resolve", f"{NAME}:{proxy.port}:127.0.0.1", "-H", f"Authorization: Bearer {token}"]
        self.url = f"https://{NAME}:{proxy.port}"
        self.shown = proxy.folder / "answer"

    def ask(self, path, *words):
        """Status, HTTP version, seconds to the answer's first byte and to the last byte of both, and the answer."""
        told = run(*self.words, self.url + path, *words, "-o", self.shown,
                   "-w", "%{http_code} %{http_version} %{time_starttransfer} %{time_total}").split()
        return [int(told[0]), told[1], float(told[2]), float(told[3]), self.shown.read_text(encoding="utf-8")]

    def post(self, path, body, *words):
        status, version, _, _, text = self.ask(path, "-H", "Content-Type: application/json", "-d", json.dumps(body), *words)
        assert version == "2", version
        return status, json.loads(text)


def is_up(caller):
    try:
        return caller.ask("/readyz")[0] == 200
    except AssertionError:
        return False


def recorded_and_allowed(caller):
    status, _ = caller.post("/v1/consents", record_of("jan", "given"))
    assert status == 201, status
    status, verdict = caller.post("/v1/check", question_of("jan"))
    assert status == 200 and verdict["allow"] is True, verdict


def claims_are_not_believed(caller, logs):
    """The nodes' access logs have where it came from, whatever it says."""
    for field in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        claim = f"for={CLAIMED}" if field == "Forwarded" else CLAIMED
        caller.post("/v1/check", question_of("jan"), "-H", f"{field}: {claim}")
    addresses = {json.loads(line)["address"] for log in logs for line in log.read_text(encoding="utf-8").splitlines()}
    assert addresses == {"127.1.2.0"}, f"the nodes saw {addresses}"


def polls_are_waited_for(caller):
    seconds = 30 if LONG else 1
    head = json.loads(caller.ask("/v1/changes?after=0")[4])["next"]
    status, _, _, took, _ = caller.ask(f"/v1/changes?after={head}&wait={seconds}")
    assert status == 200 and took >= seconds, (status, took)


def batches_stream(caller, folder):
    line = json.dumps({"subject": person("x" * 60 + "%06d"), "purpose": "newsletter"})
    line += " " * (BODY_MAX // LINES - len(line % 0) - 1) + "\n"
    body = folder / "batch"
    body.write_text("".join(line % i for i in range(LINES)), encoding="ascii")
    assert BODY_MAX * 0.99 < body.stat().st_size <= BODY_MAX
    status, _, first, last, text = caller.ask("/v1/check/batch", "-H", "Content-Type: application/x-ndjson", "--data-binary",
                                              f"@{body}")
    assert status == 200 and text.count("\n") == LINES, (status, text[:300])
    say(f"{body.stat().st_size / 1e6:.1f} MB of questions: the first byte of the answer after {first:.3f} s, the last after {last:.3f} s")
    assert first < last / 2, "the answer was held back"


class Checks(threading.Thread):
    """Asks without pause, over HTTP/1.1."""

    def __init__(self, proxy, token):
        super().__init__(daemon=True)
        context = ssl.create_default_context(cafile=str(proxy.certificate))
        context.check_hostname = False
        self.line = http.client.HTTPSConnection("127.0.0.1", proxy.port, context=context, timeout=60)
        self.token, self.statuses, self.over = token, [], False

    def check(self):
        fields = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.line.request("POST", "/v1/check", json.dumps(question_of("jan")), fields)
        answer = self.line.getresponse()
        answer.read()
        return answer.status

    def run(self):
        while not self.over:
            try:
                self.statuses.append(self.check())
            except (OSError, http.client.HTTPException) as lost:
                self.statuses.append(repr(lost))
                self.line.close()


def restarts_are_not_seen(proxy, token, nodes):
    checks = Checks(proxy, token)
    checks.start()
    for node in nodes:
        begun = len(checks.statuses)
        eventually("checks flow", lambda at=begun: len(checks.statuses) > at + 50)
        node.stop()
        node.start()
    begun = len(checks.statuses)
    eventually("checks flow", lambda: len(checks.statuses) > begun + 50)
    checks.over = True
    checks.join()
    failed = [status for status in checks.statuses if status != 200]
    say(f"{len(checks.statuses)} checks while each node was started again: {len(failed)} not answered 200")
    return failed


def idle_connections_are_no_trap(proxy, token):
    """A proxy that keeps a connection longer than the node loses a POST now and then."""
    checks = Checks(proxy, token)
    for pause in (29.9, 59.9, 60.1):
        assert checks.check() == 200
        time.sleep(pause)
        assert checks.check() == 200, pause


def main():
    if not shutil.which("nginx") and not pathlib.Path("/usr/sbin/nginx").exists():
        say("\n*** SKIPPED: there is no nginx (Debian's package nginx).\n*** The proxy of docker/README.md was NOT tried.\n")
        sys.exit(SKIPPED)
    with House("proxy") as house:
        logs = [house.folder / f"access-{n}" for n in (1, 2)]
        nodes = [house.service(f"node-{n}", AKKOORD_TRUSTED_PROXIES="127.0.0.1", AKKOORD_ACCESS_LOG=str(log))
                 for n, log in enumerate(logs)]
        for node in nodes:
            node.start()
        proxy = Proxy(house, [node.port for node in nodes])
        try:
            caller = Caller(proxy, house.token)
            eventually("nginx answers", lambda: is_up(caller))
            recorded_and_allowed(caller)
            claims_are_not_believed(caller, logs)
            polls_are_waited_for(caller)
            batches_stream(caller, house.folder)
            failed = restarts_are_not_seen(proxy, house.token, nodes)
            assert not failed, f"{failed}\n{proxy.log()[-2000:]}"
            if LONG:
                idle_connections_are_no_trap(proxy, house.token)
            assert "temporary file" not in proxy.log(), "a body, or an answer, was written to a file of nginx"
        finally:
            proxy.stop()
        for node in nodes:
            node.stop()


main()
