# SPDX-License-Identifier: Apache-2.0
"""A header that goes on and on in CONTINUATION frames: empty ones, and full ones."""
from lib.flood import Shut, headers, request_block
from lib.http2 import FRAME_MAX, frame

CONTINUATION = 9


def flood(target, piece):
    line = target.line()
    if line is None:
        return 0
    try:
        line.send(headers(1, request_block(), 0))
        while target.is_on() and not line.is_shut():
            line.send(frame(CONTINUATION, 0, 1, piece) * (500 if not piece else 1))
    except Shut:
        pass
    shut = target.is_on()
    line.close()
    return shut


def attack(target):
    shut = [0, 0]
    while target.is_on():
        shut[0] += flood(target, b"")
        shut[1] += flood(target, b"\x82" * FRAME_MAX)
    assert all(shut), f"shut: {shut}"
    return f"{shut[0]} connections of empty frames, {shut[1]} of full ones, each shut"
