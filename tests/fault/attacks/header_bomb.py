# SPDX-License-Identifier: Apache-2.0
"""The HTTP/2 bomb: one field of 4 KB goes into the HPACK table, and thousands of references of one byte call it up again."""
from lib.flood import Shut, headers, request_block
from lib.http2 import END_HEADERS, FRAME_MAX, hpack_text

REFERENCES = 10000


def attack(target):
    planted = b"\x40" + hpack_text("x") + hpack_text("v" * 4000)
    bomb = request_block() + planted + b"\xbe" * REFERENCES
    assert len(bomb) < FRAME_MAX
    opened, shut = 0, 0
    while target.is_on():
        if (line := target.line()) is None:
            continue
        opened += 1
        try:
            for stream in range(1, 200, 2):  # without an end: each would be held
                line.send(headers(stream, bomb if stream == 1 else request_block() + b"\xbe" * REFERENCES, END_HEADERS))
            shut += line.wait_shut()
        except Shut:
            shut += 1
        line.close()
    assert opened > 0 and shut == opened, f"{opened - shut} of {opened} bombs went through"
    return f"{shut} connections, each shut"
