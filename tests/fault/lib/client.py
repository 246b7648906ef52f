# SPDX-License-Identifier: Apache-2.0
"""A client over HTTP/1.1 with one connection, made anew when it is lost."""
import http.client
import json
import time

# Seconds until a request counts as hung: several times the deadline that the service gives itself.
HUNG = 40
SWALLOWED = 3  # seconds until a connection counts as refused: the network of a container that is just being started
JSON, NDJSON = "application/json", "application/x-ndjson"


class Answer:
    def __init__(self, status, text, seconds):
        self.status = status
        self.text = text
        self.seconds = seconds

    @property
    def body(self):
        return json.loads(self.text)

    def __repr__(self):
        return f"{self.status} after {self.seconds:.2f} s: {self.text[:300]}"


class Client:
    def __init__(self, port, token):
        self.port = port
        self.token = token
        self.line = None

    def post(self, path, body, key=None):
        """The answer, or None when the connection was refused or lost: the outcome is not known."""
        return self.ask("POST", path, json.dumps(body), JSON, key)

    def ask(self, method, path, text=None, media=None, key=None):
        """As post(), for any request."""
        fields = {"Authorization": f"Bearer {self.token}", "Content-Type": media, "Idempotency-Key": key}
        begun = time.monotonic()
        try:
            if self.line is None or self.line.sock is None:  # the service closed it in order
                self.connect()
            self.line.request(method, path, text, {name: value for name, value in fields.items() if value})
            answer = self.line.getresponse()
            return Answer(answer.status, answer.read().decode(), time.monotonic() - begun)
        except TimeoutError as late:
            raise AssertionError(f"{method} {path}: no answer within {HUNG} s") from late
        except (OSError, http.client.HTTPException):
            self.close()
            return None

    def connect(self):
        self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SWALLOWED)
        self.line.auto_open = 0  # not by itself: it would have SWALLOWED for each answer
        try:
            self.line.connect()
        except TimeoutError as swallowed:
            raise ConnectionError("no connection") from swallowed
        self.line.sock.settimeout(HUNG)

    def close(self):
        if self.line is not None:
            self.line.close()
        self.line = None


def person(name):
    return {"type": "email", "value": f"{name}@example.nl"}


def record_of(name, state, purpose="newsletter", ref=None):
    body = {"subject": person(name), "purpose": purpose, "event_state": state, "collection_method": "web_form"}
    return body | ({"ref": ref} if ref else {})


def question_of(name, purpose="newsletter"):
    return {"subject": person(name), "purpose": purpose}
