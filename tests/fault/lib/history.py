# SPDX-License-Identifier: Apache-2.0
"""What clients were told, and when; and whether it is linearizable, each person's each purpose a register whose values are
records.

Each client writes a file of its own, an array of JSON a line, times in seconds by the clock that never jumps:
    ["w", begin, end, outcome, ref, record, revision, registers, says]   an event that was sent
    ["r", begin, end, who, policy, [[register, record, revision, allow, reason]...]]   verdicts of one answer
    ["p", begin, end, outcome, policy]   a policy that was sent
"""
import collections
import json
import time

from lib.linear import NEVER, Register

DONE, UNKNOWN, REFUSED = "done", "unknown", "refused"
# What an act makes a check say.
SAYS = {"given": (True, "granted"), "withdrawn": (False, "withdrawn"), "refused": (False, "refused"), None: (False, "never_asked")}


class Book:
    """Of one client."""

    def __init__(self, folder, name):
        self.name = name
        self.file = open(folder / f"{name}.ndjson", "w", encoding="utf-8", buffering=1 << 16)
        self.counts = collections.Counter()

    def line(self, *words):
        self.file.write(json.dumps(words) + "\n")

    def wrote(self, begin, outcome, ref, receipt, registers, says):
        record, revision = receipt if receipt else (None, None)
        self.line("w", begin, time.monotonic(), outcome, ref, record, revision, registers, says)
        self.counts[f"{says} {outcome}"] += 1

    def read(self, begin, end, policy, verdicts):
        self.line("r", begin, end, self.name, policy, verdicts)
        self.counts["checked"] += len(verdicts)
        self.counts["allowed"] += sum(allow for *_, allow, _ in verdicts)

    def put(self, begin, outcome, policy):
        self.line("p", begin, time.monotonic(), outcome, policy)
        self.counts["policies"] += 1

    def close(self):
        self.file.close()


class History:
    """Of all clients. ${ledger}: reference -> (record, revision) of each event there is."""

    def __init__(self, folder, ledger, policy):
        self.ledger = ledger
        self.registers = {}
        self.policy = Register("the policy", policy)
        self.says = {(None, None): None}  # (record, revision) -> what was said
        self.claims = set()  # (record, revision, allow, reason) of all verdicts
        self.acknowledged = []  # (begin, end, revision)
        self.faults = []
        for path in sorted(folder.glob("*.ndjson")):
            with open(path, encoding="utf-8") as lines:
                for line in lines:
                    kind, *rest = json.loads(line)
                    {"w": self.take_write, "r": self.take_read, "p": self.take_policy}[kind](*rest)

    def register(self, name):
        if name not in self.registers:
            self.registers[name] = Register(name)
        return self.registers[name]

    def take_write(self, begin, end, outcome, ref, record, revision, registers, says):
        written = self.ledger.get(ref)
        if outcome == DONE and written != (record, revision):
            self.faults.append(f"{ref} was acknowledged as {record}, {revision}; the ledger has {written}")
        if outcome == REFUSED and written is not None:
            self.faults.append(f"{ref} was refused; the ledger has {written}")
        if written is None:
            return
        self.says[written] = says
        if outcome == DONE:
            self.acknowledged.append((begin, end, written[1]))
        for name in registers:
            self.register(name).wrote(written[0], begin, end if outcome == DONE else NEVER, f"{says} ({ref}, {outcome})")

    def take_read(self, begin, end, who, policy, verdicts):
        self.policy.read(policy, begin, end, f"under policy {policy} by {who}")
        for name, record, revision, allow, reason in verdicts:
            self.register(name).read(record, begin, end, f"{reason} by {who}")
            self.claims.add((record, revision, allow, reason))

    def take_policy(self, begin, end, outcome, policy):
        if outcome != REFUSED:
            self.policy.wrote(policy, begin, end if outcome == DONE else NEVER, f"policy {policy} ({outcome})")

    def check(self):
        """What is wrong, in words."""
        found = self.faults
        for record, revision, allow, reason in self.claims:
            if (record, revision) in self.says and SAYS[self.says[record, revision]] != (allow, reason):
                found.append(f"{allow} and {reason} of {record}, {revision}, which says {self.says[record, revision]}")
            elif (record, revision) not in self.says:
                found.append(f"a check names {record}, {revision}, which nobody sent")
        for register in [self.policy, *self.registers.values()]:
            found += register.faults()
        return found + self.out_of_order()

    def out_of_order(self):
        """Of two events the one that was begun after the other was acknowledged has the higher revision."""
        ended = sorted((end, revision) for _, end, revision in self.acknowledged)
        found, highest, at = [], 0, 0
        for begin, _, revision in sorted(self.acknowledged):
            while at < len(ended) and ended[at][0] < begin:
                highest = max(highest, ended[at][1])
                at += 1
            if revision < highest:
                found.append(f"revision {revision} was begun after {highest} was acknowledged")
        return found
