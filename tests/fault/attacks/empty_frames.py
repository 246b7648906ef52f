# SPDX-License-Identifier: Apache-2.0
"""DATA without a byte and without an end, on a request that waits for its body."""
from lib.flood import Shut, headers, request_block
from lib.http2 import DATA, END_HEADERS, frame


def attack(target):
    opened, sent = 0, 0
    while target.is_on():
        if (line := target.line()) is None:
            continue
        opened += 1
        try:
            line.send(headers(1, request_block(), END_HEADERS))
            while target.is_on() and not line.is_shut():
                line.send(frame(DATA, 0, 1) * 500)
        except Shut:
            pass
        sent += line.sent
        line.close()
    assert opened > 1, "a flood was not shut"
    return f"{opened} connections shut after {sent // opened} bytes each"
