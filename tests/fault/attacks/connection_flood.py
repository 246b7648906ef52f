# SPDX-License-Identifier: Apache-2.0
"""As many connections as can be had, from several addresses, each idle. Somebody new is served all the same."""
import time

from lib.house import CEILING

PER_ADDRESS = 256  # the default of AKKOORD_CONNECTIONS_PER_ADDRESS
ADDRESSES, ALL = 6, 1024  # so many addresses would hold more than the default of AKKOORD_CONNECTIONS_MAX
NEWCOMER = 200


def standing(lines, most):
    """How many the service has not shut: at ${most}, once it has looked at them all."""
    end = time.monotonic() + CEILING
    while (count := sum(map(stands, lines))) > most and time.monotonic() < end:
        time.sleep(0.1)
    assert 0 < count <= most, f"{count} connections are open"
    return count


def stands(line):
    line.setblocking(False)
    try:
        return line.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def connect(target, host, lines):
    try:
        lines.append(target.connect(host))
        return True
    except OSError:
        return False


def attack(target):
    lines = []
    for _ in range(PER_ADDRESS + 100):
        connect(target, 1, lines)
    one = standing(lines, PER_ADDRESS)
    made = 0
    while target.is_on():
        made += connect(target, 1 + made % ADDRESSES, lines)
    with target.connect(NEWCOMER) as newcomer:
        newcomer.sendall(b"GET /healthz HTTP/1.1\r\nhost: t\r\n\r\n")
        status = newcomer.recv(64).split()[1:2]
    held = standing(lines, ALL)
    assert status == [b"200"], f"somebody new was told {status}"
    for line in lines:
        line.close()
    return f"one address holds {one}; {made} more of six addresses, and {held} of all stand"
