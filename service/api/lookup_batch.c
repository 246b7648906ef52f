/* SPDX-License-Identifier: Apache-2.0 */
#include "api/batch_reading.h"
#include "api/handlers.h"
#include "base/limits.h"
#include "http/reading.h"

/* POST /v1/subjects/lookup of newline-delimited JSON: a line an identifier, a line whose it is. */

static void line_read(struct batch *b, struct line *l)
{
    static const char *const members[] = {"subject", "id", NULL};
    struct reader r;
    struct person person = {0};
    reader_open(&r, l->text.bytes, l->text.len);
    struct node root = reader_root(&r);
    if (node_present(&root)) {
        node_only(&root, members);
        batch_read_id(l, &root);
        person_read_leniently(&root, b->attempt.controller, &person);
    }
    if (reader_ok(&r)) {
        l->purpose = b->attempt.controller->policy->purposes; /* none is asked about, but it is no bad line */
        batch_ask(b, l, &person);
    } else if (error_status(reader_error(&r)) >= 500) {
        batch_fail(b, reader_error(&r)); /* the line is not at fault, and must not be left out */
    } else {
        line_fail(l, reader_error(&r), NULL, &r);
    }
    reader_close(&r);
}

static void line_write(struct batch *b, struct line *l)
{
    if (l->purpose == NULL) {
        batch_write_fault(b, l);
        return;
    }
    struct writer w = writer_of(&b->out);
    writer_object_begin(&w, NULL);
    batch_write_name(&w, l);
    batch_write_subject(b, &w, l);
    batch_write_also(b, &w, l);
    writer_object_end(&w);
    buf_byte(&b->out, '\n');
}

static void end_write(struct batch *b)
{
    buf_printf(&b->out, "{\"end\":true,\"lines\":%zu}\n", b->walk.number);
}

void handle_lookup_batch(struct call *call)
{
    static const struct batch_kind kind = {.line_bytes_max = BATCH_LINE_BYTES_MAX,
                                           .too_long = "A line is at most 16384 bytes.",
                                           .asks_no_verdict = true,
                                           .read = line_read,
                                           .write = line_write,
                                           .end = end_write};
    if (!reading_query_alone(call))
        return;
    struct batch *b = call_alloc(call, sizeof *b);
    b->asks_persons = true;
    b->reads = batch_reading_new(b, call);
    if (b->reads != NULL)
        batch_start(b, call, &kind);
}
