# SPDX-License-Identifier: Apache-2.0
"""Requests with tokens that nobody signed, each another one: verifying them is work. After a while they are not looked at."""
import base64
import collections
import json


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def statuses_in(data):
    return [int(word[:3]) for word in data.split(b"HTTP/1.1 ")[1:] if word[:3].isdigit()]


def attack(target):
    seen, number = collections.Counter(), 0
    line = target.connect()
    while target.is_on() or (not seen[429] and target.is_soon()):
        batch = b""
        for _ in range(50):  # pipelined
            number += 1
            token = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part({'sub': str(number)})}.{'A' * 43}"
            batch += f"GET /v1/policy HTTP/1.1\r\nhost: t\r\nauthorization: Bearer {token}\r\n\r\n".encode()
        line.sendall(batch)
        got = []
        while len(got) < 50:
            got += statuses_in(line.recv(1 << 16))
        seen.update(got)
    line.close()
    assert set(seen) == {401, 429}, seen
    assert seen[401] >= 1200, seen  # the default of AKKOORD_ADDRESS_LIMIT, and what came back meanwhile
    return f"{seen[401]} times 401, then {seen[429]} times 429"
