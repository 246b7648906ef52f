#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: each alert of docker/alerts.yaml fires when it should, and not before: alerts.test.yaml, by promtool.

promtool comes with Debian's package prometheus, which is large and starts a daemon: it is used where it is.
"""
import pathlib
import shutil
import sys

import yaml
from lib.house import ROOT, run, say

SKIPPED = 77  # ctest's word for it, CMakeLists.txt
CASES = pathlib.Path(__file__).with_name("alerts.test.yaml")


def alerts_named():
    groups = yaml.safe_load((ROOT / "docker/alerts.yaml").read_text(encoding="utf-8"))["groups"]
    return {rule["alert"] for group in groups for rule in group["rules"]}


def alerts_tried():
    """Those that a case expects to fire, and those that a case expects not to."""
    cases = [case for test in yaml.safe_load(CASES.read_text(encoding="utf-8"))["tests"] for case in test["alert_rule_test"]]
    return [{case["alertname"] for case in cases if bool(case["exp_alerts"]) is fires} for fires in (True, False)]


def main():
    fires, silent = alerts_tried()
    assert alerts_named() == fires == silent, f"not tried both ways: {alerts_named() ^ fires}, {alerts_named() ^ silent}"
    if not shutil.which("promtool"):
        say("\n*** SKIPPED: there is no promtool (Debian's package prometheus).\n*** The alert rules were NOT tried.\n")
        sys.exit(SKIPPED)
    say(run("promtool", "check", "rules", ROOT / "docker/alerts.yaml"))
    say(run("promtool", "test", "rules", CASES))


main()
