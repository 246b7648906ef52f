# SPDX-License-Identifier: Apache-2.0
"""A primary and its synchronous standby, and what a failover manager does with them.

Promise 3 holds over a failover when commits wait for the standby and the old primary is fenced: it never serves
again before it has become the new one's standby. While there is no standby commits do not wait for one (Patroni does
the same unless told to be strict), so the next failover may come only once the new standby has caught up.
"""
import re
import signal
import time

from lib.house import Cluster, eventually


class Pair:
    def __init__(self, primary):
        """primary: a running cluster. It has no standby until rebuild()."""
        self.primary = primary
        self.primary.rows("alter system set log_line_prefix = '%n '")  # seconds since 1970
        self.primary.rows("select pg_reload_conf()")
        self.standby = Cluster(f"{primary.folder.name}-standby", create=False)

    def conninfo(self):
        """Of the service, with both hosts, by TCP."""
        ports = ",".join((c.folder / "port").read_text(encoding="ascii").strip() for c in (self.primary, self.standby))
        return f"{self.primary.conninfo('service', 'tcp')} host=127.0.0.1,127.0.0.1 port={ports}"

    def rebuild(self):
        """The standby becomes a copy of the primary and follows it, and commits wait for it from then on."""
        self.standby.command("standby", self.primary.folder)
        self.primary.rows("alter system set synchronous_standby_names = '*'")
        self.primary.rows("select pg_reload_conf()")
        eventually("the standby is synchronous", lambda: self.follows("sync_state = 'sync'"))
        self.primary.rows("checkpoint")  # what makes commits wait is set by the checkpointer
        end = self.primary.rows("select pg_current_wal_lsn()")[0][0]
        eventually("the standby has caught up", lambda: self.follows(f"flush_lsn >= '{end}'"))

    def follows(self, condition):
        return self.primary.rows(f"select 1 from pg_stat_replication where state = 'streaming' and {condition}")

    def fence(self, number):
        """The primary serves nobody any more: SIGKILL, SIGSTOP as when its host hangs, or None: stopped in order."""
        if number is None:
            self.primary.command("stop")
        else:
            self.primary.signal_all(number)

    def promote(self):
        """The standby becomes the primary; the old one, which must be fenced, the next standby. Returns when the new one
        began to take writes, of time.monotonic."""
        self.standby.rows("alter system set synchronous_standby_names = ''")
        self.standby.rows("select pg_reload_conf()")
        before = len(self.standby_ready())
        self.standby.command("promote")
        ready = eventually("it says so in its log", lambda: self.standby_ready()[before:])
        self.primary, self.standby = self.standby, self.primary
        return time.monotonic() - (time.time() - float(ready[0]))

    def standby_ready(self):
        return re.findall(r"^([0-9.]+) LOG:  database system is ready to accept connections", self.standby.log(), re.MULTILINE)

    def bury(self):
        """A fenced one that only hangs is killed before it could wake up."""
        self.standby.kill()

    def destroy(self):
        """Of the one that the House did not make."""
        for cluster in (self.primary, self.standby):
            cluster.signal_all(signal.SIGCONT)
        made = max(self.primary, self.standby, key=lambda c: c.folder.name.endswith("-standby"))
        made.destroy()
