#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: what is too slow is shut when service/base/limits.h says so, and not before.

All wait beside each other: for the handshake and the header, and in the long form for the body, an idle connection, one that only
sends PING, an answer that nobody reads. Those are too long for the short form, and a connection's age for either: there the clock of
the service jumps ahead instead.
"""
import re
import struct
import time

from lib.clock import Clock
from lib.client import NDJSON
from lib.flood import PREFACE, Target, headers, hello_make, request_block
from lib.house import LONG, ROOT, House, say
from lib.http2 import DATA, END_HEADERS, FRAME_MAX, PING, SETTINGS, frame, hpack_text

LATE = 20  # seconds: on a machine that is busy
EARLY = 1  # the guard looks once a second, and a machine may be slow to take our first byte
BEAT = 1.5  # seconds in which each thread looks at the clock, even one that has nothing to do
LIMITS = {name: int(ms) / 1000 for name, ms in
          re.findall(r"#define (\w+)_MS +(\d+)", (ROOT / "service/base/limits.h").read_text(encoding="utf-8"))}
LIMITS["EXCHANGE"] = LIMITS["BODY_TIMEOUT"] + LIMITS["WALK_DEADLINE"] + 30
PLAIN_HEAD = b"POST /v1/check HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\ncontent-length: 10000\r\n\r\n"
HTTP2 = PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 0))  # no answer's body is taken


class Line:
    """Sends ${first}, then ${more} bit by bit, until it is shut."""

    def __init__(self, what, limit, connect, first, more=b"", step=1, every=1):
        self.what = what
        self.limit = LIMITS[limit]
        self.more = more
        self.step = step
        self.every = every
        self.socket = connect()
        self.begun = self.moved = time.monotonic()
        self.took = None
        self.heard = 0  # bytes
        self.socket.sendall(first)
        self.socket.setblocking(False)

    def look(self):
        now = time.monotonic()
        try:
            if self.more and now - self.moved > self.every:
                self.moved = now
                self.socket.send(self.more[:self.step])
                self.more = self.more[self.step:]
            while heard := self.socket.recv(1 << 16):
                self.heard += len(heard)
        except BlockingIOError:
            return
        except OSError as gone:
            if "WANT_READ" in str(gone) or "want read" in str(gone) or "did not complete" in str(gone):
                return
        self.took = now - self.begun

    def judge(self):
        say(f"{self.what:50} shut after {self.took:6.1f} s, limit {self.limit:.0f} s")
        assert self.limit - EARLY <= self.took <= self.limit + LATE, self.what


def short_lines(target, secure):
    def tcp():
        return target.reach(target.service.tls_port)

    hello = hello_make()
    head = b"GET /healthz HTTP/1.1\r\nhost: t\r\nx: "
    return [Line("a handshake that is not ended", "HANDSHAKE_TIMEOUT", tcp, hello),
            Line("a handshake, a byte a second", "HANDSHAKE_TIMEOUT", tcp, hello[:100], hello[100:]),
            Line("nothing, where a handshake is due", "HANDSHAKE_TIMEOUT", tcp, b""),
            Line("a header, a byte a second", "HEADER_TIMEOUT", target.connect, head, b"a" * 1000),
            Line("the same over TLS", "HEADER_TIMEOUT", secure.connect, head, b"a" * 1000),
            Line("no second request, HTTP/1.1", "HEADER_TIMEOUT", target.connect, b"GET /healthz HTTP/1.1\r\nhost: t\r\n\r\n"),
            Line("a frame of HTTP/2, a byte a second", "HEADER_TIMEOUT", target.connect, PREFACE + b"\0\0\x40\x01\x04", b"a" * 1000),
            Line("a header without its CONTINUATION", "HEADER_TIMEOUT", target.connect,
                 HTTP2 + headers(1, request_block(), 0)),
            announced_line(target)]


def body_line(target):
    return Line("a body of HTTP/2, a byte at a time", "EXCHANGE", target.connect,
                HTTP2 + headers(1, request_block("/v1/check", "POST", target.token), END_HEADERS), frame(DATA, 0, 1, b" ") * 1000, 10, 5)


def announced_line(target):
    fields = {":method": "POST", ":scheme": "http", ":authority": "test", ":path": "/v1/check/batch", "content-type": NDJSON,
              "content-length": str(16 << 20), "authorization": f"Bearer {target.token}"}
    block = b"".join(b"\0" + hpack_text(name) + hpack_text(value) for name, value in fields.items())
    begun = headers(1, block, END_HEADERS) + 2 * frame(DATA, 0, 1, b" " * FRAME_MAX)
    return Line("a large body that is announced and does not come", "BODY_START", target.connect, HTTP2 + begun,
                frame(DATA, 0, 1, b" ") * 1000, 10, 1)


def ping_line(target):
    return Line("PING and nothing else", "PING_ONLY", target.connect, HTTP2, frame(PING, 0, 0, bytes(8)) * 1000, 17, 5)


def reader_line(target):
    return Line("an answer that is not read", "EXCHANGE", target.connect, HTTP2 + headers(1, request_block("/docs", "GET")))


def long_lines(target):
    return [Line("a body of HTTP/1.1, a byte a second", "BODY_TIMEOUT", target.connect, PLAIN_HEAD, b" " * 1000),
            Line("HTTP/2 without a frame", "IDLE_TIMEOUT", target.connect, HTTP2),
            body_line(target), ping_line(target), reader_line(target)]


def wait_for(lines):
    end = time.monotonic() + max(line.limit for line in lines) + LATE
    while any(line.took is None for line in lines) and time.monotonic() < end:
        time.sleep(0.1)
        for line in lines:
            if line.took is None:
                line.look()
    for line in lines:
        assert line.took is not None, f"{line.what}: not shut"
        line.judge()


def stands(line, seconds):
    """Whether it is still open after so many seconds."""
    end = time.monotonic() + seconds
    while line.took is None and time.monotonic() < end:
        time.sleep(0.05)
        line.look()
    return line.took is None


def is_answered(line, request):
    """Whether an answer comes: then the service has read the request, at the time that it was."""
    before, end = line.heard, time.monotonic() + LATE
    line.socket.send(request)
    while line.took is None and line.heard == before and time.monotonic() < end:
        time.sleep(0.05)
        line.look()
    return line.took is None and line.heard > before


def jump(clock, line):
    assert stands(line, BEAT), f"{line.what}: shut at once"  # else the jump comes before what it sent was read
    clock.advance(line.limit - 5)
    assert stands(line, 2), f"{line.what}: shut before its time"
    clock.advance(10)
    assert not stands(line, LATE), f"{line.what}: not shut"
    say(f"{line.what:50} shut once the clock is {line.limit:.0f} s ahead")


def grow_old(clock, target):
    """A connection that is used all the time, and so never shut as an idle one."""
    line, step, early = Line("a connection in use, by its age", "CONNECTION_AGE", target.connect, PREFACE), 90, "shut before its time"
    assert stands(line, BEAT), early  # and what greets it has been heard
    for stream in range(1, 2 * int(line.limit / step) - 1, 2):
        assert is_answered(line, headers(stream, request_block("/healthz", "GET"))), early
        clock.advance(step)
    assert is_answered(line, headers(stream + 2, request_block("/healthz", "GET"))), early
    assert stands(line, BEAT), early
    line.socket.send(headers(stream + 4, request_block("/healthz", "GET")))
    clock.advance(step + 10)
    assert not stands(line, LATE), f"{line.what}: not shut"
    say(f"{line.what:50} shut once the clock is {line.limit:.0f} s ahead")


def leap(house):
    clock = Clock(house.folder / "clock")
    service = house.service("leaping", **clock.settings(house))
    service.start()
    target = Target(service, house.token, LATE)
    for line in (ping_line, body_line, reader_line):
        jump(clock, line(target))
        time.sleep(BEAT)
    grow_old(clock, target)
    service.stop()
    for cause in ("idle=1", "slow_exchange=1", "old=1"):
        assert cause in service.log_text(), f"nothing was shut as {cause}"


def main():
    with House("time_limits") as house:
        house.certify()
        service = house.service()
        service.start()
        target, secure = (Target(service, house.token, LATE, tls) for tls in (False, True))
        wait_for(short_lines(target, secure) + (long_lines(target) if LONG else []))
        service.stop()
        leap(house)


main()
