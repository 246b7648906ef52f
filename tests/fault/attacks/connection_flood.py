# SPDX-License-Identifier: Apache-2.0
"""As many connections as can be had, each idle; and then each thrown away for a new one."""
import time

from lib.flood import hang_on

PER_ADDRESS = 256  # the default of AKKOORD_CONNECTIONS_PER_ADDRESS
ADDRESSES = [f"127.0.1.{n}" for n in range(1, 7)]  # six of them would fill the house of 1024


def standing(lines):
    """How many the service has not shut, once it has looked at them."""
    time.sleep(0.3)
    count = 0
    for line in lines:
        line.setblocking(False)
        try:
            count += line.recv(1) != b""
        except BlockingIOError:
            count += 1
        except OSError:
            pass
    return count


def connect(target, at, lines):
    try:
        lines.append(hang_on(target.port, at))
        return True
    except OSError:
        return False


def attack(target):
    lines = []
    for _ in range(PER_ADDRESS + 100):
        connect(target, ADDRESSES[0], lines)
    one = standing(lines)
    assert 0 < one <= PER_ADDRESS, f"one address holds {one} connections"
    made = 0
    while target.is_on():
        made += connect(target, ADDRESSES[made % len(ADDRESSES)], lines)
    held = standing(lines)
    for line in lines:
        line.close()
    return f"one address holds {one}; {made} more of six addresses, and {held} of all stand"
