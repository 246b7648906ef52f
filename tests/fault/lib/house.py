# SPDX-License-Identifier: Apache-2.0
"""All that a scenario needs around it: a private PostgreSQL, keys, a policy, a token, and services that can be killed.

From the environment: AKKOORD, the program (of a build with or without sanitizers); AKKOORD_TEST_LONG, the long form.
Everything made lies in the build folder, and is taken away at the end; logs stay in fault/ there.
"""
import base64
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = pathlib.Path(os.environ.get("AKKOORD", ROOT / "build/asan/akkoord")).resolve()
LONG = "AKKOORD_TEST_LONG" in os.environ
CONTROLLER = "demo"
SCOPES = "consent:record consent:import consent:check consent:withdraw subject:read policy:read changes:read mask"
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|runtime error:|Assertion .* failed")
CEILING = 180  # seconds: nothing that comes at all takes longer, on the slowest machine


def say(text):
    print(text, flush=True)


def eventually(what, condition, seconds=CEILING):
    """The first true value of condition(), asked ten times a second."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)
    return value


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def command_line(process):
    """Empty when it is gone."""
    try:
        return pathlib.Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def signal_send(process, number):
    try:
        os.kill(process, number)
    except ProcessLookupError:
        pass  # it had its own end


class Cluster:
    def __init__(self, name, create=True):
        self.folder = PROGRAM.parent / "clusters" / name
        self.command("destroy")
        if create:
            self.command("create")

    def command(self, verb, *words, **options):
        return run(ROOT / "script/lib/cluster", verb, self.folder, *words, **options)

    def conninfo(self, role, *way):
        return self.command("conninfo", role, *way).strip()

    def start(self):
        self.command("start")

    def destroy(self):
        self.command("destroy")

    def turn_clock(self, seconds):
        """Starts it anew with a clock so many seconds ahead."""
        self.command("stop")
        home = (self.folder / "home").read_text(encoding="utf-8").strip()
        preload = shutil.copy(os.environ["CLOCK_AHEAD"], home)  # where the database's own user can read it
        os.chmod(preload, 0o755)
        (self.folder / "environment").write_text(f"LD_PRELOAD={preload}\nAKKOORD_CLOCK_AHEAD={seconds:.0f}\n",
                                                 encoding="utf-8")
        self.start()
        [[shown]] = self.rows("select extract(epoch from clock_timestamp())")
        assert abs(float(shown) - time.time() - seconds) < CEILING, "the clock does not turn: the preload does not work"

    def rows(self, sql):
        """What a query answers, a list of texts a row."""
        text = self.command("sql", "akkoord", input=sql)
        return [line.split("|") for line in text.splitlines()]

    def ledger_is_whole(self):
        """What is kept and what was purged are 1..n together, each once."""
        wrong = self.rows(
            "select r.no from head h cross join generate_series(1, h.revision) r(no) where (select count(*) from event e where "
            "e.controller_id = h.controller_id and e.revision = r.no) + (select count(*) from purged p where p.controller_id = "
            "h.controller_id and r.no between p.from_revision and p.to_revision) <> 1;")
        assert not wrong, f"the ledger is not 1..n: {wrong[:5]}"

    def home(self):
        """The folder that it lives in."""
        return pathlib.Path((self.folder / "home").read_text(encoding="utf-8").strip())

    def log(self):
        return (self.home() / "log").read_text(encoding="utf-8", errors="replace")

    def processes(self):
        """The postmaster, then its children; none when it is stopped or was killed."""
        try:
            with open(self.home() / "data/postmaster.pid", encoding="ascii") as file:
                postmaster = int(file.readline())
            children = pathlib.Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text(encoding="ascii")
        except (FileNotFoundError, ProcessLookupError):
            return []
        return [postmaster] + [int(child) for child in children.split()]

    def clients(self):
        """The backends that serve the service."""
        return [p for p in self.processes() if b"postgres: akkoord " in command_line(p)]

    def kill(self):
        """Returns when all of it is gone: one that is still dying would pass for one that runs, and its port for taken."""
        self.signal_all(signal.SIGKILL)
        eventually("PostgreSQL is gone", lambda: not self.processes())

    def kill_client(self, chance):
        """One of the backends that serve the service, if there is any."""
        if clients := self.clients():
            signal_send(chance.choice(clients), signal.SIGKILL)

    def signal_all(self, number):
        """The postmaster comes first: it must not start a new child in a dead one's place."""
        for process in self.processes():
            signal_send(process, number)


def port_hold():
    """Bound and not listening: no other program is given the port meanwhile, and the service can bind it too (SO_REUSEADDR)."""
    hold = socket.socket()
    hold.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    hold.bind(("127.0.0.1", 0))
    return hold


class Service:
    """One process of the program. Its ports stay its own when it is started again. With a certificate it listens for TLS too."""

    def __init__(self, name, settings, log):
        self.name = name
        self.holds = [port_hold(), port_hold()]
        self.port, self.tls_port = (hold.getsockname()[1] for hold in self.holds)
        self.settings = settings | {"AKKOORD_LISTEN": f"127.0.0.1:{self.port}"}
        if "AKKOORD_TLS_CERT_FILE" in settings:
            self.settings["AKKOORD_TLS_LISTEN"] = f"127.0.0.1:{self.tls_port}"
        self.log = log
        self.program = PROGRAM
        self.process = None

    def launch(self, **settings):
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([self.program, "serve"], env=self.settings | settings, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)

    def start(self, **settings):
        self.launch(**settings)
        eventually(f"{self.name} is ready", self.ready)

    def ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with status {self.process.returncode}\n{self.log_tail()}")
        return self.health() == 200

    def health(self):
        """The status of /readyz, or None while nobody answers."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=60) as line:
                line.sendall(b"GET /readyz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
                return int(line.recv(64).split()[1])
        except (OSError, IndexError):
            return None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self):
        """SIGTERM: it leaves in order, whatever it has been through."""
        self.signal(signal.SIGTERM)
        try:
            status = self.process.wait(CEILING)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} does not leave on SIGTERM\n{self.log_tail()}") from None
        self.process = None
        self.check_log()
        assert status == 0, f"{self.name} left with status {status}\n{self.log_tail()}"

    def log_text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def check_log(self):
        found = SANITIZER.search(self.log_text())
        assert not found, f"{self.name}: {found.group()}\n{self.log_tail()}"

    def log_tail(self):
        """The end of the log, or the beginning of what a sanitizer says."""
        text = self.log_text()
        found = SANITIZER.search(text)
        return "\n".join(text[found.start():].splitlines()[:60] if found else text.splitlines()[-30:])

    def memory(self):
        """Bytes that are in memory now."""
        pages = pathlib.Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGESIZE")


class House:
    """with House("name") as house: ... Whatever runs in it is killed at the end, and the cluster removed."""

    def __init__(self, name):
        self.name = name
        self.program = PROGRAM
        self.folder = PROGRAM.parent / "fault" / name
        self.services = []

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.cluster = Cluster(f"fault-{self.name}")
        try:
            self.furnish()
        except BaseException:
            self.cluster.destroy()
            raise
        return self

    def furnish(self):
        key, link_key = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
        self.settings = {
            "PATH": os.environ["PATH"],
            "AKKOORD_DATABASE": self.cluster.conninfo("service"),
            "AKKOORD_MIGRATE_DATABASE": self.cluster.conninfo("owner"),
            "AKKOORD_JWT_SECRET_FILE": self.secret("jwt.secret", secrets.token_urlsafe(48)),
            "AKKOORD_SUBJECT_KEY_FILE": self.secret("subject.keys", f"1:{key}\n"),
            "AKKOORD_LINK_KEY_FILE": self.secret("link.keys", f"1:{link_key}\n"),
            "AKKOORD_METRICS_LISTEN": "none",
            "AKKOORD_THREADS": "2",
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""),
            "LSAN_OPTIONS": f"suppressions={ROOT}/tests/fault/leaks.supp:print_suppressions=0",
            "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", "print_stacktrace=1"),
        }
        self.command("migrate")
        self.command("apply", ROOT / "examples/demo.json")
        self.token = self.command("token", "--controller", CONTROLLER, "--scope", SCOPES, "--ttl", "2h").strip()

    def __exit__(self, kind, *_):
        for service in self.services:
            if service.process is not None:
                service.kill()
            if kind is not None:
                print(f"--- the end of {service.name}'s log\n{service.log_tail()}", file=sys.stderr)
            for hold in service.holds:
                hold.close()
        self.cluster.signal_all(signal.SIGCONT)
        self.cluster.destroy()

    def secret(self, name, text):
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="ascii")
        return str(path)

    def certify(self):
        """From here on services speak TLS as well. With RSA, which costs a server the most."""
        certificate, key = self.folder / "cert.pem", self.secret("cert-key.pem", "")
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate)
        self.settings |= {"AKKOORD_TLS_CERT_FILE": str(certificate), "AKKOORD_TLS_KEY_FILE": key}

    def command(self, *words):
        return run(PROGRAM, *words, env=self.settings)

    def service(self, name="service", **settings):
        """A service that is not started yet."""
        service = Service(name, self.settings | settings, self.folder / f"{name}.log")
        service.log.touch()
        self.services.append(service)
        return service
