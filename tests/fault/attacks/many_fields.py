# SPDX-License-Identifier: Apache-2.0
"""A header of 101 fields on HTTP/2, small ones; and one of 20 KB in four, which is answered 431."""
from lib.flood import Shut, headers, request_block
from lib.http2 import hpack_text


def attack(target):
    many = request_block("/healthz", "GET") + b"".join(b"\0" + hpack_text(f"x-{n}") + hpack_text("v") for n in range(97))
    line = target.line()
    line.send(headers(1, many))
    line.socket.settimeout(5)
    try:
        while line.socket.recv(1 << 16):
            pass
    except ConnectionError:
        pass
    line.close()
    with target.connect() as plain:
        fields = "".join(f"x-{n}: {'v' * 5000}\r\n" for n in range(4))
        plain.sendall(f"GET /healthz HTTP/1.1\r\nhost: t\r\n{fields}\r\n".encode())
        status = plain.recv(1 << 16).split()[1]
    assert status == b"431", status
    return "101 fields: shut; 20 KB: 431"
