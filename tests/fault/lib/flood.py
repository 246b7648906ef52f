# SPDX-License-Identifier: Apache-2.0
"""What an attack on a service does to it and to the others: its memory and CPU, and how the others fare, before, during and after."""
import functools
import multiprocessing
import os
import pathlib
import random
import socket
import ssl
import threading
import time

from lib.client import Client, question_of
from lib.house import CEILING, LONG, say
from lib.http2 import END_HEADERS, END_STREAM, HEADERS, SETTINGS, frame, hpack_text
from lib.witness import TRUTH, check_one

MEMORY_MAX = 128 << 20  # bytes, of a build without sanitizers
SANITIZED = b"__asan_init" in pathlib.Path(os.environ.get("AKKOORD", "/dev/null")).read_bytes()
# AddressSanitizer keeps what was freed, and a shadow of all: only growth without end would show.
MEMORY_CEILING = MEMORY_MAX * (4 if SANITIZED else 1)
PEACE = 3 if LONG else 0.25  # seconds before, and after
ATTACK = 20 if LONG else 0.8
OTHERS = 2
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0)


def request_block(path="/v1/check", method="POST", token=None, *more):
    fields = [(":method", method), (":scheme", "http"), (":authority", "test"), (":path", path)]
    fields += [("content-type", "application/json")] if method == "POST" else []
    fields += [("authorization", f"Bearer {token}")] if token else []
    return b"".join(b"\0" + hpack_text(name) + hpack_text(value) for name, value in fields + list(more))


def headers(stream, block, flags=END_HEADERS | END_STREAM):
    return frame(HEADERS, flags, stream, block)


class Shut(Exception):
    """The service has shut the attacker's connection."""


class Attacker:
    """One connection of HTTP/2, of which nothing is read but whether it still stands."""

    def __init__(self, line):
        self.socket = line
        self.sent = 0
        self.socket.sendall(PREFACE)

    def send(self, data):
        try:
            self.socket.sendall(data)
        except TimeoutError:
            return  # it does not read: as good as refused
        except OSError as gone:
            raise Shut from gone
        self.sent += len(data)

    def is_shut(self):
        """Takes in what has come."""
        self.socket.setblocking(False)
        try:
            while data := self.socket.recv(1 << 16):
                del data
            return True
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True
        finally:
            self.socket.settimeout(5)

    def wait_shut(self):
        """Whether it is shut within a few seconds."""
        end = time.monotonic() + 5
        while not (shut := self.is_shut()) and time.monotonic() < end:
            time.sleep(0.005)
        return shut

    def close(self):
        self.socket.close()


class Other(threading.Thread):
    """Somebody who checks at an even pace: by this, and not by how fast the machine is, it is told whether he is served."""

    def __init__(self, port, token):
        super().__init__(daemon=True)
        self.client = Client(port, token)
        self.stopping = threading.Event()
        self.answers = []  # (when, whether it was 200, seconds)
        self.fault = None

    def run(self):
        names = list(TRUTH)
        try:
            while not self.stopping.wait(0.01):
                name, begun = random.choice(names), time.monotonic()
                answer = self.client.post("/v1/check", question_of(name))
                check_one(answer, name)
                good = answer is not None and answer.status == 200
                self.answers.append((begun, good, time.monotonic() - begun))
        except Exception as fault:  # raised again by the report
            self.fault = fault


def cpu_seconds(service):
    """Of user and system, of all threads."""
    text = pathlib.Path(f"/proc/{service.process.pid}/stat").read_text(encoding="ascii")
    user, system = text.rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@functools.cache
def tls_context(protocol):
    """Of somebody who asks for no proof of who answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    return context


def hello_make():
    """A ClientHello."""
    out = ssl.MemoryBIO()
    try:
        tls_context("h2").wrap_bio(ssl.MemoryBIO(), out).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


class Target:
    """What an attack is given. Each comes from addresses of its own, none of them the others': what one had to pay for its floods
    does not spare the service the next one."""

    count = 0

    def __init__(self, service, token, seconds, tls=False):
        Target.count += 1
        self.network = Target.count
        self.service = service
        self.tls = tls
        self.token = token
        self.until = time.monotonic() + seconds

    def is_on(self):
        return time.monotonic() < self.until

    def is_soon(self):
        """Whether what must come may still come."""
        return time.monotonic() < self.until + CEILING

    def reach(self, port, host=1):
        """A new connection to a port, from one of the attacker's addresses."""
        return socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(f"127.1.{self.network}.{host}", 0))

    def connect(self, host=1, protocol="http/1.1"):
        """A new connection, with TLS where that is attacked."""
        if not self.tls:
            return self.reach(self.service.port, host)
        return tls_context(protocol).wrap_socket(self.reach(self.service.tls_port, host))

    def line(self, host=1):
        """A new connection of HTTP/2, or None: it was turned away."""
        try:
            return Attacker(self.connect(host, "h2"))
        except OSError:
            time.sleep(0.01)
            return None

    def flood(self, pieces, first=b"", most=None):
        """Sends ${first} and then what ${pieces}() yields, on a new connection when one was shut. Returns words: the first connection
        is the one that shows how long it lasts, at ${most} bytes, since who floods may soon come back less often."""
        lasted, tried = None, 0
        while self.is_on():
            if (line := self.line()) is None:
                continue
            tried += 1
            try:
                line.send(first)
                for piece in pieces():
                    # The first is seen to its end, however slow the machine.
                    if line.is_shut() or not (self.is_on() if lasted is not None else self.is_soon()):
                        break
                    line.send(piece)
            except Shut:
                pass
            if lasted is None:
                assert self.is_soon(), f"a flood was not shut after {line.sent} bytes"
                lasted = line.sent
                assert most is None or lasted <= most, f"a flood was shut after {lasted} bytes only"
            line.close()
        return f"shut after {lasted} bytes at most; {tried} connections tried"


def run_apart(pipe, act, target):
    os.nice(10)  # what is measured is the service, not who gets the processor
    try:
        pipe.send((True, act(target)))
    except BaseException as fault:
        pipe.send((False, f"{type(fault).__name__}: {fault}"))


class Scene:
    """Watches a service through the three phases of an attack."""

    def __init__(self, service, token):
        self.service = service
        self.others = [Other(service.port, token) for _ in range(OTHERS)]
        self.rows = []
        for other in self.others:
            other.start()

    def watch(self, phase, seconds, is_done=lambda: True):
        begun, cpu, most = time.monotonic(), cpu_seconds(self.service), self.service.memory()
        while time.monotonic() < begun + seconds or not is_done() or self.nobody_asked(begun):
            time.sleep(0.02)
            most = max(most, self.service.memory())
        took = time.monotonic() - begun
        self.rows.append((phase, most, (cpu_seconds(self.service) - cpu) / took, self.fared(begun)))

    def nobody_asked(self, begun):
        """A busy machine may let nobody ask in a short while: then it is longer."""
        return self.fared(begun)[0] == 0 and time.monotonic() < begun + CEILING

    def attack(self, act, target, seconds):
        """In a process of its own. Returns its words."""
        ours, theirs = multiprocessing.Pipe()
        child = multiprocessing.Process(target=run_apart, args=(theirs, act, target), daemon=True)
        child.start()
        theirs.close()
        self.watch("during", seconds, lambda: ours.poll() or not child.is_alive())
        good, words = ours.recv() if ours.poll() else (False, "the attacker died")
        child.join()
        assert good, words
        return words

    def fared(self, since):
        answers = [a for other in self.others for a in list(other.answers) if a[0] >= since]
        good = sorted(seconds for _, ok, seconds in answers if ok)
        return len(answers), len(good), good[len(good) * 99 // 100] if good else 0

    def end(self):
        for other in self.others:
            other.stopping.set()
        for other in self.others:
            other.join()
            if other.fault is not None:
                raise other.fault

    def report(self, attack):
        for phase, memory, cpu, (asked, good, slow) in self.rows:
            say(f"{attack:18} {phase:6}  memory {memory / (1 << 20):6.1f} MB  CPU {cpu:5.2f} cores  "
                f"others {good} of {asked} served, p99 {slow * 1000:.0f} ms")

    def judge(self):
        for phase, memory, _, (asked, good, _) in self.rows:
            assert memory < MEMORY_CEILING, f"{phase}: {memory >> 20} MB of memory"
            assert asked > 0 and good == asked, f"{phase}: the others were served {good} times of {asked}"


def survive(service, name, act, target, seconds):
    """One attack: what is seen is said, then judged."""
    scene = Scene(service, target.token)
    scene.watch("before", PEACE)
    try:
        words = scene.attack(act, target, seconds)
        scene.watch("after", PEACE)
    finally:
        scene.end()
        scene.report(name)
    say(f"{name:18} {words}")
    scene.judge()
