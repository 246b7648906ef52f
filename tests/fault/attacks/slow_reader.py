# SPDX-License-Identifier: Apache-2.0
"""Asks for the largest answers there are without a token, a hundred at a time on each of many connections, each from another
address, and reads none: more streams than there may be. Who reads keeps his, however many."""
import json
import struct

from lib.client import question_of
from lib.flood import Shut, headers, request_block
from lib.http2 import SETTINGS, Connection, frame
from lib.witness import GRANTED

CONNECTIONS = 90
STREAMS_MAX = 6144  # in all, of which half on each of the service's two threads
READERS, AT_ONCE = 8, 60


def read_beside(target):
    """Somebody with more streams than were left, all of whose requests are on their way: it is not he who has to go."""
    question = json.dumps(question_of(GRANTED))
    readers = [Connection(target.service.port, target.token) for _ in range(READERS)]
    for reader in readers:
        for _ in range(AT_ONCE):
            reader.begin("/v1/check", question, cut=8)
    for reader in readers:
        assert reader.wait(reader.begin("/v1/check", question)).status == 200
    for reader in readers:
        reader.drop()


def attack(target):
    no_window = frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 0))
    block = request_block("/openapi.yaml", "GET")
    lines, shut = [], 0
    while target.is_on() or (len(lines) < CONNECTIONS and target.is_soon()):
        if len(lines) < CONNECTIONS and (line := target.line(1 + len(lines))) is not None:
            lines.append(line)
            try:
                line.send(no_window + b"".join(headers(s, block) for s in range(1, 201, 2)))
            except Shut:
                shut += 1
    assert len(lines) * 100 > STREAMS_MAX, f"{len(lines)} connections only"
    read_beside(target)
    for line in lines:
        line.close()
    return f"{len(lines)} connections with 100 unread answers each, {shut} shut"
