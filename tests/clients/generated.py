#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: a client that a generator makes from the contract, as docs/clients.md says, compiles and does what a shop needs.

The generator is openapi-typescript with openapi-fetch, in the versions of generated/package-lock.json. Without a network: 77.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests/fault"))

from lib.house import House, say  # noqa: E402

UNREACHABLE = r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|SELF_SIGNED_CERT"
SKIPPED = 77
SAID = "201 true granted\n200 withdrawn\n422 urn:akkoord:problem:unknown-purpose\n"


def run(folder, *words, **settings):
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=300, **settings)


def fetch(folder):
    """What package-lock.json pins, once."""
    mark = folder / "node_modules/fetched.lock"
    lock = (HERE / "generated/package-lock.json").read_bytes()
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "tsconfig.json", "client.ts"):
        shutil.copy(HERE / "generated" / name, folder)
    if mark.exists() and mark.read_bytes() == lock:
        return
    done = run(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1")
    if done.returncode != 0:
        say(done.stderr)
        sys.exit(SKIPPED if re.search(UNREACHABLE, done.stderr) else 1)
    mark.write_bytes(lock)


def main():
    if shutil.which("npm") is None:
        say("there is no npm here: no client was generated")
        sys.exit(SKIPPED)
    folder = ROOT / "build/generated-client"
    fetch(folder)
    program = folder / "node_modules/.bin"
    for words in ((program / "openapi-typescript", ROOT / "openapi/akkoord.yaml", "--default-non-nullable", "false", "-o", "akkoord.ts"),
                  (program / "tsc",)):
        done = run(folder, *words)
        assert done.returncode == 0, done.stdout + done.stderr
    with House("generated") as house:
        service = house.service()
        service.start()
        done = run(folder, "node", "client.js", env=os.environ | {
            "AKKOORD_URL": f"http://127.0.0.1:{service.port}", "AKKOORD_TOKEN": house.token})
        assert done.returncode == 0 and done.stdout == SAID, done.stdout + done.stderr
        service.stop()


main()
