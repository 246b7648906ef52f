# SPDX-License-Identifier: Apache-2.0
"""Frames of a kind nobody knows: libh2o prints a line on stderr for each."""
from lib.http2 import frame


def attack(target):
    opened, sent = target.flood(frame(0xEE, 0, 0, b"x") * 500)
    assert opened > 1, "a flood was not shut"
    return f"{opened} connections shut after {sent // opened} bytes each"
