/* SPDX-License-Identifier: Apache-2.0 */
#include "api/imports_internal.h"
#include "base/limits.h"
#include "wire/problem.h"
#include "wire/writer.h"

#include <stdlib.h>
#include <string.h>

/* ---- the lines ---- */

static void fault_write(struct import_call *i, const struct import_entry *entry)
{
    struct arena arena = {.vital = true};
    struct ledger_env env = imports_env(i, &arena);
    struct reader body;
    struct acts acts;
    bool is_long = entry->len > BATCH_LINE_BYTES_MAX;
    enum error e = is_long ? ERROR_TOO_LARGE : ERROR_NONE;
    const char *detail = is_long ? "A line is at most 16384 bytes." : NULL;
    reader_open(&body, "{}", 2);
    if (!is_long) {
        reader_close(&body);
        imports_read_line(&env, entry, &body, &acts);
        struct node root = reader_root(&body), at = root;
        if (entry->state == IMPORT_IN_FUTURE) {
            at = node_optional(&root, "event_time");
            node_fault(&at, ERROR_EVENT_IN_FUTURE, "more than 60 seconds ahead of the server's clock");
        } else if (entry->state == IMPORT_TOO_MANY) {
            at = node_optional(&root, "subject");
            node_fault(&at, ERROR_TOO_MANY_IDENTIFIERS,
                       "with these somebody would have more than 32 identifiers");
        }
        e = reader_ok(&body) ? ERROR_INVALID : reader_error(&body);
    }

    struct writer w = writer_of(&i->out);
    writer_object_begin(&w, NULL);
    writer_int(&w, "line", entry->number);
    problem_value(&w, "error", e, detail, is_long ? NULL : &body);
    writer_object_end(&w);
    buf_byte(&i->out, '\n');
    reader_close(&body);
    arena_free(&arena);
}

static void result_members(struct import_call *i, struct writer *w, const struct import_result *r)
{
    writer_text(w, "effect", effect_word((enum effect)r->effect));
    writer_object_begin(w, "verdict");
    writer_bool(w, "allow", reason_allows((enum reason)r->after));
    writer_text(w, "reason", reason_word((enum reason)r->after));
    writer_object_end(w);
    if (i->dry && r->effect != EFFECT_REPEATED)
        writer_null(w, "record_id");
    else
        writer_uuid(w, "record_id", r->record_id);
}

static const char *purpose_key(const struct import_call *i, int32_t number)
{
    const struct purpose *p = policy_purpose_numbered(i->attempt.controller->policy, number, NULL);
    const struct numbered *left = controller_numbered(i->attempt.controller, false, number);
    return p != NULL ? p->key : left != NULL ? left->key : NULL;
}

static void line_write(struct import_call *i, const struct import_entry *entry)
{
    struct writer w = writer_of(&i->out);
    const struct import_result *results = &i->results[entry->result];
    writer_object_begin(&w, NULL);
    writer_int(&w, "line", entry->number);
    if (entry->result_count == 1) {
        result_members(i, &w, results);
    } else {
        writer_array_begin(&w, "results");
        for (size_t k = 0; k < entry->result_count; k++) {
            writer_object_begin(&w, NULL);
            writer_text(&w, "purpose", purpose_key(i, results[k].purpose));
            result_members(i, &w, &results[k]);
            writer_object_end(&w);
        }
        writer_array_end(&w);
    }
    writer_object_end(&w);
    buf_byte(&i->out, '\n');
}

/* ---- the table ---- */

static struct import_tally *tally_of(struct import_call *i, int32_t purpose)
{
    for (size_t k = 0; k < i->tally_count; k++) {
        if (i->tallies[k].purpose == purpose)
            return &i->tallies[k];
    }
    i->tallies = reallocarray(i->tallies, i->tally_count + 1, sizeof *i->tallies);
    if (i->tallies == NULL)
        h2o_fatal("no memory");
    i->tallies[i->tally_count] = (struct import_tally){.purpose = purpose};
    return &i->tallies[i->tally_count++];
}

/* Whoever is named, and of each purpose, is counted once: before by the first line that does, and after by
 * the last. */
static void tally(struct import_call *i, uint64_t named, size_t result)
{
    const struct import_result *r = &i->results[result];
    struct import_tally *t = tally_of(i, r->purpose);
    if (i->counted == NULL) {
        for (i->counted_room = 64; i->counted_room < 2 * i->result_count;)
            i->counted_room *= 2;
        i->counted = calloc(i->counted_room, sizeof *i->counted);
        if (i->counted == NULL)
            h2o_fatal("no memory");
    }
    size_t at =
        (named ^ (uint64_t)(uint32_t)r->purpose * UINT64_C(0x9e3779b97f4a7c15)) & (i->counted_room - 1);
    struct import_counted *c = &i->counted[at];
    while (c->result != 0 && (c->named != named || c->purpose != r->purpose)) {
        at = (at + 1) & (i->counted_room - 1);
        c = &i->counted[at];
    }
    if (c->result == 0)
        t->before[r->before]++;
    else
        t->after[i->results[c->result - 1].after]--;
    t->after[r->after]++;
    *c = (struct import_counted){.named = named, .purpose = r->purpose, .result = (uint32_t)result + 1};
}

static void effect_count(struct import_call *i, enum effect effect)
{
    if (effect == EFFECT_REPEATED)
        i->repeated++;
    else if (effect == EFFECT_SUPERSEDED)
        i->superseded++;
    else
        i->new ++;
}

void imports_write(struct import_call *i, struct import_entry *entry)
{
    if (entry->state != IMPORT_DONE) {
        i->refused++;
        fault_write(i, entry);
        return;
    }
    line_write(i, entry);
    for (size_t k = 0; k < entry->result_count; k++) {
        effect_count(i, (enum effect)i->results[entry->result + k].effect);
        tally(i, entry->named, entry->result + k);
    }
}

static void reasons_write(struct writer *w, const char *name, const uint32_t counts[REASON_COUNT])
{
    writer_object_begin(w, name);
    for (size_t k = 0; k < REASON_COUNT; k++) {
        if (counts[k] > 0)
            writer_int(w, reason_word((enum reason)k), counts[k]);
    }
    writer_object_end(w);
}

static uint64_t sendable(const struct import_call *i, bool after)
{
    uint64_t sum = 0;
    for (size_t k = 0; k < i->tally_count; k++) {
        for (size_t reason = 0; reason < REASON_COUNT; reason++) {
            if (reason_allows((enum reason)reason))
                sum += after ? i->tallies[k].after[reason] : i->tallies[k].before[reason];
        }
    }
    return sum;
}

void imports_write_end(struct import_call *i)
{
    struct writer w = writer_of(&i->out);
    writer_object_begin(&w, NULL);
    writer_bool(&w, "end", true);
    writer_int(&w, "lines", (int64_t)i->walk.number);
    writer_int(&w, "new", (int64_t)i->new);
    writer_int(&w, "repeated", (int64_t)i->repeated);
    writer_int(&w, "superseded", (int64_t)i->superseded);
    writer_int(&w, "refused", (int64_t)i->refused);
    writer_int(&w, "sendable", (int64_t)sendable(i, true));
    writer_int(&w, "sendable_before", (int64_t)sendable(i, false));
    writer_bool(&w, "dry_run", i->dry);
    writer_array_begin(&w, "verdicts");
    for (size_t k = 0; k < i->tally_count; k++) {
        writer_object_begin(&w, NULL);
        writer_text(&w, "purpose", purpose_key(i, i->tallies[k].purpose));
        reasons_write(&w, "before", i->tallies[k].before);
        reasons_write(&w, "after", i->tallies[k].after);
        writer_object_end(&w);
    }
    writer_array_end(&w);
    writer_object_end(&w);
    buf_byte(&i->out, '\n');
}
