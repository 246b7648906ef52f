#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: a database at its limits makes answers late, or 503, and never wrong.

Under record and check load, one after the other: the service is left fewer connections than it has lanes, and loses
those it has (`akkoord doctor` counts them); the disk that the ledger lies on is full, for real, a small file system of
its own (which takes root to mount); another session holds the lock that every writer needs, or, in the long form, locks
out the readers too, as a bad migration would; commits are slow, by a trigger that sleeps, which stands in for a slow disk. Where
reading is not touched, checks go on meanwhile. It all comes back by itself; acknowledged means written, once.
"""
import contextlib
import os
import shutil
import subprocess
import time

from lib.house import LONG, PROGRAM, House, say
from lib.load import Load
from lib.session import Session

HOLD = 12 if LONG else 4.5  # seconds; lock_timeout is 2 s: the batch that waited and the next meet it, the first may be of one
DISK = 24 << 20  # bytes
SLACK = 10  # a deadline of 5 s (limits.h), on a slow machine with a sanitizer
SLOW = """
create or replace function slow_commit() returns trigger language plpgsql as $$
begin perform pg_sleep({seconds}); return null; end $$ security definer;
create constraint trigger slow_commit after update on head deferrable initially deferred
    for each row execute function slow_commit();
"""


def doctor(house, word, **settings):
    """What it says about that."""
    done = subprocess.run([PROGRAM, "doctor"], env=house.settings | settings, text=True, capture_output=True, check=False)
    return next((line for line in done.stdout.splitlines() if word in line), done.stdout)


def connections_counted(house):
    said = doctor(house, "lanes")
    assert said.startswith("ok") and "2 threads and 3 lanes has 6 connections; the database has 97" in said, said
    said = doctor(house, "lanes", AKKOORD_THREADS="64")
    assert said.startswith("PROBLEM") and "192 connections; the database has 97" in said, said


@contextlib.contextmanager
def few_connections(house):
    house.cluster.rows("alter role akkoord connection limit 3")
    house.cluster.rows("select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'akkoord'")
    yield
    said = doctor(house, "connections")
    assert "too many connections" in said, said
    house.cluster.rows("alter role akkoord connection limit -1")


@contextlib.contextmanager
def locked(house, sql):
    session = Session(house.cluster, sql)
    yield
    session.end()


@contextlib.contextmanager
def slow_disk(house, seconds):
    house.cluster.rows(SLOW.format(seconds=seconds))
    yield
    house.cluster.rows("drop trigger slow_commit on head")


@contextlib.contextmanager
def full_disk(disk):
    filler = disk / "filler"
    with open(filler, "wb") as file:
        with contextlib.suppress(OSError):
            while file.write(bytes(1 << 16)):
                file.flush()
    yield
    filler.unlink()


@contextlib.contextmanager
def small_disk(house):
    """A file system of its own for the ledger, or None where none can be mounted."""
    disk = house.cluster.home() / "disk"
    disk.mkdir()
    mounted = os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", disk],
                                                   check=False).returncode == 0
    try:
        if mounted:
            (disk / "space").mkdir()
            shutil.chown(disk / "space", "postgres", "postgres")
            house.cluster.rows(f"create tablespace small location '{disk}/space'")
            house.cluster.rows("alter table event set tablespace small")
        yield disk if mounted else None
    finally:
        if mounted:
            house.cluster.command("stop", "--now")
            subprocess.run(["umount", disk], check=True)


def trouble_run(load, name, trouble, checks_go_on=True, fails=True):
    load.flows()
    before = load.failures()
    with trouble:
        time.sleep(HOLD / 2)
        if checks_go_on:
            load.checks_flow()
        time.sleep(HOLD / 2)
    back = load.flows()
    failed = {status: count - before[status] for status, count in load.failures().items()}
    say(f"{name}: records that failed {failed}; all answered again after {back:.1f} s")
    assert sum(failed.values()) or not fails, f"{name}: nothing met it"


def troubles_run(house, load, disk):
    connections_counted(house)
    trouble_run(load, "3 connections for 6 lanes", few_connections(house), checks_go_on=False)
    trouble_run(load, "the head is locked", locked(house, "select from head for update"))
    trouble_run(load, "commits take 0.3 s", slow_disk(house, 0.3), fails=False)
    if LONG:
        trouble_run(load, "consent is locked", locked(house, "lock table consent"), checks_go_on=False)
        trouble_run(load, "commits take 7 s", slow_disk(house, 7))
    if disk:
        trouble_run(load, "the disk is full", full_disk(disk))
    else:
        say("*** NOT TESTED: a full disk. Only root can mount a small one.")


def main():
    with House("crowd_database") as house, small_disk(house) as disk:
        service = house.service()
        service.start()
        load = Load(house, service)
        troubles_run(house, load, disk)
        load.finish(house.cluster)
        service.stop()
        say(str(load))
        assert load.slowest() < SLACK, f"an answer took {load.slowest():.1f} s"


main()
