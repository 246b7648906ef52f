# SPDX-License-Identifier: Apache-2.0
"""Whether what clients were told of registers is linearizable: as if each operation had happened at one moment between its
begin and its end.

A register holds one value at a time, and each value is written once. So a read tells which write it saw, and the question is
decided without a search (Gibbons and Korach, Testing Shared Memories, 1997). Of all operations with one value take the
first end and the last begin, its zone. Where the first end comes first the value stood from there to the last begin: a
forward zone. Else it stood at some moment between the two: a backward zone. The history is linearizable if and only if

 (1) no read ended before its value's write began;
 (2) no two forward zones overlap;
 (3) no backward zone lies within another value's forward zone.

A write whose outcome is not known ends never: it may have happened at any time after its begin, or not at all.
"""
import bisect
import math

NEVER = math.inf


class Operation:
    """One read or write of a register's value."""

    __slots__ = ("begin", "end", "story")

    def __init__(self, begin, end, story):
        self.begin, self.end, self.story = begin, end, story

    def __str__(self):
        return f"{self.story} from {self.begin:.6f} to {self.end:.6f}"


class Zone:
    """What is kept of all operations with one value."""

    __slots__ = ("write", "first", "last")

    def __init__(self):
        self.write = None
        self.first = None  # the operation that ended first
        self.last = None  # the one that began last

    def add(self, operation):
        if self.first is None or operation.end < self.first.end:
            self.first = operation
        if self.last is None or operation.begin > self.last.begin:
            self.last = operation

    def is_forward(self):
        return self.first.end < self.last.begin

    def __str__(self):
        return f"[{self.first}; {self.last}]"


class Register:
    def __init__(self, name, initial=None):
        self.name = name
        self.zones = {}
        self.wrote(initial, -NEVER, -NEVER, "what stood at first")

    def zone(self, value):
        if value not in self.zones:
            self.zones[value] = Zone()
        return self.zones[value]

    def wrote(self, value, begin, end, story):
        """Once a value. end: NEVER when the outcome is not known."""
        zone = self.zone(value)
        assert zone.write is None, f"{self.name}: {value} is written twice"
        zone.write = Operation(begin, end, story)
        zone.add(zone.write)

    def read(self, value, begin, end, story):
        self.zone(value).add(Operation(begin, end, story))

    def faults(self):
        """What is not linearizable, in words; empty: all is."""
        found = []
        for value, zone in self.zones.items():
            if zone.write is None:
                found.append(f"{self.name}: nobody wrote {value}: {zone.first}")
            elif zone.first.end < zone.write.begin:
                found.append(f"{self.name}: read before it was written: {zone}")  # (1)
        forward = sorted((z for z in self.zones.values() if z.is_forward()), key=lambda z: z.first.end)
        for one, next_one in zip(forward, forward[1:]):
            if next_one.first.end < one.last.begin:
                found.append(f"{self.name}: each stood while the other did: {one} {next_one}")  # (2)
        return found or self.swallowed(forward)

    def swallowed(self, forward):
        """(3); no two of ${forward} overlap."""
        begins = [zone.first.end for zone in forward]
        found = []
        for zone in self.zones.values():
            if zone.is_forward():
                continue
            at = bisect.bisect_left(begins, zone.last.begin) - 1
            if at >= 0 and zone.first.end < forward[at].last.begin:
                found.append(f"{self.name}: it stood while another did: {zone} {forward[at]}")
        return found
