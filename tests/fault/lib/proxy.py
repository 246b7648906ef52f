#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A host between the service and PostgreSQL, which can be made to swallow what it is sent: it is stopped (SIGSTOP).

What arrives on a connection goes unanswered then; and since its queue of new connections holds two, whose handshakes
the kernel makes, a connection that is tried after these gets no answer at all. As a program: proxy.py PORT TO_PORT.
"""
import asyncio
import signal
import socket
import subprocess
import sys

from lib.house import eventually

BACKLOG = 1


class Proxy:
    def __init__(self, port, to_port):
        self.port = port
        self.process = subprocess.Popen([sys.executable, "-m", "lib.proxy", str(port), str(to_port)], cwd=sys.path[0])
        eventually("the proxy listens", self.listens)

    def listens(self):
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", self.port)) == 0

    def swallow(self):
        self.process.send_signal(signal.SIGSTOP)

    def wake(self):
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        self.process.kill()
        self.process.wait()


async def copy(source, sink):
    try:
        while data := await source.read(1 << 16):
            sink.write(data)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.close()


async def serve(port, to_port):
    async def on_line(reader, writer):
        try:
            onward = await asyncio.open_connection("127.0.0.1", to_port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(copy(reader, onward[1]), copy(onward[0], writer))

    server = await asyncio.start_server(on_line, "127.0.0.1", port, backlog=BACKLOG)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
