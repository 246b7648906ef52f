# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 by hand (RFC 9113), so that a stream can be reset, or a connection dropped, at any moment of a request."""
import socket
import struct
import time

from lib.client import HUNG, JSON, Answer

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
CANCEL = 8
WINDOW = 1 << 30
FRAME_MAX = 16384
STATIC_STATUS = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}  # HPACK's static table


class Lost(Exception):
    """The server closed the connection, or said GOAWAY."""


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def hpack_text(text):
    """A string without Huffman coding; its length is an integer with a prefix of 7 bits."""
    data = text.encode()
    if len(data) < 127:
        return bytes([len(data)]) + data
    length, head = len(data) - 127, bytes([127])
    while length > 127:
        head, length = head + bytes([length % 128 + 128]), length // 128
    return head + bytes([length]) + data


def status_of(block):
    """The status is the first field of an answer: as libh2o writes it, indexed, or as three digits."""
    if block[0] & 0x80:
        return STATIC_STATUS[block[0] & 0x7F]
    return int(block[2:5])


class Connection:
    def __init__(self, port, token):
        self.token = token
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=HUNG)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.next_stream = 1
        self.begun = {}  # stream: when it was opened
        self.statuses = {}
        self.bodies = {}
        self.answers = {}  # stream: Answer, once it is complete
        self.input = b""
        self.settled = False  # the server's SETTINGS have come, and with them a window for bodies
        no_table = struct.pack(">HI", 1, 0)
        window = struct.pack(">HI", 4, WINDOW)
        self.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, no_table + window)
                   + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", WINDOW)))
        while not self.settled:
            self.take_in(self.socket.recv(1 << 20))

    def write(self, data):
        try:
            self.socket.sendall(data)
        except TimeoutError as late:
            raise AssertionError(f"the server reads nothing for {HUNG} s") from late
        except OSError as gone:
            raise Lost from gone

    def begin(self, path, text, key=None, media=JSON, cut=None):
        """Sends a request, or only the first ${cut} bytes of its body and no end. Returns its stream."""
        stream = self.next_stream
        self.next_stream += 2
        data = text.encode()[:cut]
        fields = {":method": "POST", ":scheme": "http", ":authority": "test", ":path": path,
                  "authorization": f"Bearer {self.token}", "content-type": media}
        if key:
            fields["idempotency-key"] = key
        block = b"".join(b"\0" + hpack_text(name) + hpack_text(value) for name, value in fields.items())
        frames = [frame(DATA, 0, stream, data[at:at + FRAME_MAX]) for at in range(0, len(data), FRAME_MAX)]
        end = b"" if cut is not None else frame(DATA, END_STREAM, stream)
        self.begun[stream] = time.monotonic()
        self.write(frame(HEADERS, END_HEADERS, stream, block) + b"".join(frames) + end)
        return stream

    def reset(self, stream):
        self.write(frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL)))
        self.begun.pop(stream, None)

    def poll(self):
        """Takes in what has arrived, without waiting."""
        self.socket.setblocking(False)
        try:
            self.take_in(self.socket.recv(1 << 20))
        except BlockingIOError:
            pass
        except OSError as gone:
            raise Lost from gone
        finally:
            self.socket.settimeout(HUNG)

    def wait(self, stream):
        """The answer to a stream that was not reset."""
        while stream not in self.answers:
            try:
                self.take_in(self.socket.recv(1 << 20))
            except TimeoutError as late:
                raise AssertionError(f"stream {stream}: no answer within {HUNG} s") from late
            except OSError as gone:
                raise Lost from gone
        return self.answers.pop(stream)

    def take_in(self, data):
        if not data:
            raise Lost
        self.input += data
        while len(self.input) >= 9:
            size = int.from_bytes(self.input[:3], "big")
            if len(self.input) < 9 + size:
                return
            kind, flags, stream = struct.unpack(">BBI", self.input[3:9])
            payload, self.input = self.input[9:9 + size], self.input[9 + size:]
            self.take_frame(kind, flags, stream, payload)

    def take_frame(self, kind, flags, stream, payload):
        if kind == GOAWAY:
            self.take_goaway(struct.unpack(">I", payload[:4])[0] & 0x7FFFFFFF)
        if kind == SETTINGS and not flags & ACK:
            self.settled = True
            self.write(frame(SETTINGS, ACK, 0))
        if kind == PING and not flags & ACK:
            self.write(frame(PING, ACK, 0, payload))
        if kind == RST_STREAM:
            self.begun.pop(stream, None)
        if stream not in self.begun:
            return  # the rest of a stream that was reset
        if kind == HEADERS:
            self.statuses[stream] = status_of(payload)
        if kind == DATA:
            self.bodies[stream] = self.bodies.get(stream, b"") + payload
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            seconds = time.monotonic() - self.begun.pop(stream)
            self.answers[stream] = Answer(self.statuses.pop(stream), self.bodies.pop(stream, b"").decode(), seconds)

    def take_goaway(self, last_stream):
        """Streams after that one will not be answered."""
        raise Lost

    def drop(self):
        """Closes without a farewell: the server's side is reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()
