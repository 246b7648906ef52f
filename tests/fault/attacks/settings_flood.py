# SPDX-License-Identifier: Apache-2.0
"""SETTINGS without end; the acknowledgements are never read."""
from lib.http2 import SETTINGS, frame


def attack(target):
    opened, sent = target.flood(frame(SETTINGS, 0, 0, bytes((0, 3, 0, 0, 0, 100))) * 500)
    assert opened > 1, "a flood was not shut"
    return f"{opened} connections shut after {sent // opened} bytes each"
