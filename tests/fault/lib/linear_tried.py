# SPDX-License-Identifier: Apache-2.0
"""The checker of histories, tried: beside a search of all orders on small histories, and on faults planted in large ones."""
import functools
import random

from lib.linear import NEVER, Register

SMALL = 3000  # histories


def is_linear_by_search(operations):
    """operations: (begin, end, whether it writes, value). By trying all orders that the times allow."""
    @functools.cache
    def search(left, value):
        if not any(operations[i][1] < NEVER for i in left):
            return True  # what is left never ended: it need not have happened
        first_end = min(operations[i][1] for i in left)
        return any(search(left - {i}, operations[i][3]) for i in left
                   if operations[i][0] <= first_end and (operations[i][2] or operations[i][3] == value))
    return search(frozenset(range(len(operations))), None)


def register_of(operations):
    register = Register("r")
    for begin, end, writes, value in operations:
        (register.wrote if writes else register.read)(value, begin, end, "written" if writes else "read")
    return register


def history_make(chance, count, spread):
    """Of an honest register: each operation happens at a moment of its own, ${spread} at most from its begin and its end. One
    write in ten is never answered."""
    value, operations = None, []
    for moment in range(count):
        begin, end = moment - chance.random() * spread, moment + chance.random() * spread
        writes = chance.random() < 0.4
        if writes:
            value = moment
            end = NEVER if chance.random() < 0.1 else end
        operations.append((begin, end, writes, value))
    return operations


def small_ones_agree(chance):
    """Whatever is read, the checker and the search say the same."""
    told = {True: 0, False: 0}
    for _ in range(SMALL):
        operations = history_make(chance, chance.randint(2, 7), 3)
        values = [None, "of nobody"] + [value for *_, writes, value in operations if writes]
        if chance.random() < 0.7:
            operations = [(begin, end, writes, value if writes or chance.random() < 0.6 else chance.choice(values))
                          for begin, end, writes, value in operations]
        linear = not register_of(operations).faults()
        assert linear == is_linear_by_search(tuple(operations)), operations
        told[linear] += 1
    assert min(told.values()) > SMALL / 10, told


def large_ones_are_judged(chance):
    """An honest history passes; one read of what stood before the last answered write does not."""
    tried = 0
    while tried < 20:
        operations = history_make(chance, 2000, 5)
        assert not register_of(operations).faults()
        place = stale_place(operations)
        if place is None:
            continue  # hardly any has no such read
        tried += 1
        at, before = place
        begin, end, _, _ = operations[at]
        operations[at] = (begin, end, False, before)
        assert register_of(operations).faults(), operations[at]


def stale_place(operations):
    """A read in the latter half that began after the write of what it saw was answered, and after a read of the value before had
    long ended; and that value. None: there is none."""
    written = {value: (n, end) for n, (_, end, writes, value) in enumerate(operations) if writes}
    order = [None, *written]
    for n in range(len(operations) // 2, len(operations)):
        begin, _, writes, value = operations[n]
        if not writes and value is not None and written[value][1] < begin:
            before = order[order.index(value) - 1]
            if before is not None and written[before][1] < operations[written[value][0]][0]:
                return n, before
    return None


def try_checker(seed):
    chance = random.Random(seed)
    small_ones_agree(chance)
    large_ones_are_judged(chance)


if __name__ == "__main__":
    try_checker(random.random())
