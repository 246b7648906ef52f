#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: nobody gets half of another's traffic; and on one machine a service is replaced while it serves.

A second service on a port that is taken does not start, and the first goes on to have all that comes; of two that start at
once one does. After kill -9 the port is free at once. `serve --take-over` begins beside the one that runs, where both have the
same database; with another database, with one that does not say which it has, or beside another program it does not. The
doctor sees that who holds its ports has another database.
"""
import http.client
import http.server
import json
import signal
import subprocess
import threading

from lib.house import CEILING, PROGRAM, House, eventually, run, say
from lib.pooler import port_free

ROUNDS = 8  # of two that start at once
RESETS_MAX = 3  # connections that were begun in the moment in which the old one closes its ports


def refused(house, *words, **settings):
    """What a service says that does not start."""
    done = subprocess.run([PROGRAM, "serve", *words], env=house.settings | settings, text=True, capture_output=True, check=False,
                          timeout=CEILING)
    assert done.returncode == 1, (done.returncode, done.stderr)
    [line] = [line for line in done.stderr.splitlines() if "level=error" in line]
    return line


def alive(port):
    """What a new connection's /healthz answers."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=CEILING)
    line.request("GET", "/healthz")
    answer = json.loads(line.getresponse().read())
    line.close()
    return answer


def databases_seen(port):
    return {alive(port)["database"] for _ in range(40)}


def another_database(house):
    """Another database of the same cluster; the settings for it."""
    settings = {name: house.settings[name].replace("dbname=akkoord", "dbname=other")
                for name in ("AKKOORD_DATABASE", "AKKOORD_MIGRATE_DATABASE")}
    house.cluster.command("sql", "postgres", input="create database other owner akkoord_owner")
    run(PROGRAM, "migrate", env=house.settings | settings)
    return settings


def a_taken_port_is_refused(house, service, other):
    place = {"AKKOORD_LISTEN": f"127.0.0.1:{service.port}"}
    for settings in (place, place | other):
        said = refused(house, **settings)
        assert f"AKKOORD_LISTEN: 127.0.0.1:{service.port}: Address already in use: end what listens there" in said, said
    assert len(databases_seen(service.port)) == 1


def answers(port):
    try:
        return alive(port)
    except (OSError, http.client.HTTPException):
        return None


def never_both_of_two_start(house):
    """Where both ask the kernel in the same moment it may refuse both."""
    started = 0
    for _ in range(ROUNDS):
        port = port_free()
        both = [subprocess.Popen([PROGRAM, "serve"], env=house.settings | {"AKKOORD_LISTEN": f"127.0.0.1:{port}"},
                                 stderr=subprocess.DEVNULL) for _ in range(2)]
        eventually("one of two gives up", lambda both=both: any(p.poll() is not None for p in both))
        eventually("the other is there, or gives up too",
                   lambda both=both, port=port: all(p.poll() is not None for p in both) or answers(port))
        for process in both:
            if process.poll() is None:
                started += 1
                process.send_signal(signal.SIGTERM)
        assert sorted(p.wait(CEILING) for p in both) in ([0, 1], [1, 1]), [p.returncode for p in both]
    assert started > 0


def a_killed_ones_port_is_free(service):
    held = http.client.HTTPConnection("127.0.0.1", service.port, timeout=CEILING)
    held.request("GET", "/healthz")
    held.getresponse().read()
    service.kill()
    service.start()
    held.close()


class Asker(threading.Thread):
    """New connections without a pause, and what went wrong with them."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.answers, self.failed, self.ended = port, 0, [], threading.Event()

    def run(self):
        while not self.ended.is_set() and len(self.failed) <= RESETS_MAX:
            try:
                assert alive(self.port)["status"] == "ok"
                self.answers += 1
            except (OSError, http.client.HTTPException, AssertionError) as e:
                self.failed.append(e)


def the_place_is_taken_over(house, old):
    new = house.service("new", AKKOORD_LISTEN=f"127.0.0.1:{old.port}")
    new.settings["AKKOORD_LISTEN"] = f"127.0.0.1:{old.port}"
    asker = Asker(old.port)
    asker.start()
    with open(new.log, "a", encoding="utf-8") as log:
        new.process = subprocess.Popen([PROGRAM, "serve", "--take-over"], env=new.settings, stdout=log, stderr=log)
    eventually("the new one listens", lambda: "event=server.start" in new.log_text())
    before = asker.answers
    eventually("both answer", lambda: asker.answers > before + 50)
    old.stop()
    before = asker.answers
    eventually("the new one answers", lambda: asker.answers > before + 50)
    asker.ended.set()
    asker.join()
    # The kernel resets what it has begun with a socket that is closed, where net.ipv4.tcp_migrate_req is off.
    assert len(asker.failed) <= RESETS_MAX and all(isinstance(e, ConnectionResetError) for e in asker.failed), asker.failed
    return new, asker


class Mute(http.server.BaseHTTPRequestHandler):
    """Not an akkoord; or one of an earlier release, which does not say which database it has."""
    server_version, sys_version = "akkoord", ""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status":"ok"}')

    def version_string(self):
        return self.server_version

    def log_message(self, *_):
        pass


def others_are_not_joined(house, service, other):
    place = {"AKKOORD_LISTEN": f"127.0.0.1:{service.port}"}
    said = refused(house, "--take-over", **place | other)
    assert "an akkoord listens there that has another database" in said and f":{service.port}: " in said, said
    said = refused(house, "--take-over", **place | {"AKKOORD_DATABASE": f"host=127.0.0.1 port={port_free()}"})
    assert "this database does not say which it is, or cannot be reached" in said, said
    server = http.server.HTTPServer(("127.0.0.1", 0), Mute)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = {"AKKOORD_LISTEN": f"127.0.0.1:{server.server_port}"}
    assert "does not say which database it has" in refused(house, "--take-over", **place)
    Mute.server_version = "somebody"
    assert "a program listens there that is not akkoord" in refused(house, "--take-over", **place)
    server.shutdown()


def the_doctor_compares(house, service, other):
    settings = house.settings | {"AKKOORD_LISTEN": f"127.0.0.1:{service.port}"}
    done = subprocess.run([PROGRAM, "doctor"], env=settings, text=True, capture_output=True, check=False)
    assert "is held by an akkoord that runs" in done.stdout, done.stdout
    done = subprocess.run([PROGRAM, "doctor"], env=settings | other, text=True, capture_output=True, check=False)
    assert done.returncode == 1 and "is held by an akkoord that has another database" in done.stdout, done.stdout


def main():
    with House("take_over") as house:
        other = another_database(house)
        house.settings["AKKOORD_ARRIVALS"] = "0"  # the asker is one address
        service = house.service("old")
        service.start()
        a_taken_port_is_refused(house, service, other)
        never_both_of_two_start(house)
        a_killed_ones_port_is_free(service)
        others_are_not_joined(house, service, other)
        the_doctor_compares(house, service, other)
        new, asker = the_place_is_taken_over(house, service)
        new.stop()
        free = house.service("free")
        with open(free.log, "a", encoding="utf-8") as log:
            free.process = subprocess.Popen([PROGRAM, "serve", "--take-over"], env=free.settings, stdout=log, stderr=log)
        eventually("nobody was there: it starts", free.ready)
        free.stop()
    say(f"a second service was refused; a place was taken over with {asker.answers} new connections, "
        f"{len(asker.failed)} of which were reset as the old one left")


main()
