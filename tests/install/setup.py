#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: `akkoord setup` brings a bare PostgreSQL to a service that runs, may be run again, and is stopped by what would lose something.

A cluster without our roles. Set up once: keys, roles, database, schema, options, none of them readable by others; the service starts on
the options that were written. Again: not a byte changes. Then what it must refuse, in words of what to do: a PostgreSQL that is not there,
a superuser that is none, a lost key, a lost password, another database than before. A set-up that was cut off in its middle goes on.
"""
import os
import pathlib
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import urllib.error
import urllib.request

from lib.house import PROGRAM, ROOT, SANITIZER, Cluster, eventually, run

NOTHING = "drop database if exists akkoord; drop role if exists akkoord; drop role if exists akkoord_owner;"


class Place:
    def __init__(self, cluster, folder):
        self.cluster, self.folder = cluster, folder
        port = (cluster.folder / "port").read_text(encoding="ascii").strip()
        self.environment = {"PATH": os.environ["PATH"], "PGHOST": f"{cluster.home()}/socket", "PGPORT": port}
        self.environment |= {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
        self.environment["LSAN_OPTIONS"] = f"suppressions={ROOT}/tests/fault/leaks.supp:print_suppressions=0"

    def setup(self, *words, status=0, **settings):
        done = subprocess.run([PROGRAM, "setup", "--folder", self.folder, *words], capture_output=True, text=True, check=False,
                              env=self.environment | settings, timeout=120, cwd=self.folder.parents[-2])
        assert done.returncode == status and not SANITIZER.search(done.stderr), f"{done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout if status == 0 else done.stderr

    def refuses(self, *sentences, **settings):
        told = self.setup(status=1, **settings)
        for sentence in sentences:
            assert sentence in told, f"{sentence}: {told}"

    def files(self):
        return {path.relative_to(self.folder): path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file()}

    def bare(self):
        for statement in NOTHING.split(";")[:-1]:
            self.cluster.command("sql", "postgres", input=statement)
        shutil.rmtree(self.folder, ignore_errors=True)

    def shell(self, command, **settings):
        """As the printed next step says."""
        return run("bash", "-euc", f"set -a; . {self.folder}/akkoord.env; set +a; {command}", env=self.environment | settings)


def closed(place):
    for path in place.folder.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert path.is_dir() or not mode & 0o137, f"{path}: {mode:o}"


def serves(place):
    with socket.create_server(("127.0.0.1", 0)) as hold:
        port = hold.getsockname()[1]
    settings = {"AKKOORD_METRICS_LISTEN": "none"}
    command = f"exec {PROGRAM} serve --listen 127.0.0.1:{port}"
    with subprocess.Popen(["bash", "-euc", f"set -a; . {place.folder}/akkoord.env; set +a; {command}"],
                          env=place.environment | settings) as service:
        def ready():
            try:
                return urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).status == 200
            except (OSError, urllib.error.URLError):
                return False
        try:
            eventually("it serves", ready)
            place.shell(f"{PROGRAM} apply {ROOT}/examples/demo.json")
            key = place.shell(f"{PROGRAM} key add first --controller demo --scope consent:check")
            assert key.startswith("akk_"), key
            service.send_signal(signal.SIGTERM)
            assert service.wait(timeout=60) == 0
        finally:
            service.kill()  # of a story that failed: its end would else be waited for


def story(place):
    place.bare()
    told = place.setup("--controller", "demo")
    assert "made the role akkoord_owner" in told and "akkoord key add" in told, told
    assert "akkoord apply" not in told and "akkoord serve &" in told, "what is not there is not named"
    [[encoding, locale]] = place.cluster.rows("select pg_encoding_to_char(encoding), datcollate from pg_database where datname = 'akkoord'")
    assert (encoding, locale) == ("UTF8", "C.UTF-8"), "as its texts are, whatever the cluster's template has"
    closed(place)
    first = place.files()
    names = {str(name) for name in first}
    assert names == {"akkoord.env", "migrate-database", "keys/database", "keys/subject.keys", "keys/link.keys", "keys/jwt.secret",
                     "keys/receipts/demo.pem"}, names
    serves(place)
    told = place.setup("--controller", "demo")
    assert "made " not in told and place.files() == first, told
    # With the options that it wrote, no superuser is needed any more.
    place.shell(f"PGHOST=/nowhere {PROGRAM} setup --folder {place.folder}")
    assert place.files() == first
    text = place.cluster.log()
    assert not any(word.decode() in text for word in first.values()), "PostgreSQL's log has a secret"
    return first


def refusals(place, first):
    place.refuses("PostgreSQL as its superuser", "AKKOORD_SUPERUSER_DATABASE", PGHOST="/nowhere")
    service = (place.folder / "keys/database").read_text(encoding="utf-8").strip()
    place.refuses("is no superuser: name one that is", AKKOORD_SUPERUSER_DATABASE=service)
    named = {"AKKOORD_DATABASE": service, "PGHOST": "/nowhere"}  # as in a shell with the options that it wrote
    for name, option in (("keys/subject.keys", "AKKOORD_SUBJECT_KEY_FILE"), ("keys/link.keys", "AKKOORD_LINK_KEY_FILE")):
        (place.folder / name).unlink()
        place.refuses(option, "bring the key back")
        place.refuses(option, "bring the key back", **named)
        assert not (place.folder / name).exists()
        (place.folder / name).write_bytes(first[pathlib.Path(name)])
        (place.folder / name).chmod(0o600)
    place.refuses("keys/database: it names another database: take the file away, or leave AKKOORD_DATABASE unset",
                  **named | {"AKKOORD_DATABASE": "dbname=other"})
    place.refuses("migrate-database: it names another database", "AKKOORD_MIGRATE_DATABASE", **named)
    assert place.files() == first
    (place.folder / "keys/database").write_text(f"dbname=akkoord password={49 * 'x'}", encoding="utf-8")
    place.refuses("keys/database: it is no conninfo with a password of ours")
    (place.folder / "keys/database").unlink()
    place.refuses("with the password of the role akkoord", "bring the file back")
    assert not (place.folder / "keys/database").exists()
    place.bare()
    place.folder.parent.joinpath("file").touch()
    place.refuses("name a folder that may be made", AKKOORD_RECEIPT_KEY_DIR=f"{place.folder.parent}/file/receipts")


def goes_on(place):
    """Cut off after the passwords were kept, and before the roles were made."""
    place.bare()
    (place.folder / "keys.new").mkdir(parents=True)  # before it was given to whom it is for
    place.setup()
    assert not (place.folder / "keys.new").exists()
    for statement in NOTHING.split(";")[:-1]:
        place.cluster.command("sql", "postgres", input=statement)
    kept = place.files()
    (place.folder / "keys/subject.keys").unlink()
    told = place.setup()
    assert "made the database akkoord" in told, told
    del kept[pathlib.Path("keys/subject.keys")]
    assert kept.items() <= place.files().items()


def named_options(place):
    """What the options name is written down, so that the service is started with it."""
    other = Place(place.cluster, place.folder.parent / "other")
    settings = {"AKKOORD_DATABASE": (place.folder / "keys/database").read_text(encoding="utf-8").strip(),
                "AKKOORD_MIGRATE_DATABASE": (place.folder / "migrate-database").read_text(encoding="utf-8").strip(),
                "AKKOORD_SUBJECT_KEY_FILE": f"{place.folder}/keys/subject.keys", "AKKOORD_JWT_SECRET_FILE": f"{place.folder}/keys/jwt.secret",
                "AKKOORD_JWKS_FILE": f"{place.folder.parent}/jwks.json", "AKKOORD_JWT_ISSUER": "https://id.example.nl"}
    other.setup(**settings)
    lines = (other.folder / "akkoord.env").read_text(encoding="utf-8").splitlines()
    for name, value in settings.items():
        assert "DATABASE" in name or f'{name}="{value}"' in lines, name
    odd = Place(place.cluster, place.folder.parent / "a$b")
    assert "without what a shell reads otherwise" in odd.setup(status=2) and not odd.folder.exists()


def main():
    cluster = Cluster("setup")
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            place = Place(cluster, pathlib.Path(folder) / "etc/akkoord")
            refusals(place, story(place))
            goes_on(place)
            named_options(place)
            keys = Place(cluster, pathlib.Path(folder) / "keys")
            keys.setup("--keys-only", "--controller", "demo", PGHOST="/nowhere")
            assert len(keys.files()) == 4, keys.files().keys()
    finally:
        cluster.destroy()


main()
