# SPDX-License-Identifier: Apache-2.0
"""Faults put into a database by hand, each of which the worlds must find: a function of its SQL, with one thing changed."""


def change(function, old, new):
    def plant(cluster):
        [[oid]] = cluster.rows(f"select '{function}'::regproc::oid")
        text = "\n".join("|".join(row) for row in cluster.rows(f"select pg_get_functiondef({oid})"))
        assert text.count(old) >= 1, f"{function}() has changed: {old!r} is not in it"
        cluster.rows(text.replace(old, new) + ";")
    return plant


PLANTS = {
    # who is many persons' is not looked under
    "crowd-unheard": change("states_pointed", "where slot_travels(s.slot) or", "where false and slot_travels(s.slot) or false and"),
    # a No that arrives from elsewhere is lost
    "no-stays": change("push_states", "from unnest(p_nos) n(no)", "from unnest(case when p_arrive then '{}' else p_nos end) n(no)"),
    # a Yes holds for all that the person has
    "yes-spreads": change("states_write", "perform push_states(c, by_name, p_nos, false);",
                          "perform push_states(c, by_name, identifiers_below(c, p_nos), false);"),
    # of an age that was told twice the last one counts
    "age-lifted": change("push_states", "where (old.rank, old.tiebreak) < (excluded.rank, excluded.tiebreak)",
                         "where old.slot & 15 in (8, 9, 10) or (old.rank, old.tiebreak) < (excluded.rank, excluded.tiebreak)"),
}
