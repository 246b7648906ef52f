#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes mails of what Akkoord delivers (Standard Webhooks), through any SMTP server. See README.md beside this file."""
import base64, email.message, email.utils, hashlib, hmac, http.server, json, os, smtplib, time

SECRET = base64.b64decode(os.environ["MAILER_SECRET"].removeprefix("whsec_"))
SMTP, LISTEN = (os.environ.get(n, d).rsplit(":", 1) for n, d in (("MAILER_SMTP", "127.0.0.1:25"), ("MAILER_LISTEN", "127.0.0.1:8090")))
WORDS = {  # of each kind and language: the subject, and what stands above the link
    "message.confirmation": {"nl": ("Bevestig uw aanmelding", "Klik op de link om uw aanmelding te bevestigen."),
                             "en": ("Please confirm", "Click the link to confirm that you want this.")},
    "message.link": {"nl": ("Uw voorkeuren", "Met deze link ziet en wijzigt u uw keuzes."),
                     "en": ("Your preferences", "With this link you see and change your choices.")},
    "message.guardian_request": {"nl": ("Uw toestemming wordt gevraagd", "Een kind vraagt om uw toestemming."),
                                 "en": ("Your consent is asked", "A child asks for your consent.")},
    "message.guardian_second": {"nl": ("U gaf toestemming", "Was u dit niet? Neem het hier terug."),
                                "en": ("You gave consent", "Was this not you? Take it back here.")},
    "message.identity": {"nl": ("Hebt u dit gevraagd?", "Er is iets gevraagd over uw gegevens. Bevestig met deze link dat u het was."),
                         "en": ("Did you ask this?", "Something was asked about your data. Confirm with this link that it was you.")}}

class Mailer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        name, stamp = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        mac = base64.b64encode(hmac.new(SECRET, f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()
        ours = any(hmac.compare_digest(f"v1,{mac}", s) for s in self.headers["webhook-signature"].split(" "))
        fresh = abs(time.time() - int(stamp)) < 300
        self.send_response(self.mail(json.loads(body)) if ours and fresh else 401)
        self.end_headers()

    def mail(self, told):
        data, words = told["data"], WORDS.get(told["type"])
        if words is None or data["to"]["type"] != "email":
            return 204  # nothing to mail, or a telephone number: another receiver's work
        subject, text = words["nl" if (data["language"] or "en").startswith("nl") else "en"]
        mail = email.message.EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = os.environ.get("MAILER_FROM", "akkoord@localhost"), data["to"]["value"], subject
        mail["Message-ID"], mail["Date"] = f"<{self.headers['webhook-id']}@akkoord>", email.utils.formatdate()  # a repeat is known by it
        mail.set_content(f"{text}\n\n{data['url']}\n\n{data['controller']}\n")
        with smtplib.SMTP(SMTP[0], int(SMTP[1]), timeout=10) as smtp:
            smtp.send_message(mail)
        return 204

http.server.ThreadingHTTPServer((LISTEN[0], int(LISTEN[1])), Mailer).serve_forever()
