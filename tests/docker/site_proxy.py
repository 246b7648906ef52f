#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: the recipes of docs/site-proxy.md put the banner's requests under a path of a site, word for word but for addresses.

Of nginx, Caddy and Apache those that are installed are run, in front of the service over TLS: the banner and its texts come, a
choice has an answer whose Set-Cookie is for the site's host alone, the visitor's address is the one it came from, whatever it
claims, and a client's Authorization goes no further.
"""
import base64
import http.client
import json
import os
import re
import shutil
import subprocess
import sys

from lib.house import ROOT, House, eventually, run, say
from lib.pooler import port_free

SKIPPED = 77  # ctest's word for it, CMakeLists.txt
UPSTREAM = "consent.example.nl"
SITE = "www.krant.example"
ORIGIN = f"https://{SITE}"
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
CLIENT = "127.1.2.3"  # where a visitor comes from; the access log has it as 127.1.2.0
CLAIMED = "198.51.100.7"

NGINX = """daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log info;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies; proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port};
        {recipe}
    }}
}}
"""
CADDY = """{{
    admin off
    auto_https off
}}
http://127.0.0.1:{port}, http://{site}:{port} {{
    {recipe}
}}
"""
APACHE = """ServerRoot {folder}
ServerName {site}
PidFile {folder}/pid
ErrorLog {folder}/error.log
Mutex file:{folder}
Listen 127.0.0.1:{port}
{modules}
{recipe}
"""
APACHE_MODULES = "mpm_event authz_core proxy proxy_http ssl socache_shmcb headers"


def program(name):
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/usr/bin")


def recipe_of(word, port, folder):
    """The block of that language. Its upstream is a name that nobody answers for here, and no authority vouches for ours."""
    text = (ROOT / "docs/site-proxy.md").read_text(encoding="utf-8")
    recipe = re.search(rf"^```{word}\n(.*?)^```", text, re.S | re.M)[1]
    assert f"https://{UPSTREAM}" in recipe, f"the recipe of {word} has no {UPSTREAM}"
    return recipe.replace(f"https://{UPSTREAM}", f"https://localhost:{port}").replace(AUTHORITIES, f"{folder}/cert.pem")


class Proxy:
    def __init__(self, house, word, upstream):
        self.folder = house.folder / word
        self.folder.mkdir()
        shutil.copy(house.folder / "cert.pem", self.folder)
        self.port = port_free()
        conf, command = getattr(self, word)(recipe_of(word, upstream, self.folder))
        self.log = self.folder / "log"
        (self.folder / "conf").write_text(conf, encoding="utf-8")
        with self.log.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env={
                "PATH": os.environ["PATH"], "HOME": str(self.folder), "SSL_CERT_FILE": str(self.folder / "cert.pem")})

    def nginx(self, recipe):
        conf = NGINX.format(folder=self.folder, port=self.port, recipe=recipe)
        return conf, [program("nginx"), "-c", self.folder / "conf"]

    def caddy(self, recipe):
        conf = CADDY.format(port=self.port, site=SITE, recipe=recipe)
        return conf, [program("caddy"), "run", "--adapter", "caddyfile", "--config", self.folder / "conf"]

    def apache(self, recipe):
        modules = "\n".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so" for m in APACHE_MODULES.split())
        if os.geteuid() == 0:
            modules += "\nUser www-data\nGroup www-data"
        conf = APACHE.format(folder=self.folder, site=SITE, port=self.port, modules=modules, recipe=recipe)
        return conf, [program("apache2"), "-f", self.folder / "conf", "-D", "FOREGROUND"]

    def ask(self, method, path, body=None, **fields):
        """As a visitor's browser does, from an address of its own: status, headers, text."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=(CLIENT, 0))
        fields = {"Host": SITE, "X-Forwarded-For": CLAIMED, "X-Real-IP": CLAIMED, "Forwarded": f"for={CLAIMED}"} | fields
        line.request(method, f"/akkoord/{path}", None if body is None else json.dumps(body), fields)
        answer = line.getresponse()
        text = answer.read().decode()
        line.close()
        return answer.status, answer.headers, text

    def post(self, path, body):
        return self.ask("POST", path, body, **{"Content-Type": "application/json", "Origin": ORIGIN, "Sec-Fetch-Site": "same-origin",
                                               "Cookie": "session=of-the-site", "Authorization": "Bearer of-the-site"})

    def is_up(self):
        assert self.process.poll() is None, "it has ended"
        try:
            return self.ask("GET", "whole.js")[0] == 200
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait()


def the_banner_comes(proxy):
    status, headers, text = proxy.ask("GET", "banner.js")
    assert status == 200 and headers["Cache-Control"] == "public, max-age=300" and "akkoord" in text, (status, headers)
    status, _, text = proxy.ask("GET", "config?lang=nl")
    assert status == 200 and json.loads(text)["sites"][0]["origins"] == [ORIGIN], (status, text)


def a_choice_is_kept_by_the_site(proxy):
    visitor = base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
    status, headers, text = proxy.post("token", {"visitor": visitor})
    assert status == 200 and headers["Cache-Control"] == "no-store", (status, text)
    choice = {"visitor": visitor, "choices": {"analytics": "refused"}, "token": json.loads(text)["token"]}
    status, headers, text = proxy.post("choices", choice)
    assert status in (200, 201), (status, text)
    cookie = headers["Set-Cookie"]
    assert cookie and cookie.startswith("akkoord=") and "Secure" in cookie and "Domain" not in cookie, cookie
    assert headers["Cache-Control"] == "no-store", headers


def tried(house, word, node, log):
    proxy = Proxy(house, word, node.tls_port)
    before = len(log.read_text(encoding="utf-8").splitlines())
    try:
        eventually(f"{word} answers", proxy.is_up, 60)
        the_banner_comes(proxy)
        a_choice_is_kept_by_the_site(proxy)
        lines = log.read_text(encoding="utf-8").splitlines()[before:]
        assert {json.loads(line)["address"] for line in lines} == {"127.1.2.0"}, f"{word}: the service saw {lines}"
    except BaseException:
        print(proxy.log.read_text(encoding="utf-8")[-2000:], file=sys.stderr)
        raise
    finally:
        proxy.stop()
    say(f"{word}: as docs/site-proxy.md says")


def main():
    words = [word for word, name in (("nginx", "nginx"), ("caddy", "caddy"), ("apache", "apache2")) if program(name)]
    if not words:
        say("\n*** SKIPPED: there is no nginx, caddy or apache2.\n*** The recipes of docs/site-proxy.md were NOT tried.\n")
        sys.exit(SKIPPED)
    with House("site-proxy") as house:
        house.certify()
        policy = json.loads((ROOT / "examples/demo.json").read_text(encoding="utf-8")) | {"sites": [{"origins": [ORIGIN]}]}
        path = house.folder / "policy.json"
        path.write_text(json.dumps(policy), encoding="utf-8")
        house.command("apply", path)
        log = house.folder / "access"
        node = house.service("node", AKKOORD_TRUSTED_PROXIES="127.0.0.1", AKKOORD_ACCESS_LOG=str(log))
        node.start()
        for word in words:
            tried(house, word, node, log)
        node.stop()


main()
