#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: no panel and no alert asks for a metric, a label or a label's value that the running service does not have."""
import http.client
import json
import re
import socket

import yaml
from lib.client import Client, person, record_of
from lib.house import ROOT, House, say

PROMETHEUS_OWN = {"job", "instance"}
OPEN_LABELS = {"status", "route", "method"}  # a series comes with the first request: values are no closed list
SELECTOR = re.compile(r"\b(akkoord_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
GROUPING = re.compile(r"\bby \(([^)]*)\)")


def port_free():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def metrics_of(port):
    """Each series name with its labels, and the values each has now."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("GET", "/metrics")
    text = line.getresponse().read().decode()
    line.close()
    found = {}
    for name, labels in re.findall(r"^(akkoord_\w+)(?:\{(.*)\})? \S+$", text, re.M):
        values = found.setdefault(name, {})
        for label, _, value in MATCHER.findall(labels):
            values.setdefault(label, set()).add(value)
    return found


def expressions():
    """(place, PromQL) of each alert, and of each panel and variable of the dashboard."""
    for group in yaml.safe_load((ROOT / "docker/alerts.yaml").read_text(encoding="utf-8"))["groups"]:
        for rule in group["rules"]:
            yield f"alerts.yaml, {rule['alert']}", rule["expr"]
    board = json.loads((ROOT / "docker/grafana.json").read_text(encoding="utf-8"))
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield f"grafana.json, {panel['title']}", target["expr"]
    for variable in board["templating"]["list"]:
        yield f"grafana.json, variable {variable['name']}", variable.get("definition", "")


def faults_of_selector(name, matchers, metrics):
    if name not in metrics:
        yield f"there is no metric {name}"
        return
    for label, operator, value in MATCHER.findall(matchers):
        if label in PROMETHEUS_OWN:
            continue
        if label not in metrics[name]:
            yield f"{name} has no label {label}"
        elif operator == "=" and label not in OPEN_LABELS and value not in metrics[name][label]:
            yield f'{name} has no {label}="{value}"'


def faults_of(expression, metrics):
    for name, matchers in SELECTOR.findall(expression):
        yield from faults_of_selector(name, matchers, metrics)
    named = [name for name, _ in SELECTOR.findall(expression)]
    known = PROMETHEUS_OWN.union(*[metrics.get(name, {}) for name in named])
    for labels in GROUPING.findall(expression):
        for label in labels.split(","):
            if label.strip() not in known:
                yield f"no metric in it has a label {label.strip()}"


def main():
    with House("docker-metrics") as house:
        port = port_free()
        service = house.service(AKKOORD_METRICS_LISTEN=f"127.0.0.1:{port}")
        service.start()
        client = Client(service.port, house.token)
        client.post("/v1/consents", record_of("jan", "given"))
        client.post("/v1/check", {"subject": person("jan"), "purpose": "newsletter"})
        client.close()
        metrics = metrics_of(port)
        service.stop()
    found = list(expressions())
    faults = [f"{place}: {fault}" for place, text in found for fault in faults_of(text, metrics)]
    say("\n".join(faults) or f"{len(found)} expressions ask for what the service has")
    assert not faults, f"{len(faults)} faults"


main()
