#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: `akkoord doctor` says in words what is wrong with a set-up, and what to do; of a sound one it complains of nothing.

A service runs, over clear text and TLS, and its own ports are no fault. Then each mistake by itself: in the settings, in
the files of keys and certificates, in PostgreSQL (a wrong password, no schema, one that is too old, a standby that
commits wait for and that is away), in the clock, in the limits of the process, and a port that somebody else holds.
"""
import base64
import os
import pathlib
import re
import resource
import secrets
import socket
import subprocess

from lib.house import PROGRAM, SANITIZER, House, eventually, run, say
from lib.pooler import port_free
from lib.session import Session

FEW_FILES = 512
HOST = "consent.example.nl"


class Doctor:
    def __init__(self, house, settings):
        self.settings = house.settings | settings
        self.asked = 0

    def ask(self, files_max=None, **settings):
        """Status and text, of what is not as it should be alone; a setting of None is taken out."""
        merged = {name: value for name, value in (self.settings | settings).items() if value is not None}

        def limit():
            if files_max:
                resource.setrlimit(resource.RLIMIT_NOFILE, (files_max, files_max))
        done = subprocess.run([PROGRAM, "doctor"], env=merged, text=True, capture_output=True, check=False, timeout=60,
                              preexec_fn=limit)
        assert not SANITIZER.search(done.stderr), done.stderr
        self.asked += 1
        return done.returncode, [line for line in done.stdout.splitlines() if re.match("warning|PROBLEM", line)], done.stdout

    def well(self, *sentences, **settings):
        status, complaints, text = self.ask(**settings)
        assert status == 0 and not complaints, complaints
        for sentence in sentences:
            assert re.search(f"^ok +.*{sentence}", text, re.M), f"{sentence}\n{text}"

    def finds(self, word, sentence, **settings):
        """One complaint, and no other."""
        status, complaints, _ = self.ask(**settings)
        assert status == (1 if word == "PROBLEM" else 0), (sentence, status, complaints)
        assert len(complaints) == 1 and complaints[0].startswith(word) and sentence in complaints[0], (sentence, complaints)

    def problem(self, sentence, **settings):
        self.finds("PROBLEM", sentence, **settings)

    def warning(self, sentence, **settings):
        self.finds("warning", sentence, **settings)


def certificate(house, name, days=365, host=HOST):
    """Paths of a certificate, signed by itself, and of its key."""
    key, pem, request = (house.folder / f"{name}.{suffix}" for suffix in ("key", "pem", "csr"))
    run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
    key.chmod(0o600)
    run("openssl", "req", "-new", "-key", key, "-subj", f"/CN={host}", "-out", request)
    run("openssl", "x509", "-req", "-in", request, "-signkey", key, "-days", str(days), "-out", pem)
    return str(pem), str(key)


def ports_are_its_own(doctor, service):
    doctor.well(f"port {service.port} is held by an akkoord that runs: it answers /healthz",
                f"port {service.tls_port} is held by an akkoord that runs: it answers /healthz",
                "is held by an akkoord that runs: it answers /metrics")
    with socket.create_server(("127.0.0.1", 0)) as other:
        place = f"127.0.0.1:{other.getsockname()[1]}"
        doctor.problem("is held by a program that does not answer /healthz: end that", AKKOORD_LISTEN=place)
        doctor.problem("does not answer /healthz over TLS", AKKOORD_TLS_LISTEN=place)
    doctor.problem("192.0.2.7 port 8080 is not an address of this machine: see AKKOORD_LISTEN", AKKOORD_LISTEN="192.0.2.7:8080")
    doctor.problem("there is no such host", AKKOORD_METRICS_LISTEN="nobody.invalid:9464")
    free = port_free()
    doctor.well(f"port {free} is free", AKKOORD_LISTEN=f"127.0.0.1:{free}")


def files_are_looked_at(house, doctor):
    exposed = pathlib.Path(house.secret("exposed.keys", pathlib.Path(house.settings["AKKOORD_SUBJECT_KEY_FILE"]).read_text("ascii")))
    exposed.chmod(0o644)
    doctor.problem("exposed.keys: it can be read by others than the service: chmod 600", AKKOORD_SUBJECT_KEY_FILE=str(exposed))
    other = house.secret("other.keys", f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}\n")
    doctor.problem("a subject key is missing or is not the one the database knows", AKKOORD_SUBJECT_KEY_FILE=other)
    doctor.problem("AKKOORD_SUBJECT_KEY_FILE is not set: has the doctor the service's own settings?",
                   AKKOORD_SUBJECT_KEY_FILE=None)
    doctor.problem("the secret is shorter than 32 bytes", AKKOORD_JWT_SECRET_FILE=house.secret("short.secret", "hush"))
    doctor.problem("there is no key to verify tokens with", AKKOORD_JWT_SECRET_FILE=None)


def certificates_are_looked_at(house, doctor):
    free = {"AKKOORD_TLS_LISTEN": f"127.0.0.1:{port_free()}"}

    def shown(name, **how):
        pem, key = certificate(house, name, **how)
        return free | {"AKKOORD_TLS_CERT_FILE": pem, "AKKOORD_TLS_KEY_FILE": key}
    good, expired = shown("good"), shown("expired", days=-1)
    doctor.well("the certificate and its key fit; it expires on .*, in 36[45] days", **good)
    doctor.problem("the certificate expired on ", **expired)
    doctor.warning(": renew it", **shown("soon", days=3))
    doctor.warning(f"the certificate is not for {HOST}", **shown("other", host="other.example.nl"))
    doctor.problem("is not the key of the first certificate", **good | {"AKKOORD_TLS_KEY_FILE": expired["AKKOORD_TLS_KEY_FILE"]})
    doctor.problem("is no private key as PEM", **good | {"AKKOORD_TLS_KEY_FILE": house.secret("nothing", "")})
    doctor.problem("cannot be read: No such file", **good | {"AKKOORD_TLS_CERT_FILE": "/nonexistent"})
    doctor.problem("AKKOORD_TLS_LISTEN needs", AKKOORD_TLS_CERT_FILE=None)


def a_new_certificate_is_shown(house, doctor, service):
    """After SIGHUP, and not before."""
    pem, key = certificate(house, "new")
    os.replace(pem, doctor.settings["AKKOORD_TLS_CERT_FILE"])
    os.replace(key, doctor.settings["AKKOORD_TLS_KEY_FILE"])
    doctor.warning("shows another certificate than lies in AKKOORD_TLS_CERT_FILE: send it SIGHUP")
    service.signal(1)
    eventually("the new certificate", lambda: not doctor.ask()[1])


def links_are_looked_at(doctor):
    everywhere = {"AKKOORD_LISTEN": f":{port_free()}"}
    doctor.warning("to others that is their own machine", AKKOORD_PUBLIC_URL="http://localhost:8080", **everywhere)
    doctor.warning("in clear text", AKKOORD_PUBLIC_URL=f"http://{HOST}")


def connections_are_looked_at(house, doctor):
    socket_, tcp = house.cluster.conninfo("service"), house.cluster.conninfo("service", "tcp")
    doctor.problem("password authentication failed for user \"akkoord\": give the role this password",
                   AKKOORD_DATABASE=f"{tcp} password=wrong")
    doctor.problem("Connection refused: does PostgreSQL run", AKKOORD_DATABASE=f"host=127.0.0.1 port={port_free()}")
    doctor.problem("No such file or directory: does PostgreSQL run", AKKOORD_DATABASE=f"host={house.folder}")
    doctor.problem("does not exist: make it", AKKOORD_DATABASE=socket_.replace("dbname=akkoord", "dbname=nothing"))
    doctor.problem("correct the host in AKKOORD_DATABASE", AKKOORD_DATABASE="host=nobody.invalid")
    doctor.problem("AKKOORD_DATABASE: invalid connection option", AKKOORD_DATABASE="hots=localhost")
    doctor.problem("192 connections; the database has 97", AKKOORD_THREADS="64")
    taken = int(re.search(r"\((\d+) taken", doctor.ask()[2])[1])
    session = Session(house.cluster, "select 1")
    assert int(re.search(r"\((\d+) taken", doctor.ask()[2])[1]) > taken, "another role's connections are not counted"
    session.end()


def schemas_are_looked_at(house, doctor):
    socket_ = house.cluster.conninfo("service")
    doctor.problem("no schema that this role may read: run `akkoord migrate`",
                   AKKOORD_DATABASE=socket_.replace("dbname=akkoord", "dbname=postgres"))
    rows = house.cluster.rows
    rows("create table kept as select * from migration where step = (select max(step) from migration)")
    rows("delete from migration where step = (select step from kept)")
    doctor.problem("the schema is older than this program: run `akkoord migrate`")
    rows("insert into migration select * from kept; drop table kept")
    rows("alter role akkoord bypassrls")
    doctor.problem("bypasses row level security, the wall between controllers")
    rows("alter role akkoord nobypassrls")
    status, complaints, _ = doctor.ask(AKKOORD_DATABASE=house.cluster.conninfo("owner"))
    assert status == 1 and "of the tables: let another role own" in complaints[0], complaints
    assert "alter role akkoord_owner set log_min_error_statement" in complaints[1], complaints


def promises_are_looked_at(house, doctor):
    def turn(setting, value, reads):
        house.cluster.rows(f"alter system set {setting} = {value}")
        house.cluster.rows("select pg_reload_conf()")
        eventually(f"{setting} is {value}", lambda: house.cluster.rows(f"show {setting}") == [[reads]])
    doctor.warning("2 hosts, but synchronous_standby_names is empty",
                   AKKOORD_DATABASE=re.sub(r"host='?([^' ]*)'?", r"host='\1,\1'", house.cluster.conninfo("service")))
    turn("synchronous_standby_names", "'standby'", "standby")
    doctor.problem("and none is connected: nothing is recorded")
    turn("synchronous_standby_names", "''", "")
    turn("fsync", "off", "off")
    doctor.problem("acknowledged events may be lost; set all three on")
    turn("fsync", "on", "on")
    ahead = {"LD_PRELOAD": os.environ["CLOCK_AHEAD"], "ASAN_OPTIONS": f"{doctor.settings['ASAN_OPTIONS']}:verify_asan_link_order=0"}
    doctor.problem("s apart: set both by NTP", AKKOORD_CLOCK_AHEAD="60", **ahead)
    doctor.warning("s apart: set both by NTP", AKKOORD_CLOCK_AHEAD="10", **ahead)
    doctor.warning(f"{FEW_FILES} files may be open, and 1024 connections need 1280", files_max=FEW_FILES)


def main():
    with House("doctor") as house:
        pem, key = certificate(house, "served")
        settings = {"AKKOORD_TLS_CERT_FILE": pem, "AKKOORD_TLS_KEY_FILE": key,
                    "AKKOORD_METRICS_LISTEN": f"127.0.0.1:{port_free()}", "AKKOORD_PUBLIC_URL": f"https://{HOST}"}
        service = house.service(**settings)
        service.start()
        doctor = Doctor(house, settings | {"AKKOORD_LISTEN": f"127.0.0.1:{service.port}",
                                           "AKKOORD_TLS_LISTEN": f"127.0.0.1:{service.tls_port}"})
        ports_are_its_own(doctor, service)
        files_are_looked_at(house, doctor)
        certificates_are_looked_at(house, doctor)
        a_new_certificate_is_shown(house, doctor, service)
        links_are_looked_at(doctor)
        connections_are_looked_at(house, doctor)
        schemas_are_looked_at(house, doctor)
        promises_are_looked_at(house, doctor)
        doctor.well()
        service.stop()
    say(f"asked {doctor.asked} times: each mistake was told")


main()
