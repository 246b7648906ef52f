# SPDX-License-Identifier: Apache-2.0
"""The container engine of this machine, Docker or Podman, and one run of compose.yaml from a clean copy of the tree.

Nothing is pulled: the images that ours stand on must be here already, else the test is skipped, and says so.
"""
import http.client
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

from lib.house import CEILING, ROOT, eventually, run, say

SKIPPED = 77  # ctest's word for it, tests/docker/CMakeLists.txt
BASES = ("docker.io/library/debian:bookworm-slim", "docker.io/library/postgres:15-bookworm")
IMAGE = "localhost/akkoord-test"
NODES = ("akkoord-1", "akkoord-2")
PORTS = ("AKKOORD_PORT_1", "AKKOORD_PORT_2", "AKKOORD_METRICS_PORT_1", "AKKOORD_METRICS_PORT_2")


def works(*command):
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
    except OSError:
        return False


def skip(reason):
    say(f"\n*** SKIPPED: {reason}\n*** The image and compose.yaml were NOT tested.\n")
    sys.exit(SKIPPED)


def ports_free(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def ready(port):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        line.request("GET", "/readyz")
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def readme_blocks(heading):
    """The indented or fenced commands below one heading of the README."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^```\n(.*?)^```", section, re.S | re.M)


def engine_find():
    if works("docker", "compose", "version") and works("docker", "info"):
        return "docker"
    if works("podman", "info") and works("podman-compose", "--version"):
        return "podman"
    return skip("there is no container engine: Docker with its compose plugin that answers, or Podman with podman-compose")


def tree_copy(target):
    """What a clean clone would hold, with what is not committed yet."""
    shutil.rmtree(target, ignore_errors=True)
    names = run("git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)


class Stack:
    """with Stack(folder) as stack: ... Containers, volumes and network are taken away at the end."""

    def __init__(self, folder):
        self.engine = engine_find()
        self.folder = folder
        self.project = f"akkoord-test-{os.getpid()}"
        self.settings = os.environ | {"AKKOORD_IMAGE": IMAGE, "AKKOORD_PULL_POLICY": "missing", "COMPOSE_PROJECT_NAME": self.project}
        self.ports = ports_free(len(PORTS))  # of the nodes, then of their metrics
        self.settings |= {name: str(port) for name, port in zip(PORTS, self.ports)}
        if self.engine == "podman":
            self.settings["PATH"] = f"{ROOT}/tests/docker/podman:{os.environ['PATH']}"  # its "docker compose"
        for base in BASES:
            if not works(self.engine, "image", "inspect", base):
                skip(f"{self.engine} has no image {base}, and this test pulls none")

    def __enter__(self):
        tree_copy(self.folder)
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            self.print_logs()
        self.remove("container", "volume", "network")

    def remove(self, *kinds):
        for kind in kinds:
            flags = ["--all"] if kind == "container" else []
            ours = f"label=com.docker.compose.project={self.project}"
            found = self.command(kind, "ls", "--quiet", "--filter", ours, *flags).split()
            if found:
                self.command(kind, "rm", "--force", *(["--volumes"] if kind == "container" else []), *found)

    def print_logs(self):
        for part in ("first-run", "postgres", "migrate", "akkoord-1", "akkoord-2"):
            print(f"--- the end of {part}'s log", file=sys.stderr, flush=True)
            for container in self.containers(part):
                subprocess.run([self.engine, "logs", "--tail", "20", container], stdout=sys.stderr, check=False)

    def command(self, *words, **options):
        return run(self.engine, *words, **options)

    def build(self):
        # OCI's own format has no health check.
        form = ["--format", "docker"] if self.engine == "podman" else []
        self.command("build", *form, "--file", self.folder / "docker/Dockerfile", "--tag", IMAGE, self.folder)

    def image(self, template):
        return self.command("image", "inspect", "--format", template, IMAGE).strip()

    def shell(self, script):
        """What a shell prints in the copied tree."""
        return run("bash", "-euc", script, cwd=self.folder, env=self.settings)

    def works(self, script):
        """Podman's name server stays away for some seconds when a container was restarted: a command may have to be repeated."""
        try:
            self.shell(script)
            return True
        except AssertionError as fault:
            say(str(fault))
            return False

    def containers(self, part):
        labels = [f"label=com.docker.compose.project={self.project}", f"label=com.docker.compose.service={part}"]
        return self.command("ps", "--all", "--quiet", *[w for label in labels for w in ("--filter", label)]).split()

    def container(self, part):
        return self.containers(part)[0]

    def inspect(self, part, template):
        return self.command("container", "inspect", "--format", template, self.container(part)).strip()

    def restart(self, part):
        self.command("restart", self.container(part))

    def finished(self, part):
        """A part that does one thing and ends has ended well."""
        def ended():
            return self.inspect(part, "{{.State.Status}} {{.State.ExitCode}}") == "exited 0"
        eventually(f"{part} has ended well", ended, CEILING)

    def all_ready(self):
        for node, port in zip(NODES, self.ports):
            eventually(f"{node} is ready", lambda at=port: ready(at))
            health = (self.engine, "exec", self.container(node), "akkoord", "health")
            eventually(f"the health check of {node} passes", lambda words=health: works(*words))  # another thread may answer it

    def rows(self, sql):
        """What a query answers, a list of texts a row (lib.journal)."""
        psql = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "akkoord", "-c", sql]
        return [line.split("|") for line in self.command("exec", self.container("postgres"), *psql).splitlines()]


def scratch(name):
    """A folder in the build folder that no copied tree takes with it."""
    program = pathlib.Path(os.environ["AKKOORD"]).resolve()
    return program.parent / "docker" / name
