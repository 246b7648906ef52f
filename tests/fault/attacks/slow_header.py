# SPDX-License-Identifier: Apache-2.0
"""Headers that come a byte at a time, on HTTP/1.1 and HTTP/2: more connections than one address may have."""
import time

from lib.flood import PREFACE

CONNECTIONS = 300
SECONDS = 40  # the service gives a header 10, on a machine that is not busy


def attack(target):
    begun, lines, shut = time.monotonic(), [], 0
    for n in range(CONNECTIONS):
        try:
            line = target.connect()
            line.sendall(b"GET /healthz HTTP/1.1\r\nhost: t\r\nx: " if n % 2 else PREFACE + b"\0\0\x40\x01\x04")
            lines.append(line)
        except OSError:
            shut += 1
    while lines and time.monotonic() < begun + SECONDS:
        time.sleep(0.5)
        for line in list(lines):
            try:
                line.sendall(b"a" if line.gettimeout() else b"")
                line.settimeout(0.001)
                if line.recv(64) == b"":
                    raise ConnectionError
                line.settimeout(5)
            except TimeoutError:
                line.settimeout(5)
            except OSError:
                lines.remove(line)
                shut += 1
    assert not lines, f"{len(lines)} connections stand after {SECONDS} s of half a header"
    return f"{shut} connections shut within {time.monotonic() - begun:.0f} s"
