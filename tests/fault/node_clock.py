#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: a node whose clock is wrong makes no yes of a no, and holds no choice back.

Services on one database: one with the right clock, one that runs a minute fast, one a minute slow (clock_ahead.c,
preloaded; its path is in CLOCK_AHEAD). A yes and then a no, a no and then a yes, through every pair of them, one
right after the other, each checked through all: the later choice holds. A yes that says itself to be 59 s ahead, and
then a withdrawal: `withdrawn`.
"""
import datetime
import itertools
import os

from lib.client import Client, person, question_of, record_of
from lib.house import LONG, House, say

AHEAD = {"right": 0, "fast": 60, "slow": -60}
ROUNDS = 20 if LONG else 2


def nodes_start(house):
    """A client to each."""
    clients = {}
    for name, seconds in AHEAD.items():
        node = house.service(name, AKKOORD_CLOCK_AHEAD=str(seconds), LD_PRELOAD=os.environ["CLOCK_AHEAD"],
                             ASAN_OPTIONS=f"{house.settings['ASAN_OPTIONS']}:verify_asan_link_order=0")
        node.start()
        log = node.log_text()
        shown = datetime.datetime.fromisoformat(log[log.index("time=") + 5:log.index("Z ")] + "+00:00")
        off = (shown - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
        assert abs(off - seconds) < 30, f"the clock of {name} is {off:.0f} s ahead: the preload does not work"
        clients[name] = Client(node.port, house.token)
    return clients


def give(client, name, **members):
    answer = client.post("/v1/consents", record_of(name, "given") | members)
    assert answer.status == 201, answer
    return answer.body["effect"]


def refuse(client, name):
    assert client.post("/v1/consents", record_of(name, "refused")).status == 201


def withdraw(client, name, purpose="newsletter"):
    answer = client.post("/v1/withdraw", {"subject": person(name), "purpose": purpose})
    assert answer.status == 200, answer


def verdicts(clients, name):
    answers = [client.post("/v1/check", question_of(name)) for client in clients.values()]
    assert all(answer.status == 200 for answer in answers), answers
    return {answer.body["reason"] for answer in answers}


def later_choice_holds(clients, first, second, name):
    """Through first, then through second; each a yes and a no."""
    give(clients[first], f"{name}-a")
    withdraw(clients[second], f"{name}-a")
    assert verdicts(clients, f"{name}-a") == {"withdrawn"}, f"yes by {first}, withdrawal by {second}"
    give(clients[first], f"{name}-b")
    withdraw(clients[second], f"{name}-b", "*")
    assert verdicts(clients, f"{name}-b") == {"withdrawn"}, f"yes by {first}, withdrawal of all by {second}"
    give(clients[first], f"{name}-c")
    refuse(clients[second], f"{name}-c")
    assert verdicts(clients, f"{name}-c") == {"refused"}, f"yes by {first}, refusal by {second}"
    withdraw(clients[first], f"{name}-d")
    effect = give(clients[second], f"{name}-d")
    assert effect == "applied", f"withdrawal by {first}, yes by {second}: {effect}"
    assert verdicts(clients, f"{name}-d") == {"granted"}, f"withdrawal by {first}, yes by {second}"


def stamped_ahead(clients, giver, stopper, name):
    """Up to 60 s ahead counts as now."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=59)
    give(clients[giver], name, event_time=moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
    withdraw(clients[stopper], name)
    assert verdicts(clients, name) == {"withdrawn"}, f"yes by {giver} stamped 59 s ahead, withdrawal by {stopper}"


def main():
    with House("node_clock") as house:
        clients = nodes_start(house)
        pairs = list(itertools.product(clients, repeat=2))
        for number, (first, second) in itertools.product(range(ROUNDS), pairs):
            later_choice_holds(clients, first, second, f"{first}-{second}-{number}")
            stamped_ahead(clients, first, second, f"ahead-{first}-{second}-{number}")
        for node in house.services:
            node.stop()
        say(f"{ROUNDS * len(pairs)} pairs of nodes: the later choice held in each")


main()
