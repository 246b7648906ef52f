# SPDX-License-Identifier: Apache-2.0
"""WINDOW_UPDATE without end."""
from lib.http2 import WINDOW_UPDATE, frame


def attack(target):
    opened, sent = target.flood(frame(WINDOW_UPDATE, 0, 0, bytes((0, 0, 0, 1))) * 500)
    assert opened > 1, "a flood was not shut"
    return f"{opened} connections shut after {sent // opened} bytes each"
