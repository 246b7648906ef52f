#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`clients/web/build --release` keeps each script under its hash, for a year after the release that replaced it; and what the tree keeps
is what its name says."""
import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEB = ROOT / "clients/web"


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def release(web, date):
    subprocess.run([web / "build", "--release", date], check=True)
    return dict(line.split() for line in (web / "released/list").read_text().splitlines())


def is_kept(web, name):
    return (web / "released" / name).exists()


def held(web):
    """That each file has the hash of its name, and a line of its own."""
    files = {path.name for path in (web / "released").glob("*.js")}
    for name in files:
        assert name.split(".")[1] == sha256(web / "released" / name), name
    assert files == {line.split()[0] for line in (web / "released/list").read_text().splitlines()}


if (WEB / "released").exists():
    held(WEB)
if not (WEB / "dist/built").exists():
    print("the scripts were not minified")
    sys.exit(77)
with tempfile.TemporaryDirectory() as folder:
    web = pathlib.Path(folder) / "web"
    shutil.copytree(WEB, web, ignore=shutil.ignore_patterns("node_modules", "released"))
    names = {path.stem: f"{path.stem}.{sha256(path)}.js" for path in (web / "dist").glob("*.js")}
    assert len(names) > 5 and "banner" in names, names
    assert release(web, "2030-01-31") == {name: "-" for name in names.values()}
    held(web)

    # another banner comes: the old one stays, from then on for a year
    (web / "dist/banner.js").write_text("another")
    another = f"banner.{sha256(web / 'dist/banner.js')}.js"
    expected = {**{name: "-" for name in names.values()}, another: "-", names["banner"]: "2030-06-30"}
    assert release(web, "2030-06-30") == expected
    assert release(web, "2031-06-30") == expected, "a year to the day"
    held(web)
    assert is_kept(web, names["banner"])
    assert names["banner"] not in release(web, "2031-07-01")
    assert not is_kept(web, names["banner"]) and is_kept(web, another) and is_kept(web, names["quiet"])
    held(web)

    # what is current again stays for good
    (web / "dist/banner.js").write_text("a third")
    assert release(web, "2031-08-01")[another] == "2031-08-01"
    (web / "dist/banner.js").write_text("another")
    assert release(web, "2031-09-01")[another] == "-"
    held(web)
print("ok")
