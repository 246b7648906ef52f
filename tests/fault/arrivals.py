#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: who opens a connection for each request and shows a valid token is not held up; who shows none is, and the operator hears of it once.

400 new connections a second from one address, each with one request. With a valid token (8 s, in the long form a minute): none is turned
away. Without one: some are, they are counted under their cause, and the log says so once, with the option's name. AKKOORD_ARRIVALS=0
turns nobody away.
"""
import http.client
import json
import re
import socket
import time

from lib.client import JSON, question_of
from lib.house import LONG, House, port_hold, say

RATE = 400  # a second: twice the default
SECONDS = 60 if LONG else 8
TOLD = "event=guard.arrivals option=AKKOORD_ARRIVALS"


def ask(service, head):
    """The status of one request on a connection of its own; None: it was turned away."""
    try:
        with socket.create_connection(("127.0.0.1", service.port), timeout=60) as line:
            line.sendall(head)
            return int(line.recv(64).split()[1])
    except (ConnectionError, IndexError):
        return None


def head_of(path, token=None, body=None):
    fields = ["Host: test", "Connection: close"]
    fields += [f"Authorization: Bearer {token}"] if token else []
    fields += [f"Content-Type: {JSON}", f"Content-Length: {len(body)}"] if body else []
    return ("\r\n".join([f"{'POST' if body else 'GET'} {path} HTTP/1.1", *fields]) + "\r\n\r\n" + (body or "")).encode()


def storm(service, head, seconds):
    """Statuses, at an even pace; how many a second there were."""
    statuses, begun = [], time.monotonic()
    while (at := len(statuses) / RATE) < seconds:
        if (early := begun + at - time.monotonic()) > 0:
            time.sleep(early)
        statuses.append(ask(service, head))
    return statuses, len(statuses) / (time.monotonic() - begun)


def turned_away(service):
    """As /metrics counts; asked from another address."""
    line = http.client.HTTPConnection("127.0.0.1", service.metrics_port, timeout=60, source_address=("127.0.0.2", 0))
    line.request("GET", "/metrics")
    text = line.getresponse().read().decode()
    line.close()
    return int(re.search(r'akkoord_connections_shut_total{cause="arrivals"} (\d+)', text).group(1))


def serve(house, name, **settings):
    hold = port_hold()
    port = hold.getsockname()[1]
    service = house.service(name, AKKOORD_METRICS_LISTEN=f"127.0.0.1:{port}", AKKOORD_ADDRESS_LIMIT="0", **settings)
    service.holds.append(hold)
    service.metrics_port = port
    service.start()
    return service


def main():
    with House("arrivals") as house:
        known = head_of("/v1/check", house.token, json.dumps(question_of("somebody")))
        stranger = head_of("/healthz")

        service = serve(house, "limited")
        statuses, rate = storm(service, known, SECONDS)
        say(f"with a token: {len(statuses)} connections, {rate:.0f} a second, {turned_away(service)} turned away")
        assert set(statuses) == {200}, {status: statuses.count(status) for status in set(statuses)}
        assert turned_away(service) == 0 and TOLD not in service.log_text()

        statuses, rate = storm(service, stranger, 8)
        refused, told = statuses.count(None), service.log_text().count(TOLD)
        say(f"without one: {len(statuses)} connections, {rate:.0f} a second, {refused} turned away, told {told} times")
        assert refused > 0 and statuses.count(200) == len(statuses) - refused
        assert turned_away(service) == refused and told == 1
        service.stop()

        service = serve(house, "unlimited", AKKOORD_ARRIVALS="0")
        statuses, rate = storm(service, stranger, 8)
        say(f"AKKOORD_ARRIVALS=0: {len(statuses)} connections, {rate:.0f} a second, {turned_away(service)} turned away")
        assert set(statuses) == {200} and turned_away(service) == 0
        service.stop()


main()
