# SPDX-License-Identifier: Apache-2.0
"""A session of somebody else's, who is in no hurry."""
import subprocess

from lib.house import ROOT


class Session:
    """Its transaction has run some SQL, and stays open."""

    def __init__(self, cluster, sql):
        self.process = subprocess.Popen([ROOT / "script/lib/cluster", "sql", cluster.folder, "akkoord"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(f"begin; {sql}; select 'it has begun';\n")
        self.process.stdin.flush()
        while "it has begun" not in (line := self.process.stdout.readline()):
            assert line or self.process.poll() is None, f"{sql}: refused"

    def end(self):
        self.process.stdin.close()
        self.process.wait()
