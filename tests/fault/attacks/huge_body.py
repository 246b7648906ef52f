# SPDX-License-Identifier: Apache-2.0
"""Bodies of the largest size, without a token: what is read of them is dropped, or the answer comes at once."""
import threading

from lib.flood import Shut, headers, request_block
from lib.http2 import DATA, END_HEADERS, END_STREAM, FRAME_MAX, frame

BODY = 16 << 20
PLAIN, FRAMED = 4, 12


def plain(target, statuses):
    """HTTP/1.1."""
    while target.is_on():
        with target.connect() as line:
            try:
                line.sendall(b"POST /v1/check/batch HTTP/1.1\r\nhost: t\r\ncontent-type: application/x-ndjson\r\n"
                             b"authorization: Bearer a.b.c\r\ncontent-length: %d\r\n\r\n" % BODY)
                for _ in range(BODY // FRAME_MAX):
                    line.sendall(bytes(FRAME_MAX))
            except OSError:
                pass
            try:
                statuses.append(line.recv(64).split()[1])
            except (OSError, IndexError):
                pass


def framed(target):
    """HTTP/2."""
    while target.is_on():
        if (line := target.line()) is None:
            continue
        try:
            line.send(headers(1, request_block("/v1/check/batch"), END_HEADERS))
            for _ in range(BODY // FRAME_MAX):
                line.send(frame(DATA, 0, 1, bytes(FRAME_MAX)))
                if not target.is_on():
                    break
            line.send(frame(DATA, END_STREAM, 1))
        except Shut:
            pass
        line.close()


def attack(target):
    statuses = []
    threads = [threading.Thread(target=plain, args=(target, statuses)) for _ in range(PLAIN)]
    threads += [threading.Thread(target=framed, args=(target,)) for _ in range(FRAMED)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses and set(statuses) == {b"401"}, set(statuses)
    return f"{len(statuses)} bodies on HTTP/1.1 answered 401 before their end"
