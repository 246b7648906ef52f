#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: the recipes of examples/ do what their READMEs say, against the service: a newsletter, a mail tool in step, minors, cookies.

Each runs as it stands. In place of this machine's mail program is one that keeps what it is given; a person's clicks are the page's own form.
"""
import email
import email.policy
import hmac
import json
import pathlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/fault"))

from lib.house import PROGRAM, House, eventually, say  # noqa: E402

EXAMPLES = ROOT / "examples"
KEEPER = """#!/bin/sh
exec cat >"$(mktemp "{folder}/XXXXXX")"
"""


class Recipe:
    """What runs an example's program as its README does: with the service's address, a key and a mail program."""

    def __init__(self, house, url):
        self.house = house
        self.url = url
        self.mails = house.folder / "mails"
        self.mails.mkdir()
        self.sendmail = house.folder / "sendmail"
        self.sendmail.write_text(KEEPER.format(folder=self.mails), encoding="utf-8")
        self.sendmail.chmod(0o755)
        self.environment = {}

    def key(self, controller, scopes):
        key = self.house.command("key", "add", "example", "--controller", controller, "--scope", scopes).strip()
        self.environment = self.house.settings | {"AKKOORD_URL": self.url, "AKKOORD_KEY": key, "SENDMAIL": str(self.sendmail)}
        return key

    def run(self, program, *words, status=0):
        done = subprocess.run([EXAMPLES / program, *words], capture_output=True, text=True, env=self.environment, check=False, timeout=120)
        assert done.returncode == status, f"{program} {words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def mailed(self):
        """The mails since the last look, by whom they are to."""
        found = {}
        for path in self.mails.iterdir():
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            found[mail["To"]] = mail
            path.unlink()
        return found


def link_in(mail):
    return re.search(r"https?://\S+", mail.get_content()).group()


def click(url, **fields):
    with urllib.request.urlopen(urllib.request.Request(url, urllib.parse.urlencode(fields).encode()), timeout=60) as answer:
        return answer.status


def newsletter(recipe):
    recipe.house.command("apply", EXAMPLES / "newsletter/policy.json")
    recipe.key("letter", "consent:record consent:check")
    words = ("newsletter/newsletter.mjs", "tell", "jan@example.nl")
    assert recipe.run("newsletter/newsletter.mjs", "sign-up", "jan@example.nl") == "look into your mail box\n"
    assert recipe.run(*words) == "no: unconfirmed\n"
    assert click(link_in(recipe.mailed()["jan@example.nl"]), action="confirm") == 200
    assert recipe.run(*words) == "yes: granted\n"
    recipe.run("newsletter/newsletter.mjs", "sing-up", "jan@example.nl", status=2)
    recipe.environment["SENDMAIL"] = "-"
    assert recipe.run("newsletter/newsletter.mjs", "sign-up", "piet@example.nl").startswith("To: piet@example.nl\n"), "it is shown instead"
    say("the newsletter begins when its mail is confirmed")


def mail_tool(recipe):
    key = recipe.key("demo", "consent:record consent:check link:create changes:read")
    folder = recipe.house.folder
    token, listed, own = folder / "sync.token", folder / "list", folder / "own-list"
    recipe.house.secret("sync.token", key)
    listed.write_text("an@example.nl\nbert@example.nl\n", encoding="utf-8")
    record = subprocess.run(["node", "--input-type=module", "-e", f"""
        import {{ Akkoord }} from '{ROOT}/clients/js/index.js';
        const akkoord = new Akkoord({{ url: process.env.AKKOORD_URL, token: process.env.AKKOORD_KEY }});
        for (const value of ['an@example.nl', 'bert@example.nl'])
          await akkoord.record({{ subject: {{ type: 'email', value }}, purpose: 'newsletter', event_state: 'given', collection_method: 'app' }});
        """], env=recipe.environment, capture_output=True, text=True, check=False, timeout=120)
    assert record.returncode == 0, record.stderr
    sync = subprocess.Popen([PROGRAM, "sync", "--url", recipe.url, "--token-file", token, "--state", folder / "tool.state", "command", "--",
                             EXAMPLES / "mail_tool/mail_tool.mjs", "step", listed, own], env=recipe.environment)
    try:
        eventually("the tool has its list", lambda: own.exists() and own.read_text(encoding="utf-8") == listed.read_text(encoding="utf-8"))
        assert recipe.run("mail_tool/mail_tool.mjs", "send", own, "campaign-17") == "2 of 2 may have it\n"
        mails = recipe.mailed()
        assert sorted(mails) == ["an@example.nl", "bert@example.nl"], mails
        mail = mails["bert@example.nl"]
        assert mail["List-Unsubscribe"] == f"<{link_in(mail)}>" and mail["List-Unsubscribe-Post"] is None, "that one is for https"
        assert click(link_in(mail), action="stop") == 200
        eventually("the tool's list follows", lambda: own.read_text(encoding="utf-8") == "an@example.nl\n")
    finally:
        sync.terminate()
        sync.wait(60)
    own.write_text(listed.read_text(encoding="utf-8"), encoding="utf-8")
    assert recipe.run("mail_tool/mail_tool.mjs", "send", own, "campaign-18") == "1 of 2 may have it\n", "it asks before it sends"
    assert list(recipe.mailed()) == ["an@example.nl"]
    [[traced]] = recipe.house.cluster.rows("select count(*) from check_trace where ref like 'campaign-1%';")
    assert traced == "2", traced
    asked = [json.loads(line) for line in pathlib.Path(f"{own}.asked").read_text(encoding="utf-8").splitlines()]
    kept = dict(recipe.house.cluster.rows("select trace_id, encode(hmac, 'hex') from check_trace;"))
    assert [one["campaign"] for one in asked] == ["campaign-17", "campaign-18"], asked
    for one in asked:
        proof = hmac.new(bytes.fromhex(one["salt"]), one["request"].encode(), "sha256").hexdigest()
        assert kept[one["id"]] == proof, "what the tool kept proves what it asked"
    recipe.environment["AKKOORD_URL"] = "http://127.0.0.1:1"
    recipe.run("mail_tool/mail_tool.mjs", "send", own, "campaign-19", status=1)
    assert not recipe.mailed(), "nobody answered, and mails left"
    say("the mail tool follows, and asks before it sends")


def minors(recipe):
    folder = recipe.house.folder
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=officer", "-keyout", folder / "officer.key",
                    "-out", folder / "officer.pem"], check=True, capture_output=True, timeout=120)
    policy = folder / "school.json"
    policy.write_text(recipe.run("minors/policy", folder / "officer.pem"), encoding="utf-8")
    recipe.house.command("apply", policy)
    recipe.key("school", "consent:record consent:check")
    birth_month = f"{time.gmtime().tm_year - 12}-05"
    recipe.run("minors/minors.mjs", "ask", "pupil-17", "parent@example.org", birth_month)
    assert recipe.run("minors/minors.mjs", "tell", "pupil-17") == "no: guardian_required\n"
    url = link_in(recipe.mailed()["parent@example.org"])
    with urllib.request.urlopen(url, timeout=60) as answer:
        page = answer.read().decode()
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    box = re.search(r'type="checkbox" name="(\w+)"', page).group(1)
    assert click(url, action="give", role="parent", name="Anna de Vries", **{box: "yes"}, **fields) == 200
    assert recipe.run("minors/minors.mjs", "tell", "pupil-17") == "yes: granted\n"
    scan = folder / "form.pdf"
    scan.write_bytes(b"%PDF-1.7 signed")
    told = recipe.run("minors/minors.mjs", "paper", "pupil-18", scan, birth_month)
    assert told == "applied\n", told
    assert recipe.run("minors/minors.mjs", "tell", "pupil-18") == "yes: granted\n"
    say("a parent signs on the page, or on paper")


def cookies(recipe):
    """Its banner is the browser tests' subject; here, that the policy is good and has what the page's one tag asks for."""
    recipe.house.command("apply", EXAMPLES / "cookies/policy.json")
    tag = re.search(r'src="http://localhost:8080(/v1/sites/\w+/)banner\.js"', (EXAMPLES / "cookies/index.html").read_text(encoding="utf-8"))
    for name in ("banner.js", "config"):
        with urllib.request.urlopen(recipe.url + tag.group(1) + name, timeout=60) as answer:
            assert answer.status == 200 and answer.read(), name
    say("the page's tag finds its banner")


def main():
    with House("examples") as house:
        service = house.service()
        url = f"http://127.0.0.1:{service.port}"
        service.start(AKKOORD_PUBLIC_URL=url)
        recipe = Recipe(house, url)
        newsletter(recipe)
        mail_tool(recipe)
        minors(recipe)
        cookies(recipe)
        service.stop()


main()
