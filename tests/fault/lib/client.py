# SPDX-License-Identifier: Apache-2.0
"""A client over HTTP/1.1 with one connection, made anew when it is lost."""
import http.client
import json
import time

# Seconds until a request counts as hung: several times the deadline that the service gives itself.
HUNG = 40


class Answer:
    def __init__(self, status, body, seconds):
        self.status = status
        self.body = body
        self.seconds = seconds

    def __repr__(self):
        return f"{self.status} after {self.seconds:.2f} s: {json.dumps(self.body)[:300]}"


class Client:
    def __init__(self, port, token):
        self.port = port
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.line = None

    def post(self, path, body, key=None):
        """The answer, or None when the connection was refused or lost: the outcome is not known."""
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        begun = time.monotonic()
        try:
            if self.line is None:
                self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HUNG)
            self.line.request("POST", path, json.dumps(body), headers)
            answer = self.line.getresponse()
            text = answer.read()
        except TimeoutError as late:
            raise AssertionError(f"{path}: no answer within {HUNG} s") from late
        except (OSError, http.client.HTTPException):
            self.close()
            return None
        return Answer(answer.status, json.loads(text), time.monotonic() - begun)

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
