# SPDX-License-Identifier: Apache-2.0
"""How far an attack reaches when the attacker has little: the share of its CPU that the service spends on a flood, and the share of
their throughput that others keep. A measurement: its figures are said beside their limits, and fail nothing.

The attacker has a tenth of a core: stopped and let go (SIGSTOP, SIGCONT) by the CPU time that it has used, which needs no rights and
no cgroup. In the rounds without an attack a process burns the CPU that the attacker used: on one machine, the attacker's own CPU
would else count as the service's.
"""
import multiprocessing
import os
import signal
import statistics
import subprocess
import threading
import time

from lib.client import Client
from lib.flood import Target
from lib.house import say

SHARE = 0.1  # of a core, for the attacker
SPENT_MAX, KEPT_MIN = 0.1, 0.9
ROUNDS, SECONDS = 3, 2  # of the service and the attacker alone
PAIRS, PAIR_SECONDS = 6, 1  # of others without an attack and with it, in either order
SUBJECTS = 1000
BODY = '{"subject": {"type": "customer", "value": "c%07d"}, "purpose": "newsletter"}'
BURST = 0.01  # seconds of CPU at once
WARM = 0.3  # seconds until an attack is on


def cpu_of(process):
    """Seconds of CPU that a process has used, of all its threads (clock_getcpuclockid(3))."""
    try:
        return time.clock_gettime((~process << 3) | 2)
    except OSError:
        return 0  # it has ended


def share_of(process, seconds):
    """Of a core, that it uses in the coming seconds."""
    begun, cpu = time.monotonic(), cpu_of(process)
    time.sleep(seconds)
    return (cpu_of(process) - cpu) / (time.monotonic() - begun)


class Capped:
    """with Capped(act, share): act() in a process of its own, which gets ${share} of a core."""

    def __init__(self, act, share=SHARE):
        self.child = multiprocessing.Process(target=act, daemon=True)
        self.share = share
        self.ending = threading.Event()
        self.governor = threading.Thread(target=self.govern, daemon=True)

    def __enter__(self):
        self.child.start()
        self.pid = self.child.pid
        self.governor.start()
        return self

    def govern(self):
        earned, seen, then, stopped = 0.0, cpu_of(self.pid), time.monotonic(), False
        while not self.ending.wait(0.002):
            used, now = cpu_of(self.pid), time.monotonic()
            earned = min(earned + (now - then) * self.share, BURST) - (used - seen)
            seen, then = used, now
            if stopped != (earned < 0):
                stopped = not stopped
                os.kill(self.pid, signal.SIGSTOP if stopped else signal.SIGCONT)

    def __exit__(self, *_):
        self.ending.set()
        self.governor.join()
        self.child.kill()
        self.child.join()


def again_and_again(act, target):
    """An attack that has come to its end begins anew; what it asserts is for those who have the time."""
    while target.is_on():
        try:
            act(target)
        except Exception:
            time.sleep(0.001)


def burn():
    while True:
        pass


class Reach:
    """Of attacks on one service; ${load} is the program that asks on the others' behalf."""

    def __init__(self, service, token, load, tls):
        self.tls = tls
        self.service = service
        self.token = token
        self.load = load
        client = Client(service.port, token)
        records = [{"subject": {"type": "customer", "value": f"c{n:07}"}, "purpose": "newsletter", "event_state": "given",
                    "collection_method": "web_form"} for n in range(SUBJECTS)]
        assert client.post("/v1/consents", records).status == 201
        client.close()

    def attacker(self, act):
        """From an address that the service has not met."""
        target = Target(self.service, self.token, 3600, self.tls)
        return Capped(lambda: again_and_again(act, target))

    def throughput(self):
        """Checks a second over a few connections of HTTP/2."""
        words = [self.load, "--port", self.service.port, "--path", "/v1/check", "--body", BODY, "--range", SUBJECTS, "--random",
                 "--connections", 8, "--streams", 32, "--seconds", PAIR_SECONDS, "--token", self.token]
        text = subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout
        figures = dict(pair.split("=") for pair in text.split())
        refused = {name: n for name, n in figures.items() if name.startswith("status_") and name != "status_200"}
        assert not refused and figures["lost"] == "0", f"the others were not served: {text}"
        return float(figures["rate"])

    def alone(self, act):
        """The cores that the service spends on a flood while nobody else asks, and those that the attacker used."""
        with self.attacker(act) as attacker:
            begun = cpu_of(attacker.pid)
            spent = share_of(self.service.process.pid, SECONDS)
            return spent, (cpu_of(attacker.pid) - begun) / SECONDS

    def throughput_under(self, process):
        with process:
            time.sleep(WARM)
            return self.throughput()

    def kept(self, act, used, first):
        """What is left of the others' throughput. The order is turned: a machine has its moods."""
        figures = {}
        for attacked in (first, not first):
            figures[attacked] = self.throughput_under(self.attacker(act) if attacked else Capped(burn, used))
        return figures[True] / figures[False]

    def measure(self, name, act, cores):
        idle = share_of(self.service.process.pid, 1)
        floods = [self.alone(act) for _ in range(ROUNDS)]
        spent, used = (statistics.median(column) for column in zip(*floods))
        spent = max(spent - idle, 0) / cores
        kept = sorted(self.kept(act, used, pair % 2 == 0) for pair in range(PAIRS))
        middle = statistics.median(kept)
        good = spent <= SPENT_MAX and middle >= KEPT_MIN
        say(f"{name:20} {used:8.3f} {spent:8.1%}   {middle:8.2f}  ({kept[0]:.2f} to {kept[-1]:.2f})  {'ok' if good else 'MISSED'}")


def reach(service, token, load, attacks, tls, cores):
    """${attacks}: pairs of a name and what it does."""
    say(f"the attacker's cores (at most {SHARE}), the service's CPU on it (limit {SPENT_MAX:.0%} of {cores} cores), "
        f"what others keep (limit {KEPT_MIN}); medians")
    scene = Reach(service, token, load, tls)
    for name, act in attacks:
        scene.measure(name, act, cores)
