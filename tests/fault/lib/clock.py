# SPDX-License-Identifier: Apache-2.0
"""A service's clock that never jumps, made to (clock_ahead.c)."""
import os
import struct


class Clock:
    """Of a service that was started with clock_ahead: the one that never jumps, made to."""

    def __init__(self, path):
        self.path = path
        self.seconds = 0
        self.advance(0)

    def settings(self, house):
        """What a service of that house is started with."""
        return {"LD_PRELOAD": os.environ["CLOCK_AHEAD"], "AKKOORD_CLOCK_FILE": str(self.path),
                "ASAN_OPTIONS": f"{house.settings['ASAN_OPTIONS']}:verify_asan_link_order=0"}

    def advance(self, seconds):
        self.seconds += seconds
        with open(self.path, "r+b" if self.path.exists() else "wb") as file:  # it is mapped: never cut short
            file.write(struct.pack("=q", int(self.seconds)))
