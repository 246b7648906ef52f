#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: a service that does not start says which option it is, what it holds, what is wrong with it, and what to do.

A table of wrong set-ups: what is set, the exit code, and what is said, in one line: the option, its value, the reason, the advice.
Of a secret nothing is ever shown.
"""
import base64
import json
import os
import pathlib
import secrets
import socket
import subprocess

from lib.house import CEILING, PROGRAM, SANITIZER, House, run, say

FAILED, MISUSED = 1, 2
SECRET = "hush5f1c9d02"  # stands in values that must not be shown


def certificate(house, name):
    """A certificate, signed by itself, and its key."""
    pem, key = house.folder / f"{name}.pem", house.secret(f"{name}.key", "")
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
        "/CN=localhost", "-keyout", key, "-out", pem)
    return str(pem), key


def subject_keys(house, name, *lines):
    return {"AKKOORD_SUBJECT_KEY_FILE": house.secret(f"{name}.keys", "".join(f"{line}\n" for line in lines))}


def exposed(path):
    os.chmod(path, 0o644)
    return path


def of_options():
    """What is seen before anything is opened."""
    for option, value, rule in (
            ("THREADS", "0", "is not a whole number from 1 to 64"), ("THREADS", "many", "is not a whole number"),
            ("JWT_MAX_LIFETIME", "1 day", "is not a whole number from 60 to"),
            ("CONNECTIONS_MAX", "1", "is not a whole number from 16 to 65536"),
            ("DRAIN_DELAY", "-1", "is not a whole number from 0 to"),
            ("LOG_LEVEL", "loud", "is not error, warn, info or debug"),
            ("LISTEN", "8080", "is not host:port, [v6]:port or :port"), ("LISTEN", ":99999", "is not host:port"),
            ("LISTEN", ":80,", "is not host:port"), ("METRICS_LISTEN", "localhost", "is not host:port"),
            ("TRUSTED_PROXIES", "10.0.0.1/8", "is not a list of networks such as"),
            ("PUBLIC_URL", "example.nl", "is not http:// or https://, a host and perhaps a path"),
            ("PUBLIC_URL", "https://example.nl/?a=b", "is not http:// or https://, a host and perhaps a path"),
            ("ARRIVALS", "-5", "is not a whole number from 0 to"), ("ADDRESS_LIMIT", "1e3", "is not a whole number from 0 to"),
            ("CONNECTIONS_PER_ADDRESS", "0", "is not a whole number from 1 to"),
            ("TRUSTED_PROXIES", "10.0.0.0/33", "is not a list of networks such as"),
            ("LISTEN", "::1:8080", "is not host:port, [v6]:port or :port"), ("LISTEN", "unix:/run/x", "is not host:port")):
        yield {f"AKKOORD_{option}": value}, MISUSED, (f'AKKOORD_{option}: "{value}" {rule}', "akkoord serve --help tells it")
    yield {"AKKOORD_PUBLIC_URL": f"https://user:{SECRET}@example.nl"}, MISUSED, (
        'AKKOORD_PUBLIC_URL: "@example.nl" is not http:// or https://, a host', "akkoord serve --help tells it")
    yield {"AKKOORD_DATABASE": SECRET, "AKKOORD_DATABASE_FILE": "/run/x"}, MISUSED, (
        "AKKOORD_DATABASE and AKKOORD_DATABASE_FILE: only one", "take one out")
    yield {"AKKOORD_DATABASE": None, "AKKOORD_DATABASE_FILE": "/nonexistent"}, MISUSED, (
        'AKKOORD_DATABASE_FILE: "/nonexistent" cannot be read: No such file', "name a file")
    yield {"AKKOORD_DATABASE": None, "AKKOORD_DATABASE_FILE": "/"}, MISUSED, (
        'AKKOORD_DATABASE_FILE: "/" cannot be read: Is a directory', "name a file")


def of_what_is_missing():
    yield {"AKKOORD_LISTEN": "none"}, FAILED, ("AKKOORD_LISTEN is none, and AKKOORD_TLS_LISTEN is not set: give one",)
    yield {"AKKOORD_TLS_LISTEN": ":8443"}, FAILED, ("AKKOORD_TLS_LISTEN needs", "it is :8443, and the first is not set; name")
    yield {"AKKOORD_SUBJECT_KEY_FILE": None}, FAILED, ("AKKOORD_SUBJECT_KEY_FILE is needed, and is not set: name a file",)
    yield {"AKKOORD_JWT_SECRET_FILE": None}, FAILED, ("AKKOORD_JWT_SECRET_FILE or AKKOORD_JWKS_FILE is needed", "name a secret")


def of_keys(house):
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    bring = "bring back the file as it was"
    for option in ("SUBJECT_KEY_FILE", "LINK_KEY_FILE", "JWT_SECRET_FILE", "JWKS_FILE"):
        yield {f"AKKOORD_{option}": "/nonexistent"}, FAILED, (
            f"AKKOORD_{option}: /nonexistent: No such file or directory: name a file that the service may read",)
        yield {f"AKKOORD_{option}": str(house.folder)}, FAILED, (
            f"AKKOORD_{option}: {house.folder}: Is a directory: name a file that the service may read",)
        large = house.secret(f"{option}.large", "x" * (2 << 20))
        yield {f"AKKOORD_{option}": large}, FAILED, (
            f"AKKOORD_{option}: {large}: it is too large: name the file of the keys, which are short",)
    for name, lines, reason in (("empty", [], ""), ("no-number", [SECRET], "NUMBER:BASE64"),
                                ("short", [f"1:{base64.b64encode(SECRET.encode()).decode()}"], "32 bytes in base64"),
                                ("twice", [f"1:{key}", f"1:{key}"], "occurs twice")):
        settings = subject_keys(house, name, *lines)
        path = settings["AKKOORD_SUBJECT_KEY_FILE"]
        yield settings, FAILED, (f"AKKOORD_SUBJECT_KEY_FILE: {path}: ", reason, bring)
    yield subject_keys(house, "other", f"1:{key}"), FAILED, (
        "AKKOORD_SUBJECT_KEY_FILE: ", "other.keys: a subject key is missing or is not the one the database knows",
        "bring back the file that the database was filled with")
    for option, path in (("SUBJECT_KEY_FILE", subject_keys(house, "exposed", f"1:{key}")["AKKOORD_SUBJECT_KEY_FILE"]),
                         ("JWT_SECRET_FILE", house.secret("exposed.secret", SECRET * 4))):
        yield {f"AKKOORD_{option}": exposed(path)}, FAILED, (f"AKKOORD_{option}: {path}: it can be read by others", "chmod 600")
    short = house.secret("short.secret", SECRET)
    yield {"AKKOORD_JWT_SECRET_FILE": short}, FAILED, (f"AKKOORD_JWT_SECRET_FILE: {short}", "shorter than 32 bytes", "openssl rand")
    for name, text, reason in (("broken", "{", "not well-formed JSON"), ("none", json.dumps({"keys": []}), "must have an array `keys`"),
                               ("wrong", json.dumps({"keys": [{"kty": 1}]}), "JWKS key 1: kty has the wrong type")):
        path = house.secret(f"{name}.jwks", text)
        yield {"AKKOORD_JWKS_FILE": path}, FAILED, (f"AKKOORD_JWKS_FILE: {path}: ", reason, "name a JWKS document")


def of_tls(house):
    (good, key), (_, other) = certificate(house, "good"), certificate(house, "other")
    nothing = house.secret("nothing.pem", "nothing\n")
    locked = house.secret("locked.key", "")
    run("openssl", "pkey", "-in", key, "-aes256", "-passout", f"pass:{SECRET}", "-out", locked)
    readable = house.secret("readable.key", pathlib.Path(key).read_text("ascii"))
    for cert_file, key_file, *said in (
            ("/nonexistent", key, "AKKOORD_TLS_CERT_FILE: /nonexistent cannot be read: No such file", "name a file"),
            (good, "/nonexistent", "AKKOORD_TLS_KEY_FILE: /nonexistent cannot be read: No such file", "name a file"),
            (str(house.folder), key, f"AKKOORD_TLS_CERT_FILE: {house.folder} cannot be read: Is a directory", "name a file"),
            (good, str(house.folder), f"AKKOORD_TLS_KEY_FILE: {house.folder} cannot be read: Is a directory", "name a file"),
            (nothing, key, f"AKKOORD_TLS_CERT_FILE: {nothing} is no chain of certificates", "name the service's own"),
            (good, nothing, f"AKKOORD_TLS_KEY_FILE: {nothing} is no private key as PEM", "shows what it is"),
            (good, locked, f"AKKOORD_TLS_KEY_FILE: {locked} is no private key as PEM, without a passphrase", "shows what it is"),
            (good, other, f"AKKOORD_TLS_KEY_FILE: {other} is not the key of the first certificate", "name the two that belong together"),
            (good, exposed(readable), f"AKKOORD_TLS_KEY_FILE: {readable}: it can be read by others", "chmod 600")):
        yield {"AKKOORD_TLS_LISTEN": "127.0.0.1:1", "AKKOORD_TLS_CERT_FILE": cert_file, "AKKOORD_TLS_KEY_FILE": key_file}, FAILED, said
    for option in ("TLS_CERT_FILE", "TLS_KEY_FILE"):
        yield {f"AKKOORD_{option}": good}, FAILED, (
            f"AKKOORD_{option} is {good}, and AKKOORD_TLS_LISTEN is not set: give it an address", "leave out the file")


def of_addresses(house, held):
    for option in ("LISTEN", "METRICS_LISTEN"):
        yield {f"AKKOORD_{option}": "192.0.2.7:8080"}, FAILED, (
            f"AKKOORD_{option}: 192.0.2.7:8080: Cannot assign requested address", "name one that is, or leave the host out")
        yield {f"AKKOORD_{option}": f"127.0.0.1:{held}"}, FAILED, (
            f"AKKOORD_{option}: 127.0.0.1:{held}: Address already in use", "end what listens there, or name another port")
    yield {"AKKOORD_LISTEN": "[2001:db8::7]:8080"}, FAILED, ("AKKOORD_LISTEN: [2001:db8::7]:8080: ", ": name ")
    yield {"AKKOORD_LISTEN": "nobody.invalid:8080"}, FAILED, ("AKKOORD_LISTEN: nobody.invalid:8080: ", "name a host that this machine")
    many = ",".join(f"127.0.0.{n}:{20000 + n}" for n in range(2, 18))
    yield {"AKKOORD_LISTEN": many, "AKKOORD_METRICS_LISTEN": "127.0.0.1:20018"}, FAILED, (
        "AKKOORD_METRICS_LISTEN: 127.0.0.1:20018: there are too many addresses: name fewer",)
    for settings, said in (
            ({"AKKOORD_METRICS_LISTEN": "127.0.0.1:20001"}, "AKKOORD_METRICS_LISTEN: port 20001 of 127.0.0.1"),
            ({"AKKOORD_METRICS_LISTEN": ":20001"}, "AKKOORD_METRICS_LISTEN: port 20001 of *"),
            ({"AKKOORD_LISTEN": "127.0.0.1:20001,127.0.0.1:20001"}, "AKKOORD_LISTEN: port 20001 of 127.0.0.1")):
        yield settings, FAILED, (said, "is the one of AKKOORD_LISTEN too: name another port, or take one of the two out")
    yield {"AKKOORD_ACCESS_LOG": str(house.folder)}, FAILED, (f"AKKOORD_ACCESS_LOG: {house.folder}: Is a directory", "name a file in a")
    yield {"AKKOORD_ACCESS_LOG": "/nonexistent/log"}, FAILED, ("AKKOORD_ACCESS_LOG: /nonexistent/log: No such file", "name a file in a")


def of_the_database(house):
    socket_ = house.cluster.conninfo("service")
    for conninfo, reason in ((f"sslmode={SECRET}", "invalid sslmode value"), (f"service={SECRET}", "definition of service"),
                             (f"host=a port={SECRET}", "port is no number from 1 to 65535"),
                             (f"host=a,b port=1,2,3 password={SECRET}", "host, hostaddr and port name not as many"),
                             (f"host=a,b,c,d,e,f,g,h,i password={SECRET}", "more than 8 hosts"),
                             (f"password=a {SECRET}", "missing"), (f"{SECRET}=x", "invalid connection option"),
                             (f"postgresql://u:{SECRET}@[::1/x", "")):
        yield {"AKKOORD_DATABASE": conninfo}, FAILED, ("AKKOORD_DATABASE: ", reason, "write it as libpq's conninfo")
    yield {"AKKOORD_DATABASE": socket_.replace("dbname=akkoord", "dbname=postgres")}, FAILED, (
        "AKKOORD_DATABASE: the database has no schema that this role may read: run `akkoord migrate`",)


def of_the_command_line():
    for words, said in ((("127.0.0.1:8080",), ('"127.0.0.1:8080": it takes flags only', "name the option it is of")),
                        (("--lisen", ":1"), ("--lisen: there is no such option here",)),
                        (("--listen",), ("--listen: its value is missing",)),
                        (("--threads=0",), ('--threads: "0" is not a whole number from 1 to 64',)),
                        (("--database-file=/",), ('--database-file: "/" cannot be read: Is a directory', "name a file"))):
        yield words, (*said, "akkoord serve --help tells it")


def look(house, settings, status, said, words=()):
    own = {name: value for name, value in (house.settings | {"AKKOORD_LISTEN": "127.0.0.1:20001"} | settings).items()
           if value is not None}
    done = subprocess.run([PROGRAM, "serve", *words], env=own, text=True, capture_output=True, check=False, timeout=CEILING)
    assert not SANITIZER.search(done.stderr), done.stderr
    assert done.returncode == status, (settings, done.returncode, done.stderr)
    assert SECRET not in done.stderr + done.stdout, (settings, done.stderr)
    lines = [line for line in done.stderr.splitlines() if "level=error" in line] if status == FAILED else [done.stderr]
    assert len(lines) == 1, (settings, done.stderr)
    for part in said:
        assert part in lines[0], (settings, part, done.stderr)
    if status == FAILED:
        assert lines[0].count('"') == 2 and "event=serve.refused" in lines[0], lines[0]


def main():
    with House("refusals") as house, socket.create_server(("127.0.0.1", 0)) as holder:
        seen = 0
        for table in (of_options(), of_what_is_missing(), of_keys(house), of_tls(house), of_addresses(house, holder.getsockname()[1]),
                      of_the_database(house)):
            for settings, status, said in table:
                look(house, settings, status, said)
                seen += 1
        for words, said in of_the_command_line():
            look(house, {"AKKOORD_DATABASE": None}, MISUSED, said, words)
            seen += 1
    say(f"{seen} wrong set-ups, each told with its option, value, reason and what to do")


main()
