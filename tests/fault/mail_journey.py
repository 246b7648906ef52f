#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: from a form to a confirmed newsletter and a one-click stop, through a real SMTP server, with the mailer that comes as an example.

So is a lost link, behind which alone a Yes counts that a mail box must confirm; the link by which who asks for data shows who it is; and a
guardian's consent, with the second mail that takes it back. aiosmtpd (Debian's python3-aiosmtpd) takes the mails into a Maildir;
examples/mailer hands them to it. The token is in nobody's hands but the mail box's. Where a demonstration is on, its mail box shows the mail,
and what it shows is refused where others listen.
"""
import email
import email.policy
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

from lib.client import Client
from lib.house import ROOT, House, eventually, port_hold, run, say

PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's packages
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
JAN = {"type": "email", "value": "jan@person.example"}
KIM = {"type": "email", "value": "kim@person.example"}
ANNA = {"type": "email", "value": "anna@person.example"}


def port_of_our_own():
    with port_hold() as hold:
        return hold.getsockname()[1]


class Box:
    """A real SMTP server, and its Maildir."""

    def __init__(self, folder):
        self.folder = folder / "mail"
        self.port = port_of_our_own()
        self.process = subprocess.Popen([PYTHON, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{self.port}", "-c", "aiosmtpd.handlers.Mailbox",
                                         self.folder])

    def mails(self):
        files = sorted((self.folder / "new").glob("*"), key=lambda f: f.stat().st_mtime_ns) if self.folder.exists() else []
        return [email.message_from_bytes(f.read_bytes(), policy=email.policy.default) for f in files]


def mailer_start(box, port):
    settings = os.environ | {"MAILER_SECRET": SECRET, "MAILER_SMTP": f"127.0.0.1:{box.port}", "MAILER_LISTEN": f"127.0.0.1:{port}",
                             "MAILER_FROM": "news@shop.example"}
    return subprocess.Popen([PYTHON, ROOT / "examples/mailer/mailer.py"], env=settings)


def policy_apply(house, mailer_port):
    policy = json.loads((ROOT / "examples/demo.json").read_text(encoding="utf-8"))
    policy["messages"] = {"endpoint": f"http://127.0.0.1:{mailer_port}/", "secret": "mailer", "confirmation": "delivered"}
    next(p for p in policy["purposes"] if p["key"] == "newsletter")["double_opt_in"] = True
    next(p for p in policy["purposes"] if p["key"] == "marketing")["minors"] = {"guardian": {"least": "email_plus"}}
    path = house.folder / "policy.json"
    path.write_text(json.dumps(policy), encoding="utf-8")
    house.command("apply", path)


def click(url, **fields):
    """What a form on the page posts. The status."""
    body = urllib.parse.urlencode(fields).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as e:
        return e.code


def shown(url):
    """What the form on the page sends beside what is chosen."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', answer.read().decode()))


def verdict(client, subject=None, purpose="newsletter"):
    return client.post("/v1/check", {"subject": subject or JAN, "purpose": purpose}).body["reason"]


def next_mail(box, seen):
    """The one behind those; its address and the link in it."""
    mail = eventually("a mail", lambda: box.mails()[seen:], 30)[0]
    return mail, re.search(r"https?://\S+", mail.get_content()).group()


def lost(client, box):
    seen = len(box.mails())
    yes = {"action": "save", "p.newsletter": "yes"}
    made = client.post("/v1/links", {"subject": JAN, "kind": "preferences"}).body["url"]
    assert click(made, **shown(made), **yes) == 200 and verdict(client) == "withdrawn", "who made the link would have both halves of the proof"
    assert click(made, action="more", email=JAN["value"].upper()) == 200
    mail, url = next_mail(box, seen)
    assert mail["To"] == JAN["value"], mail
    assert click(url, **yes) == 200 and verdict(client) == "withdrawn", "a form that does not tell what it showed takes no No back"
    assert click(url, **shown(url), **yes) == 200 and verdict(client) == "granted"
    say("a Yes that a mail box must confirm counts behind the link that reached it, and not behind one that a site made")


def guarded(house, client, box):
    seen = len(box.mails())
    asked = client.post("/v1/guardian-requests", {"subject": KIM, "guardian": ANNA, "purposes": ["marketing"], "minor": True, "language": "nl"})
    assert asked.status == 202 and "url" not in asked.body, asked
    mail, url = next_mail(box, seen)
    assert mail["To"] == ANNA["value"] and mail["Subject"] == "Uw toestemming wordt gevraagd", mail
    page = urllib.request.urlopen(url, timeout=60).read().decode()
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    box_name = re.search(r'type="checkbox" name="(\w+)"', page).group(1)
    assert click(url, action="give", role="parent", name="Anna de Vries", **{box_name: "yes"}, **fields) == 200
    assert verdict(client, KIM, "marketing") == "granted"
    assert len(box.mails()) == seen + 1, "the second mail waits"
    house.cluster.rows("update outbox set due_at = now(), not_before = now() where kind = 3 and status = 0 returning 1;")
    mail, again = next_mail(box, seen + 1)
    assert mail["To"] == ANNA["value"] and mail["Subject"] == "U gaf toestemming", mail
    assert click(again, action="withdraw") == 200
    assert verdict(client, KIM, "marketing") == "withdrawn"
    say("a guardian agreed by mail, was written to a second time, and took it back from there")


def identified(client, box):
    """Who asked for his data shows that it was him; whoever sent the link cannot."""
    seen = len(box.mails())
    request = client.post("/v1/rights-requests", {"kind": "access", "subject": JAN}).body["request_id"]
    sent = client.post(f"/v1/rights-requests/{request}/identity-link", {"to": JAN, "language": "nl"})
    assert sent.status == 202 and sent.body["identity"]["outcome"] == "pending", sent
    mail, url = next_mail(box, seen)
    assert mail["To"] == JAN["value"] and mail["Subject"] == "Hebt u dit gevraagd?", mail
    assert "inzage in wat er van u wordt bewaard" in urllib.request.urlopen(
        urllib.request.Request(url, headers={"accept-language": "nl"}), timeout=20).read().decode()
    assert click(url, action="prove") == 200
    identity = client.ask("GET", f"/v1/rights-requests/{request}").body["identity"]
    assert identity["method"] == "link" and identity["outcome"] == "verified", identity
    say("who asked for his data showed by his own mail box that it was him")


def confirmed(client, box):
    asked = client.post("/v1/consents", {"subject": JAN, "purpose": "newsletter", "event_state": "given", "collection_method": "web_form",
                                         "language": "nl", "evidence": {"form": "footer"}})
    assert asked.status == 202 and set(asked.body["confirmation"]) == {"delivered", "expires_at"}, asked
    assert verdict(client) == "unconfirmed", "it waits"
    [mail] = eventually("a mail", box.mails, 30)
    assert mail["To"] == JAN["value"] and mail["From"] == "news@shop.example" and mail["Subject"] == "Bevestig uw aanmelding", mail
    url = re.search(r"https?://\S+", mail.get_content()).group()
    status = click(url, action="confirm")
    if status in (404, 405):  # this build has no page for it
        status = client.post("/v1/confirm", {"token": url.rsplit("/", 1)[1]}).status
    assert status in (200, 201), f"{url}: {status}"
    assert verdict(client) == "granted"
    say("asked by a form, mailed, confirmed by whoever reads the mail box")


def stopped(client):
    link = client.post("/v1/links", {"subject": JAN, "kind": "unsubscribe", "purposes": ["newsletter"]})
    if link.status == 404:
        say("skipped: this build makes no unsubscribe links")
        return
    assert link.status == 201, link
    assert click(link.body["url"], **{"List-Unsubscribe": "One-Click"}) == 200
    assert verdict(client) == "withdrawn"
    say("stopped by one click")


def demonstration(house, service, client):
    """The mail box of a demonstration: shown to this machine, and refused to be where others listen."""
    url = f"http://127.0.0.1:{service.port}/demo/mail"
    assert client.ask("GET", "/demo/mail").status == 404, "without AKKOORD_DEMO it is not there"
    service.stop()
    service.start(AKKOORD_DEMO="1")
    client = Client(service.port, client.token)
    mailbox_port = port_of_our_own()
    mailbox = subprocess.Popen([PYTHON, ROOT / "script/lib/mailbox", f"127.0.0.1:{mailbox_port}", url])
    try:
        send = ("import smtplib, email.message as m; e = m.EmailMessage(); e['To'] = 'jan@person.example'; e['Subject'] = 'Bevestig <b>'; "
                f"e.set_content('Klik\\n\\nhttps://consent.example/c/abc\\n.punt\\n'); s = smtplib.SMTP('127.0.0.1', {mailbox_port}); "
                "s.send_message(e, 'news@shop.example')")
        eventually("the mail is taken", lambda: subprocess.run([PYTHON, "-c", send], check=False, capture_output=True).returncode == 0, 20)
        page = client.ask("GET", "/demo/mail").text
        assert "Bevestig &lt;b&gt;" in page and 'href="https://consent.example/c/abc"' in page and "\n.punt" in page, page
    finally:
        mailbox.terminate()
        mailbox.wait()
    done = subprocess.run([service.program, "serve"], env=service.settings | {"AKKOORD_DEMO": "1", "AKKOORD_LISTEN": "0.0.0.0:8080"},
                          text=True, capture_output=True, check=False, timeout=60)
    assert done.returncode == 1 and "AKKOORD_DEMO" in done.stderr, done
    say("a demonstration shows its mails to this machine alone")


def webhook_is_tested(house, mailer_port):
    told = run(house.program, "webhook", "test", "--controller", "demo", env=house.settings)
    assert f"messages\thttp://127.0.0.1:{mailer_port}/\tdelivered: 204\n" == told, told
    say("akkoord webhook test")


def main():
    if subprocess.run([PYTHON, "-c", "import aiosmtpd"], check=False, capture_output=True).returncode != 0:
        print("skipped: there is no aiosmtpd (Debian's python3-aiosmtpd)", file=sys.stderr)
        sys.exit(77)
    mailer_port = port_of_our_own()
    with House("mail_journey") as house:
        house.settings |= {"AKKOORD_WEBHOOK_SECRETS_FILE": house.secret("webhook.secrets", f"mailer:{SECRET}\n"),
                           "AKKOORD_WEBHOOK_ALLOW": "127.0.0.1"}
        policy_apply(house, mailer_port)
        token = house.command("token", "--controller", "demo", "--ttl", "2h", "--scope",
                              "consent:record consent:check link:create rights:write").strip()
        box = Box(house.folder)
        mailer = mailer_start(box, mailer_port)
        service = house.service()
        try:
            service.settings["AKKOORD_PUBLIC_URL"] = f"http://127.0.0.1:{service.port}"
            service.start()
            client = Client(service.port, token)
            webhook_is_tested(house, mailer_port)
            confirmed(client, box)
            stopped(client)
            lost(client, box)
            identified(client, box)
            guarded(house, client, box)
            demonstration(house, service, client)
            service.stop()
        finally:
            for process in (mailer, box.process):
                process.terminate()
                process.wait()


main()
