# SPDX-License-Identifier: Apache-2.0
"""The largest bodies and the largest answers, with a good token, many at once and on every route that takes them: mailing lists, logs
and events. Every other sender does not read his answer."""
import collections
import struct
import threading
import time

from lib.client import NDJSON
from lib.flood import PREFACE, headers
from lib.http2 import DATA, END_HEADERS, END_STREAM, FRAME_MAX, SETTINGS, WINDOW, WINDOW_UPDATE, frame, hpack_text

BODY = 16 << 20
LINES = 100000
SENDERS, LARGE = 16, 4  # of them, those with bodies of the largest size
SECONDS = 4
ENOUGH = BODY // 8  # bytes of answers
PATIENCE = 10  # of who reads his answer: on a busy machine the first byte of a large one takes seconds
FILTER = "/v1/analytics/filter?purpose=functional"
# Path, media, and a line: %d is its number, %s room for as much as makes a body of the largest size.
SHAPES = (("/v1/check/batch", NDJSON, '{"subject": {"type": "customer", "value": "c%d"}, "purpose": "newsletter"%s}'),
          ("/v1/check/batch", NDJSON, "%d%s"),
          ("/v1/mask", "text/plain", "203.0.113.%d%s"),
          ("/v1/mask", NDJSON, '{"client": "203.0.113.%d", "text": "%s"}'),
          (FILTER, NDJSON, '{"visitor": "v%d", "text": "%s"}'))
# And those whose answer is larger than they are.
SHORT = (("/v1/check/batch", NDJSON, "x\n" * LINES), (FILTER, NDJSON, "x\n" * LINES), ("/v1/mask", NDJSON, "x\n" * (BODY // 2)))


def body_of(line):
    width = BODY // LINES - 1
    return "".join((line % (n, " " * (width - len(line % (n, ""))))) + "\n" for n in range(LINES)).encode()


def block_of(path, media, size, token):
    fields = {":method": "POST", ":scheme": "http", ":authority": "test", ":path": path, "content-type": media,
              "content-length": str(size), "authorization": f"Bearer {token}"}
    return b"".join(b"\0" + hpack_text(name) + hpack_text(value) for name, value in fields.items())


def ask(target, number, path, media, body, tally):
    """One large request. Every other one's answer is not read, but holds what it holds until the end."""
    with target.connect(1 + number, "h2") as line:
        line.settimeout(5)
        line.sendall(PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 0 if number % 2 else WINDOW))
                     + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", WINDOW)))
        line.sendall(headers(1, block_of(path, media, len(body), target.token), END_HEADERS))
        for at in range(0, len(body), FRAME_MAX):
            line.sendall(frame(DATA, 0, 1, body[at:at + FRAME_MAX]))
        line.sendall(frame(DATA, END_STREAM, 1))
        tally["sent"] += 1
        line.settimeout(0.5 if number % 2 else PATIENCE)
        while data := line.recv(1 << 16):
            tally["bytes"] += len(data)


def attack(target):
    tally = collections.Counter()
    large = [(path, media, body_of(line)) for path, media, line in SHAPES]
    small = [(path, media, text.encode()) for path, media, text in SHORT]
    until = time.monotonic() + SECONDS  # bodies of this size take a busy machine seconds to make

    def ended():
        past = time.monotonic() - until
        return past > (0 if tally["bytes"] > ENOUGH else 60)  # seconds

    def run(number):
        shapes = large if number < LARGE else small
        for turn in range(number, 1 << 30):
            if ended():
                return
            try:
                ask(target, number, *shapes[turn % len(shapes)], tally)
            except OSError:
                tally["ended"] += 1

    threads = [threading.Thread(target=run, args=(n,)) for n in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally["bytes"] > ENOUGH, f"{tally}: hardly anything was answered"
    return f"{tally['sent']} bodies, {tally['bytes'] >> 20} MB of answers read"
