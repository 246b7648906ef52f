# SPDX-License-Identifier: Apache-2.0
"""Faults put into a database by hand, each of which the worlds must find: a function of its SQL, with one thing changed."""


def change(function, old, new):
    def plant(cluster):
        # a number may have the same name
        [[oid]] = cluster.rows(f"select oid from pg_proc where proname = '{function}' order by pronargs desc limit 1")
        text = "\n".join("|".join(row) for row in cluster.rows(f"select pg_get_functiondef({oid})"))
        assert text.count(old) >= 1, f"{function}() has changed: {old!r} is not in it"
        cluster.rows(text.replace(old, new) + ";")
    return plant


def both(first, second):
    def plant(cluster):
        first(cluster)
        second(cluster)
    return plant


PLANTS = {
    # who is many persons' is not looked under
    "crowd-unheard": change("states_pointed", "where slot_travels(s.slot) or", "where false and slot_travels(s.slot) or false and"),
    # a No that arrives from elsewhere is lost
    "no-stays": change("push_states", "from unnest(p_nos) n(no)", "from unnest(case when p_arrive then '{}' else p_nos end) n(no)"),
    # a Yes holds for all that the person has
    "yes-spreads": change("states_write", "perform push_states(c, by_name, p_nos, false);",
                          "perform push_states(c, by_name, identifiers_below(c, p_nos), false);"),
    # a browser's No goes when anything came after it, though it holds a Yes back
    "purge-loosens": both(change("retention_due", "when rank_is_no(f.rank) and not", "when false and not"),
                          change("event_overrules", "return case when ", "return case when true then p_later.revision > e.revision when ")),
    # of an age that was told twice the last one counts
    "age-lifted": change("push_states", "where (old.rank, old.tiebreak, ", "where old.slot & 15 in (8, 9, 10) or (old.rank, old.tiebreak, "),
}

# Found by what a rebuild leaves otherwise (rebuild.py).
REBUILD_PLANTS = {
    # what was told of an age is not kept
    "facts-lost": change("replay_event", "event_states(r, t)", "array[r]"),
    # ties come again in another order than they came
    "order-lost": change("rebuild_at", "order by f.revision loop", "order by f.revision desc loop"),
}

# Found by what is asked after staff acts (staff.py).
STAFF_PLANTS = {
    # what stood with both before a split, or an end, is lost
    "noes-lost": change("states_copy", "if cardinality(heard) > 0 then", "if false then"),
    # who was split goes on as one
    "split-kept": change("staff_split", "perform rebuild_staying(c, e.revision, staying || leaving);", ""),
    # an erasure forgets Noes that reach others
    "erase-loosens": both(change("event_reaches", "slot_travels(e.slot) or rank_is_no(e.rank)", "false"),
                          change("remaining_keep", "if cardinality(lost) > 0 then", "if false then")),
}

# Found by what is asked after imports were undone (undo.py).
UNDO_PLANTS = {
    # what an undone batch brought still stands
    "undone-stands": change("undo_import", "perform rebuild_named(c, ours);", ""),
    # its Noes go too, where they should stay
    "noes-undone": change("undo_import", "(p_refusals or e.rank is null", "(true or e.rank is null"),
    # a No that its batch says no longer goes though an older Yes would stand again
    "older-yes-stands": change("has_older_yes", "return exists", "return false and exists"),
    # and with it what it told
    "history-silent": change("is_told", "return is_settled(c, p_by)", "return false"),
}
