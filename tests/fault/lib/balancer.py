# SPDX-License-Identifier: Apache-2.0
"""What stands before several nodes: it asks each for /readyz, and sends requests only to those that say 200."""
import itertools
import json
import threading
import time

from lib.client import Client, question_of
from lib.http2 import Connection, Lost
from lib.witness import TRUTH, check_one

EVERY = 0.1  # seconds between two looks at a node
PAUSE = 0.01  # seconds between requests over HTTP/2, in which a GOAWAY may come


class Balancer(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.nodes = []
        self.ready = []
        self.turns = itertools.count()
        self.ended = threading.Event()

    def run(self):
        while not self.ended.is_set():
            self.look()
            time.sleep(EVERY)

    def look(self):
        self.ready = [node for node in self.nodes if node.health() == 200]

    def pick(self):
        ready = self.ready
        assert ready, "the balancer has no node that is ready"
        return ready[next(self.turns) % len(ready)].port

    def client(self, token):
        return BalancedClient(self, token)


class BalancedClient(Client):
    """Takes the next node for each request, over connections that it keeps."""

    def __init__(self, balancer, token):
        super().__init__(None, token)
        self.balancer = balancer
        self.lines = {}

    def ask(self, *words, **more):
        self.port = self.balancer.pick()
        self.line = self.lines.pop(self.port, None)
        answer = super().ask(*words, **more)
        if self.line is not None:
            self.lines[self.port] = self.line
        self.line = None
        return answer

    def close(self):
        for line in self.lines.values():
            line.close()


class Polite(Connection):
    """Finishes what is in flight when it is told to go away."""

    leaving = False

    def take_goaway(self, last_stream):
        self.leaving = True
        lost = [stream for stream in self.begun if stream > last_stream]
        assert not lost, f"streams {lost} were begun and are not answered: the server said {last_stream}"


class Http2Checker(threading.Thread):
    """Checks over HTTP/2, several at a time, on one connection for as long as the node lets it."""

    AT_A_TIME = 4

    def __init__(self, balancer, token):
        super().__init__(daemon=True)
        self.balancer = balancer
        self.token = token
        self.line = None
        self.left = 0  # connections that were told to go away
        self.answered = 0
        self.lost = []
        self.stopping = threading.Event()
        self.fault = None

    def run(self):
        try:
            while not self.stopping.is_set():
                self.turn()
        except Exception as fault:  # raised again by finish()
            self.fault = fault

    def turn(self):
        if self.line is None or self.line.leaving:
            self.left += self.line is not None
            self.line = Polite(self.balancer.pick(), self.token)
        try:
            names = list(itertools.islice(itertools.cycle(TRUTH), self.AT_A_TIME))
            streams = [(name, self.line.begin("/v1/check", json.dumps(question_of(name)))) for name in names]
            for name, stream in streams:
                check_one(self.line.wait(stream), name, failures=())
                self.answered += 1
            time.sleep(PAUSE)
            self.line.poll()
        except Lost:
            self.lost.append(time.monotonic())
            self.line = None

    def since(self, before):
        """How many checks were answered since there were so many. What failed is raised."""
        if self.fault is not None:
            raise self.fault
        return self.answered - before

    def finish(self):
        self.stopping.set()
        self.join()
        if self.line is not None:
            self.line.drop()
        if self.fault is not None:
            raise self.fault
