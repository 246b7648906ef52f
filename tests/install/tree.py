#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: `cmake --install` brings all that belongs to the program, and what is generated says what --help says.

A prefix of its own is filled. Each command has a man page that man reads without a warning, with each flag and option that its --help
shows; bash completes commands, flags, words and files; systemd finds nothing to say of the unit; one version is told everywhere.
"""
import pathlib
import re
import shutil
import subprocess
import tempfile

from lib.house import PROGRAM, ROOT, run, say

PLAIN = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "MANWIDTH": "200"}


def commands():
    return re.findall(r"^  ([a-z-]+) ", run(PROGRAM, "--help").split("\n\n")[1], re.M)


def flags(text):
    return set(re.findall(r"--[a-z0-9]+(?:-[a-z0-9]+)*", text))


def pages(prefix):
    folder = prefix / "share/man/man1"
    assert {page.name for page in folder.iterdir()} == {"akkoord.1.gz"} | {f"akkoord-{name}.1.gz" for name in commands()}
    for page in sorted(folder.iterdir()):
        done = subprocess.run(["man", "--warnings", "-l", "-Tutf8", page], capture_output=True, text=True, check=False,
                              env=PLAIN | {"GROFF_NO_SGR": "1"})
        assert done.returncode == 0 and not done.stderr, f"{page.name}: {done.stderr}"
        shown = re.sub(".\b", "", done.stdout)
        name = page.name.removesuffix(".1.gz").removeprefix("akkoord").removeprefix("-")
        helped = run(PROGRAM, *([name, "--help"] if name else ["--help"]))
        missing = flags(helped) - flags(shown) - {"--help", "--version"}
        assert not missing, f"{page.name}: lacks {missing}"
        assert f"akkoord {version()}" in shown.splitlines()[-1], f"{page.name}: {shown.splitlines()[-1]}"


def links(prefix):
    """Each page that was installed leads to what was installed."""
    folder, dead, found = prefix / "share/doc/akkoord", [], 0
    for page in sorted(folder.rglob("*.md")):
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
        for link in re.findall(r"\]\(([^)\s#]+)[^)]*\)", text):
            if not re.match(r"[a-z]+:", link):
                found += 1
                dead += [] if (page.parent / link).exists() else [f"{page.relative_to(folder)}: {link}"]
    assert found > 20 and not dead, f"of {found} links these lead nowhere: {dead}"


def completes(prefix, *words):
    script = f"""
        . {prefix}/share/bash-completion/completions/akkoord
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        _akkoord
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-euc", script, "bash", *words], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def completion(prefix):
    assert set(commands()) <= set(completes(prefix, "akkoord", ""))
    assert completes(prefix, "akkoord", "app") == ["apply"]
    assert completes(prefix, "akkoord", "--m") == ["--manual"]
    assert completes(prefix, "akkoord", "--manual", "examp") == ["examples"]
    for name in commands():
        helped = run(PROGRAM, name, "--help")
        missing = flags(helped) - set(completes(prefix, "akkoord", name, "--"))
        assert not missing, f"{name}: {missing}"
    assert completes(prefix, "akkoord", "key", "re") == ["revoke"]
    assert completes(prefix, "akkoord", "import", "--format", "") == ["csv", "ndjson"]
    assert completes(prefix, "akkoord", "serve", "--log-level", "d") == ["debug"]
    assert completes(prefix, "akkoord", "apply", "examples/de") == ["examples/demo.json"]
    assert completes(prefix, "akkoord", "serve", "--tls-cert-file", "READ") == ["README.md"]
    assert completes(prefix, "akkoord", "import", "--url", "") == []


def unit(prefix):
    if not shutil.which("systemd-analyze"):
        return say("there is no systemd-analyze here: the unit was not verified")
    folder = prefix / "verified"
    folder.mkdir()
    text = (prefix / "lib/systemd/system/akkoord.service").read_text(encoding="utf-8")
    at = folder / "akkoord.service"  # a user that is here, a program and a page where this tree has them
    at.write_text(text.replace("ExecStart=akkoord", f"ExecStart={prefix}/bin/akkoord").replace("=akkoord\n", "=daemon\n")
                  .replace("Documentation=man:akkoord(1)\n", ""), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", at], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and str(at) not in done.stderr, done.stderr


def version():
    return re.search(r"project\(akkoord VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))[1]


def main():
    with tempfile.TemporaryDirectory(dir=PROGRAM.parent) as folder:
        prefix = pathlib.Path(folder)
        run("cmake", "--install", PROGRAM.parent, "--prefix", prefix)
        for name in ("bin/akkoord", "lib/sysusers.d/akkoord.conf", "include/akkoord-mask.h",
                     "share/doc/akkoord/examples/demo.json", "share/doc/akkoord/README.md"):
            assert (prefix / name).is_file(), name
        assert list(prefix.glob("lib/**/libakkoord-mask.so.0")), "no library"
        assert run(prefix / "bin/akkoord", "--version") == f"akkoord {version()}\n"
        pages(prefix)
        links(prefix)
        completion(prefix)
        unit(prefix)


main()
