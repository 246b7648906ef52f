# SPDX-License-Identifier: Apache-2.0
"""pgbouncer in front of a cluster."""
import os
import shutil
import socket
import subprocess

from lib.house import eventually

SETTINGS = """
[databases]
akkoord = host={socket} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
logfile = {log}
"""


def port_free():
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


class Pooler:
    """Its files lie in the cluster's home: as root it runs as PostgreSQL's user, who may be unable to enter others."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.port = port_free()
        self.process = None

    def conninfo(self):
        return f"{self.cluster.conninfo('service', 'tcp')} port={self.port}"

    def start(self, **settings):
        home = self.cluster.home()
        port = (self.cluster.folder / "port").read_text(encoding="ascii").strip()
        logins = [line.split(":") for line in (self.cluster.folder / "pgpass").read_text(encoding="ascii").splitlines()]
        (home / "users.txt").write_text("".join(f'"{l[3]}" "{l[4]}"\n' for l in logins), encoding="ascii")
        text = SETTINGS.format(socket=home / "socket", port=port, own_port=self.port, users=home / "users.txt",
                               log=home / "pgbouncer.log")
        text += "".join(f"{name} = {value}\n" for name, value in settings.items())
        (home / "pgbouncer.ini").write_text(text, encoding="utf-8")
        program = shutil.which("pgbouncer", path=os.environ["PATH"] + ":/usr/sbin")
        drop = ["-u", "postgres"] if os.geteuid() == 0 else []
        if drop:
            for name in ("users.txt", "pgbouncer.ini"):
                shutil.chown(home / name, "postgres")
        self.process = subprocess.Popen([program, "-q", *drop, home / "pgbouncer.ini"], cwd=home, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually("pgbouncer listens", self.listens)

    def listens(self):
        assert self.process.poll() is None, f"pgbouncer ended\n{(self.cluster.home() / 'pgbouncer.log').read_text()}"
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process = None
