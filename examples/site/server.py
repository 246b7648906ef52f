#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""De Voorbeeldkrant: a small newspaper that asks its readers with Akkoord. See README.md beside this file."""
import hashlib, html, http.cookies, http.server, json, os, pathlib, re, secrets, threading, time, urllib.error, urllib.parse, urllib.request

FOLDER = pathlib.Path(__file__).resolve().parent
SERVICE = os.environ.get("AKKOORD_URL", "http://127.0.0.1:8080").rstrip("/")
KEY = os.environ["AKKOORD_KEY"]  # scopes consent:record and consent:check; it stays here, no page has it
PORT = int(os.environ.get("SITE_PORT", "8092"))
SITE, FILMS = f"http://localhost:{PORT}", f"http://127.0.0.1:{PORT}"  # the films come from another host, as they do elsewhere
PAGES = {"": "front", "young": "young", "letter": "letter", "choices": "choices"}
CSS, SCRIPT = "text/css", "text/javascript"
SITE_FILES = {"style.css": ("style.css", CSS), "page.js": ("page.js", SCRIPT), "count.js": ("count.js", SCRIPT),
              "icon.svg": ("icon.svg", "image/svg+xml")}
FILM_FILES = {"style.css": ("style.css", CSS), "film.js": ("film.js", SCRIPT), "film": ("film.html", "text/html")}
BODY_MAX, ACCOUNTS_MAX = 4096, 1000  # bytes; accounts, of which the oldest goes
POLICY = (f"default-src 'none'; script-src 'self' {SERVICE}; connect-src {SERVICE}; style-src 'self'; img-src 'self'; "
          f"frame-src {FILMS}; form-action 'self'; base-uri 'none'; frame-ancestors {{}}")
REASONS = {"granted": "open", "guardian_required": "waiting", "refused": "stopped", "withdrawn": "stopped"}

accounts = {}  # the hash of what the cookie holds: the reader's number, which is all that Akkoord is told of a child
accounts_lock = threading.Lock()


class Straight(urllib.request.HTTPRedirectHandler):
    """The key goes to the service and to nobody else: not where an answer leads, and not through a proxy."""

    def redirect_request(self, *_):
        return None


service = urllib.request.build_opener(urllib.request.ProxyHandler({}), Straight)


def ask(path, body):
    """The service's answer to a server that has a key: (status, JSON)."""
    request = urllib.request.Request(SERVICE + path, json.dumps(body).encode(),
                                     {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
    try:
        with service.open(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, {}
    except (OSError, ValueError):
        return 503, {}


def hashed(secret):
    return hashlib.sha256(secret.encode()).digest()


class Newspaper(http.server.BaseHTTPRequestHandler):
    timeout = 10

    def do_GET(self):
        path, host = urllib.parse.urlsplit(self.path).path.removeprefix("/"), self.headers["Host"]
        if host not in (f"localhost:{PORT}", f"127.0.0.1:{PORT}"):
            return self.fail(421)  # a name that somebody else made lead here
        files = SITE_FILES if host.startswith("localhost") else FILM_FILES
        if path in files:
            return self.send_file(*files[path])
        if files is FILM_FILES:
            return self.fail(404)
        language, _, page = path.partition("/")
        if language in ("nl", "en") and page in PAGES:
            return self.page(language, PAGES[page], self.account_state() if page == "young" else "form")
        if path in ("", "nl", "en"):
            dutch = path == "nl" or path == "" and (self.headers["Accept-Language"] or "nl").lower().startswith("nl")
            return self.go("/nl/" if dutch else "/en/")
        return self.fail(404)

    def do_POST(self):
        """The site's own forms. No page of another site sends them."""
        stated = self.headers["Content-Length"] or "0"
        length = int(stated) if re.fullmatch("[0-9]{1,5}", stated) else BODY_MAX + 1
        if self.headers["Host"] != f"localhost:{PORT}" or self.headers["Origin"] != SITE or length > BODY_MAX:
            self.close_connection = True
            return self.fail(403)
        fields = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode("utf-8", "replace")))
        match = re.fullmatch(r"/(nl|en)/(young|letter|choices)", self.path)
        if not match:
            return self.fail(404)
        language, page = match.groups()
        return self.young(language, fields) if page == "young" else self.page(language, page, "sent")

    # ---- a child's account ----

    def young(self, language, fields):
        """Asks a parent. Nothing of the child is kept but a number, and of the age only when the limit is reached."""
        number = "reader-" + secrets.token_hex(8)
        status, _ = ask("/v1/guardian-requests", {
            "subject": {"type": "customer", "value": number}, "guardian": {"type": "email", "value": fields.get("parent", "").strip()},
            "purposes": ["young_readers"], "minor": {"birth_month": fields.get("birth_month", "")}, "language": language})
        if status != 202:
            return self.page(language, "young", "wrong" if status == 422 else "away")
        secret = secrets.token_urlsafe(24)
        with accounts_lock:
            while len(accounts) >= ACCOUNTS_MAX:
                del accounts[next(iter(accounts))]
            accounts[hashed(secret)] = number
        return self.go(f"/{language}/young", f"account={secret}; Path=/; HttpOnly; SameSite=Lax")

    def account_state(self):
        """What may be shown is asked each time: a parent may have taken it back a minute ago."""
        try:
            secret = http.cookies.SimpleCookie(self.headers["Cookie"] or "")["account"].value
            number = accounts[hashed(secret)]
        except (KeyError, http.cookies.CookieError):
            return "form"
        status, verdict = ask("/v1/check", {"subject": {"type": "customer", "value": number}, "purpose": "young_readers"})
        return REASONS.get(verdict["reason"], "away") if status == 200 else "away"

    # ---- answers ----

    def page(self, language, name, state):
        """A page, with those of its parts that are for this state."""
        folder = FOLDER / "pages" / language
        text = (folder / "frame.html").read_text("utf-8").replace("{{content}}", (folder / f"{name}.html").read_text("utf-8"))
        text = text.replace("{{city}}", (FOLDER / "pages/city.svg").read_text("utf-8"))
        text = re.sub(r'<section data-when="([\w ]+)".*?</section>\n', lambda part: part[0] if state in part[1].split() else "", text,
                      flags=re.S)
        values = {"service": SERVICE, "films": FILMS, "path": name if name != "front" else "",
                  "date": time.strftime("%Y-%m-%d")}
        text = re.sub(r"{{(\w+)}}", lambda word: html.escape(values[word[1]]), text)
        self.send(200, "text/html; charset=utf-8", text.encode(), {"Content-Security-Policy": POLICY.format("'none'")})

    def send_file(self, name, kind):
        text = (FOLDER / "pages" / name).read_bytes()
        self.send(200, f"{kind}; charset=utf-8", text,
                  {"Content-Security-Policy": POLICY.format(SITE), "Cache-Control": "no-cache"})

    def go(self, path, cookie=None):
        self.send(303, "text/plain", b"", {"Location": path} | ({"Set-Cookie": cookie} if cookie else {}))

    def fail(self, status):
        self.send(status, "text/plain", b"")

    def send(self, status, kind, body, headers=()):
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "private, no-store",
                            "X-Content-Type-Options": "nosniff", **dict(headers)}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nobody's visit is written down."""


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Newspaper).serve_forever()
