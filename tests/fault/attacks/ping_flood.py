# SPDX-License-Identifier: Apache-2.0
"""PING without end; the answers are never read."""
from lib.http2 import PING, frame


def attack(target):
    opened, sent = target.flood(frame(PING, 0, 0, bytes(8)) * 500)
    assert opened > 1, "a flood was not shut"
    return f"{opened} connections shut after {sent // opened} bytes each"
