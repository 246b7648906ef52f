/* SPDX-License-Identifier: Apache-2.0 */
#include "api/batch_reading.h"
#include "api/batch_trace.h"
#include "api/handlers.h"
#include "base/limits.h"
#include "http/reading.h"
#include "ledger/entity.h"
#include "ledger/free_text.h"
#include "ledger/sold.h"
#include "ledger/verdict_json.h"

#include <string.h>

/* POST /v1/check/batch: a line a question, a line an answer. */

enum only { ONLY_NOTHING, ONLY_ALLOWED, ONLY_DENIED };

struct batch_call {
    struct batch batch;
    enum only only;
    const char *keep; /* NULL: that it was asked is not kept */
};

static struct batch_call *batch_of(struct batch *b)
{
    return list_entry(b, struct batch_call, batch);
}

/* Under which reference it is kept that this was asked: nobody may be named by it. */
static const char *keep_judge(struct batch *b, enum error *ret_error)
{
    const char *keep = batch_of(b)->keep;
    *ret_error = ERROR_INVALID;
    return keep == NULL || reference_is_nobodys(b->attempt.controller->policy, keep)
               ? NULL
               : "keep= names a reference, and nobody by an address or a number.";
}

static void line_read(struct batch *b, struct line *l)
{
    static const char *const members[] = {"subject", "purpose", "entity", "product_group", "id", NULL};
    struct reader r;
    struct person person = {0};
    reader_open(&r, l->text.bytes, l->text.len);
    struct node root = reader_root(&r);
    if (node_present(&root)) {
        node_only(&root, members);
        batch_read_id(l, &root);
        person_read(&root, b->attempt.controller, &person);
        struct node purpose = node_member(&root, "purpose");
        const char *key = node_string(&purpose, 1, POLICY_KEY_MAX, NULL);
        l->entity = entity_read(&root, b->attempt.controller->policy);
        l->group = sold_read(&root, b->attempt.controller->policy);
        l->purpose = key[0] != '\0' ? policy_purpose(b->attempt.controller->policy, key) : NULL;
        if (key[0] != '\0' && l->purpose == NULL)
            node_fault(&purpose, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy");
        else if (l->purpose != NULL)
            entity_check(&root, l->purpose, l->entity);
    }
    if (reader_ok(&r))
        batch_ask(b, l, &person);
    else if (error_status(reader_error(&r)) >= 500)
        batch_fail(b, reader_error(&r)); /* the line is not at fault, and must not be left out */
    else
        line_fail(l, reader_error(&r), NULL, &r);
    reader_close(&r);
}

static void line_write(struct batch *b, struct line *l)
{
    enum only only = batch_of(b)->only;
    if (l->purpose == NULL) {
        if (only != ONLY_ALLOWED)
            batch_write_fault(b, l);
        return;
    }
    bool allows = l->has_verdict && reason_allows(l->verdict.reason);
    b->verdicts[l->verdict.reason]++;
    batch_trace_verdict(b, l->as_of);
    if (only == ONLY_ALLOWED && allows) {
        buf_append(&b->out, l->text.bytes, l->text.sent_len);
        buf_byte(&b->out, '\n');
    }
    if (only == ONLY_ALLOWED || (only == ONLY_DENIED && allows))
        return;
    struct writer w = writer_of(&b->out);
    writer_object_begin(&w, NULL);
    batch_write_name(&w, l);
    if (b->asks_persons)
        batch_write_subject(b, &w, l);
    verdict_members(&w, &l->verdict, b->attempt.controller->policy, l->as_of);
    writer_object_end(&w);
    buf_byte(&b->out, '\n');
}

static void end_write(struct batch *b)
{
    if (batch_of(b)->only == ONLY_DENIED)
        buf_printf(&b->out, "{\"end\":true,\"lines\":%zu}\n", b->walk.number);
}

static int query_read(struct call *call, struct batch_call *b)
{
    static const char *const allowed[] = {"only", "with", "keep", READING_QUERY, NULL};
    static const char *const words[] = {"allowed", "denied"};
    if (call_query_only(call, allowed) != 0)
        return -1;
    const char *only = call_query(call, "only"), *with = call_query(call, "with");
    b->keep = call_query(call, "keep");
    b->batch.asks_persons = with != NULL;
    if (with != NULL && strcmp(with, "subject_id") != 0)
        return -1;
    if (with == NULL && (call_query(call, "reason") != NULL || call_query(call, "on_behalf_of") != NULL))
        return -1; /* nothing is read that these would be kept with */
    if (b->keep != NULL && !reference_is_one(b->keep))
        return -1;
    b->only = only == NULL ? ONLY_NOTHING : strcmp(only, words[0]) == 0 ? ONLY_ALLOWED : ONLY_DENIED;
    return b->only == ONLY_DENIED && strcmp(only, words[1]) != 0 ? -1 : 0;
}

void handle_check_batch(struct call *call)
{
    static const struct batch_kind kind = {.line_bytes_max = BATCH_LINE_BYTES_MAX,
                                           .too_long = "A line is at most 16384 bytes.",
                                           .begin = keep_judge,
                                           .read = line_read,
                                           .write = line_write,
                                           .end = end_write};
    struct batch_call *b = call_alloc(call, sizeof *b);
    if (query_read(call, b) != 0) {
        call_problem(
            call, ERROR_INVALID,
            "The query takes only=allowed or only=denied, with=subject_id (and with that reason= and "
            "on_behalf_of=), and keep= with a reference of 1 to 128 bytes, each once.",
            NULL);
        return;
    }
    if (b->batch.asks_persons && (call->claims.scopes & SCOPE_SUBJECT_READ) == 0) {
        call_refuse_scope(call, "subject:read");
        return;
    }
    if (b->batch.asks_persons && (b->batch.reads = batch_reading_new(&b->batch, call)) == NULL)
        return;
    if (b->keep != NULL)
        b->batch.trace = batch_trace_new(&b->batch, b->keep);
    batch_start(&b->batch, call, &kind);
}
