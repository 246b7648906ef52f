/* SPDX-License-Identifier: Apache-2.0 */
#include "api/batch.h"
#include "api/handlers.h"
#include "base/limits.h"
#include "ledger/entity.h"
#include "ledger/verdict_json.h"

#include <string.h>

/* POST /v1/check/batch: a line a question, a line an answer. */

enum only { ONLY_NOTHING, ONLY_ALLOWED, ONLY_DENIED };

struct batch_call {
    struct batch batch;
    enum only only;
};

static struct batch_call *batch_of(struct batch *b)
{
    return list_entry(b, struct batch_call, batch);
}

static void line_read(struct batch *b, struct line *l)
{
    static const char *const members[] = {"subject", "purpose", "entity", "id", NULL};
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
    if (only == ONLY_ALLOWED && allows) {
        buf_append(&b->out, l->text.bytes, l->text.sent_len);
        buf_byte(&b->out, '\n');
    }
    if (only == ONLY_ALLOWED || (only == ONLY_DENIED && allows))
        return;
    struct writer w = writer_of(&b->out);
    writer_object_begin(&w, NULL);
    batch_write_name(&w, l);
    verdict_members(&w, &l->verdict, b->attempt.controller->policy, l->as_of);
    writer_object_end(&w);
    buf_byte(&b->out, '\n');
}

static void end_write(struct batch *b)
{
    if (batch_of(b)->only == ONLY_DENIED)
        buf_printf(&b->out, "{\"end\":true,\"lines\":%zu}\n", b->walk.number);
}

static int only_read(struct call *call, enum only *ret_only)
{
    static const char *const allowed[] = {"only", NULL};
    if (call_query_only(call, allowed) != 0)
        return -1;
    const char *only = call_query(call, "only");
    if (only == NULL)
        *ret_only = ONLY_NOTHING;
    else if (strcmp(only, "allowed") == 0)
        *ret_only = ONLY_ALLOWED;
    else if (strcmp(only, "denied") == 0)
        *ret_only = ONLY_DENIED;
    else
        return -1;
    return 0;
}

void handle_check_batch(struct call *call)
{
    static const struct batch_kind kind = {.line_bytes_max = BATCH_LINE_BYTES_MAX,
                                           .too_long = "A line is at most 16384 bytes.",
                                           .read = line_read,
                                           .write = line_write,
                                           .end = end_write};
    struct batch_call *b = call_alloc(call, sizeof *b);
    if (only_read(call, &b->only) != 0) {
        call_problem(call, ERROR_INVALID,
                     "The query takes only=allowed or only=denied, once, and nothing else.", NULL);
        return;
    }
    batch_start(&b->batch, call, &kind);
}
