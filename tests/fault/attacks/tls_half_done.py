# SPDX-License-Identifier: Apache-2.0
"""As many connections as can be had that begin a handshake and do not end it: a ClientHello that is answered, or half of one that
goes on by a byte a second."""
import time

from lib.flood import hello_make

CONNECTIONS, ADDRESSES = 1024, 6
SECONDS = 40  # the service gives a handshake 5, on a machine that is not busy


def attack(target):
    hello, begun, lines, turned_away = hello_make(), time.monotonic(), {}, 0
    for n in range(CONNECTIONS):
        try:
            line = target.reach(target.service.tls_port, 1 + n % ADDRESSES)
            line.sendall(hello if n % 2 else hello[:100])
            line.setblocking(False)
            lines[line] = hello[100:] if n % 2 == 0 else b""
        except OSError:
            turned_away += 1
    most = len(lines)
    while lines and time.monotonic() < begun + SECONDS:
        time.sleep(1)
        for line in list(lines):
            try:
                line.send(lines[line][:1])
                lines[line] = lines[line][1:]
                while line.recv(1 << 14):
                    pass
                del lines[line]
            except BlockingIOError:
                pass
            except OSError:
                del lines[line]
    assert not lines, f"{len(lines)} connections stand after {SECONDS} s of half a handshake"
    return f"{most} half handshakes, {turned_away} turned away, all shut within {time.monotonic() - begun:.0f} s"
