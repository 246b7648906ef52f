#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: the Debian package has what it should, and Debian's own linter finds no error.

Packages of this build are made and looked into; in the long form (AKKOORD_TEST_LONG) those that script/package makes.
"""
import pathlib
import re
import shutil
import subprocess
import tempfile

from lib.house import LONG, PROGRAM, ROOT, run

NEEDS = ("libcurl4", "tzdata", "libpq5", "libjwt0", "libjansson4", "systemd | systemd-standalone-sysusers")
HOLDS = ("/usr/bin/akkoord", "/usr/lib/systemd/system/akkoord.service", "/usr/lib/sysusers.d/akkoord.conf", "/usr/share/man/man1/akkoord.1.gz",
         "/usr/share/man/man1/akkoord-setup.1.gz", "/usr/share/bash-completion/completions/akkoord",
         "/usr/share/doc/akkoord/examples/demo.json", "/usr/share/doc/akkoord/copyright")


def version():
    return re.search(r"project\(akkoord VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))[1]


def made_short(folder):
    """Of the build that is tested; nothing is built anew."""
    run("cpack", "--config", PROGRAM.parent / "CPackConfig.cmake", "-B", folder, "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=gzip")
    return folder


def made_long():
    run(ROOT / "script/package", umask=0o027)
    return ROOT / "build/package"


def look(folder):
    [package] = folder.glob(f"akkoord_{version()}*_*.deb")
    [library] = folder.glob(f"libakkoord-mask_{version()}*_*.deb")
    depends = run("dpkg-deb", "--field", package, "Depends")
    for name in NEEDS:
        assert name in depends, f"{name}: {depends}"
    held = {line.split()[5].removeprefix("."): line for line in run("dpkg-deb", "--contents", package).splitlines()}
    for path in HOLDS:
        assert path in held and " root/root " in held[path], f"{path}: {held.get(path)}"
    assert not any("node_modules" in path or path.startswith(("/etc", "/usr/local")) for path in held), held.keys()
    closed = [line for line in held.values() if line.startswith("d") and not line.startswith("drwxr-xr-x ")]
    assert not closed, closed
    control = run("dpkg-deb", "--info", package)
    assert all(name in control for name in ("postinst", "prerm", "postrm")), control
    assert "/usr/include/akkoord-mask.h" in run("dpkg-deb", "--contents", library)
    if shutil.which("lintian"):
        done = subprocess.run(["lintian", "--fail-on", "none", package], capture_output=True, text=True, check=False)
        errors = [line for line in done.stdout.splitlines() if line.startswith("E:")]
        assert not errors, "\n".join(errors)
    return package


def main():
    with tempfile.TemporaryDirectory(dir=PROGRAM.parent) as folder:
        look(made_long() if LONG else made_short(pathlib.Path(folder)))


main()
