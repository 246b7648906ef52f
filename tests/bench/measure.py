# SPDX-License-Identifier: Apache-2.0
"""What the modes of script/bench that are programs of their own have in common."""
import os
import pathlib
import re
import statistics

from lib.house import run, say

LOAD = os.environ.get("AKKOORD_LOAD", "bench_load")
TICK = os.sysconf("SC_CLK_TCK")


def ticks(pid, reaped=False):
    """Of a process with all its threads, and of the children it has reaped. None of one that has ended."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0  # the postmaster counts it
    return sum(int(t) for t in stat[11:15 if reaped else 13])


def service_cpu(service):
    """Seconds."""
    return ticks(service.process.pid) / TICK


def database_cpu(house):
    """Seconds, of the postmaster and of all its children, those that ended too."""
    return sum(ticks(pid, reaped=n == 0) for n, pid in enumerate(house.cluster.processes())) / TICK


def load(service, client, path, seconds, *more, connections=8, streams=32):
    """Asks, for so long at the most. -> what the client counted, by name"""
    told = run(LOAD, "--port", service.port, "--path", path, "--connections", connections, "--streams", streams, "--seconds", seconds,
               "--token", client.token, *more)
    return {name: float(value) for name, value in re.findall(r"(\w+)=([0-9.]+)", told)}


def row(what, values, limit, unit, digits=1):
    median, least, most = (f"{v:.{digits}f}" for v in (statistics.median(values), min(values), max(values)))
    say(f"{what:<46} {median:>10} {unit:<10} {least} to {most}; limit {limit}")


def machine(house):
    """What a figure was measured on, and beside what."""
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    [[version, buffers, commit, fsync]] = house.cluster.rows(
        "select current_setting('server_version'), current_setting('shared_buffers'), current_setting('synchronous_commit'), "
        "current_setting('fsync');")
    say(f"{os.cpu_count()} cores ({model.group(1) if model else '?'}), load {os.getloadavg()[0]:.1f}, all of it on this machine; "
        f"PostgreSQL {version}, shared_buffers {buffers}, synchronous_commit {commit}, fsync {fsync}")
