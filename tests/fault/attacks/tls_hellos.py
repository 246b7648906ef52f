# SPDX-License-Identifier: Apache-2.0
"""The same ClientHello again and again: it costs the client nothing, and the server a signature."""
import time

from lib.flood import hello_make

# As in service/base/limits.h: a connection that came to nothing counts as 1 + 10 new ones, of which an address has so many.
COST, AT_ONCE, PER_SECOND = 11, 1000, 200
LATE = 50  # that come before the service has seen the end of those before them


def attack(target):
    hello, begun, since = hello_make(), 0, time.monotonic()
    while target.is_on():
        try:
            with target.reach(target.service.tls_port) as line:
                line.sendall(hello)
                begun += line.recv(1) != b""
        except OSError:
            pass
    most = (AT_ONCE + PER_SECOND * (time.monotonic() - since)) / COST + LATE
    assert 0 < begun < most, f"{begun} handshakes begun, of {most:.0f} at most"
    return f"{begun} handshakes begun"
