#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: on a bare Debian 12 the package installs, `akkoord setup` makes what is needed, and what it prints is all that there is to do.

The machine is a container with systemd as its first process, in a network of its own; the package is script/package's. What setup prints
is run as it is printed, then the README's first five minutes. After a restart of everything what was said still stands, and so it does when
the package was removed and installed again.
"""
import json
import os
import re
import shutil

from engine import BASES, engine_find, readme_blocks, scratch, skip, works
from lib.house import CEILING, ROOT, eventually, run, say

IMAGE = "localhost/akkoord-bare"
BARE = f"""FROM {BASES[0]}
RUN apt-get update -qq && apt-get install -y -qq systemd systemd-sysv curl >/dev/null
"""  # curl: of the README's commands
EXPOSURE_MAX = 2.0  # as systemd-analyze counts: 0 is confined, 10 is not at all
SETTINGS = "set -a; . /etc/akkoord/akkoord.env; set +a\n"


class Machine:
    """with Machine(engine) as machine: ... It is gone at the end."""

    def __init__(self, engine):
        self.engine = engine
        self.name = f"akkoord-bare-{os.getpid()}"

    def __enter__(self):
        run(self.engine, "run", "--detach", "--name", self.name, "--privileged",
            *(("--systemd=always",) if self.engine == "podman" else ("--cgroupns=host", "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw")),
            IMAGE, "/sbin/init")
        eventually("systemd is up", lambda: self.tells("systemctl is-system-running") in ("running", "degraded"), CEILING)
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            say(self.tells("journalctl --no-pager --lines 40 --unit akkoord"))
        run(self.engine, "rm", "--force", "--volumes", self.name)

    def shell(self, script):
        return run(self.engine, "exec", self.name, "bash", "-euc", script)

    def tells(self, script):
        """What a command prints, however it ends."""
        return self.shell(f"{script} 2>&1 || true").strip()

    def put(self, file):
        run(self.engine, "cp", file, f"{self.name}:/root/{file.name}")


def image_build(engine):
    if not works(engine, "image", "inspect", BASES[0]):
        skip(f"{engine} has no image {BASES[0]}, and this test pulls none")
    folder = scratch("machine")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text(BARE, encoding="utf-8")
    if not works(engine, "build", "--network=host", *(("--isolation=chroot",) if engine == "podman" else ()), "--tag", IMAGE, folder):
        skip(f"{BASES[0]} cannot be given systemd: Debian's packages are not to be had")


def package_make():
    """As README says."""
    run(ROOT / "script/package")
    [package] = (ROOT / "build/package").glob("akkoord_*.deb")
    return package


def commands_in(printed):
    """The indented lines of what setup prints."""
    return [line.strip() for line in printed.split("\nNext:\n")[1].splitlines() if line.startswith("    ")]


def install(machine, package):
    install_line, setup = readme_blocks("Debian 12, under systemd")[0].strip().splitlines()
    machine.put(package)
    machine.shell("cd /root && apt-get update -qq && DEBIAN_FRONTEND=noninteractive "
                  + install_line.replace("apt install", "apt-get install -y -qq"))
    assert machine.tells("systemctl is-active akkoord") == "inactive", "it runs before it was set up"
    eventually("PostgreSQL is up", lambda: machine.tells("systemctl is-active postgresql@15-main") == "active", CEILING)
    return machine.shell(setup)


def is_up(machine):
    return machine.tells("curl -s http://127.0.0.1:8080/readyz") == '{"status":"ready"}'


def five_minutes(machine, key):
    """Recorded, allowed, withdrawn, refused."""
    names = f"url=http://127.0.0.1:8080; auth='Authorization: Bearer {key}'; json='Content-Type: application/json'\n"
    record, check, withdraw, batch = [block for block in readme_blocks("The first five minutes") if "curl" in block]

    def answer(command):
        return machine.shell(names + command)
    assert json.loads(answer(record))["effect"] == "applied"
    assert json.loads(answer(check))["reason"] == "granted"
    answer(withdraw)
    assert json.loads(answer(check))["reason"] == "withdrawn"
    assert answer(batch) == "", "a mailing list without consents came back"
    return lambda: json.loads(answer(check))["reason"]


def main():
    engine = engine_find()
    image_build(engine)
    package = package_make()
    with Machine(engine) as machine:
        printed = install(machine, package)
        key = machine.shell("\n".join(commands_in(printed))).strip().splitlines()[-1]
        assert re.fullmatch(r"akk_\S+", key), key
        eventually("the service is up", lambda: is_up(machine), CEILING)
        reason = five_minutes(machine, key)

        findings = machine.shell(SETTINGS + "akkoord doctor")
        assert not re.search(r"^(warning|error)", findings, re.M), findings
        assert "made" not in machine.shell("akkoord setup"), "set up twice is another set-up"
        exposure = machine.tells("systemd-analyze security akkoord").splitlines()[-1]
        assert float(re.search(r": ([0-9.]+) ", exposure)[1]) < EXPOSURE_MAX, exposure

        machine.shell("systemctl restart postgresql akkoord")
        eventually("it is up again", lambda: is_up(machine), CEILING)
        assert reason() == "withdrawn"
        machine.shell("apt-get remove -y -qq akkoord && ! systemctl is-active --quiet akkoord")
        machine.shell(f"DEBIAN_FRONTEND=noninteractive apt-get install -y -qq /root/{package.name} && systemctl enable --now akkoord")
        eventually("it is up after it was installed again", lambda: is_up(machine), CEILING)
        assert reason() == "withdrawn"
    say("installed, set up, used, restarted, removed and installed again: as printed")


main()
