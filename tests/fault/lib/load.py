# SPDX-License-Identifier: Apache-2.0
"""Records and checks without a pause, while something happens to the database."""
import time

from lib.client import Client
from lib.house import eventually
from lib.journal import Journal, recorders_finish, recorders_start
from lib.witness import persons_make, witnesses_finish, witnesses_start

SIZES = (0, 0, 0, 3, 40)


def first_since(threads, moment):
    """When the last of them had his first good answer after that moment; None while one has had none. What failed in one
    is raised."""
    for thread in threads:
        if thread.fault is not None:
            raise thread.fault
    firsts = [next((m for m in t.moments if m > moment), None) for t in threads]
    return None if None in firsts else max(firsts)


class Load:
    def __init__(self, house, service):
        self.client = Client(service.port, house.token)
        self.journal = Journal()
        self.statuses = None
        persons_make(self.client)
        self.recorders = recorders_start(self.journal, service.port, house.token, SIZES)
        self.witnesses = witnesses_start(service.port, house.token)

    def threads(self):
        return self.recorders + self.witnesses

    def flows(self):
        """Waits until everybody had a good answer from now on. Returns how many seconds it took."""
        begun = time.monotonic()
        return eventually("all is answered", lambda: first_since(self.threads(), begun)) - begun

    def checks_flow(self):
        """As above, of checks."""
        begun = time.monotonic()
        eventually("checks are answered", lambda: first_since(self.witnesses[:1], begun))

    def failures(self):
        """How many requests to record were answered so far with which failure."""
        return {status: sum(status in s.statuses for s in list(self.journal.sent)) for status in (503, 504)}

    def finish(self, cluster):
        """Ends it, and holds the ledger against all that was answered."""
        recorders_finish(self.recorders)
        self.statuses = witnesses_finish(self.witnesses)
        self.journal.repeat_unanswered(self.client)
        self.client.close()
        self.journal.check(cluster)

    def slowest(self):
        return max(t.slowest for t in self.threads())

    def __str__(self):
        return f"{self.journal}; checks by status: {self.statuses}; slowest answer {self.slowest():.1f} s"
