# SPDX-License-Identifier: Apache-2.0
"""Chunks without end on HTTP/1.1 and DATA without end on HTTP/2, with a good token: the route's limit holds."""
from lib.flood import Shut, headers, request_block
from lib.http2 import DATA, END_HEADERS, FRAME_MAX, frame


def plain(target):
    """Bytes taken, and the status."""
    sent, status = 0, b""
    with target.connect() as line:
        line.sendall(f"POST /v1/check HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\nauthorization: Bearer "
                     f"{target.token}\r\ntransfer-encoding: chunked\r\n\r\n".encode())
        try:
            while target.is_soon():
                line.sendall(b"4000\r\n" + bytes(0x4000) + b"\r\n")
                sent += 0x4000
        except OSError:
            pass
        try:
            status = line.recv(64).split()[1]
        except (OSError, IndexError):
            pass
    return sent, status


def framed(target):
    """Bytes until it is shut."""
    line = target.line()
    try:
        line.send(headers(1, request_block("/v1/check", "POST", target.token), END_HEADERS))
        while target.is_soon():
            line.send(frame(DATA, 0, 1, bytes(FRAME_MAX)))
            if line.is_shut():
                break
    except Shut:
        pass
    assert target.is_soon(), f"{line.sent} bytes were read on"
    line.close()
    return line.sent


def attack(target):
    sent, status = plain(target)
    assert sent < 8 << 20, f"{sent} bytes were taken"
    assert status in (b"413", b""), status  # the answer may be lost where more was on its way
    return f"HTTP/1.1 refused after {sent} bytes with {status.decode() or 'nothing heard'}; HTTP/2 shut after {framed(target)}"
