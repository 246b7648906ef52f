/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/problem.h"

#include <stdio.h>

enum { TYPE_SIZE = 64 }; /* bytes; "urn:akkoord:problem:" (20) and the longest word */

static void problem_errors(struct writer *w, const struct reader *faults)
{
    struct reader_fault fault = {0};
    if (!reader_fault_next(faults, &fault))
        return;
    writer_array_begin(w, "errors");
    do {
        writer_object_begin(w, NULL);
        writer_text(w, "pointer", fault.pointer);
        writer_text(w, "detail", fault.detail);
        writer_object_end(w);
    } while (reader_fault_next(faults, &fault));
    writer_array_end(w);
}

static void problem_members(struct writer *w, enum error e, const char *detail, const struct reader *faults)
{
    char type[TYPE_SIZE];
    snprintf(type, sizeof type, "urn:akkoord:problem:%s", error_word(e));
    writer_text(w, "type", type);
    writer_text(w, "title", error_title(e));
    writer_int(w, "status", error_status(e));
    struct reader_fault first = {0};
    if (detail == NULL && faults != NULL)
        detail = reader_syntax(faults);
    if (detail == NULL && faults != NULL && reader_fault_next(faults, &first))
        detail = first.detail;
    writer_text(w, "detail", detail != NULL ? detail : error_title(e));
    if (faults != NULL)
        problem_errors(w, faults);
}

void problem_value(struct writer *w, const char *key, enum error e, const char *detail,
                   const struct reader *faults)
{
    writer_object_begin(w, key);
    problem_members(w, e, detail, faults);
    writer_object_end(w);
}

void problem_write(struct buf *b, enum error e, const char *detail, const struct reader *faults)
{
    struct writer w = writer_of(b);
    problem_value(&w, NULL, e, detail, faults);
}

void problem_write_deny(struct buf *b, enum error e, const char *detail, const struct reader *faults)
{
    struct writer w = writer_of(b);
    writer_object_begin(&w, NULL);
    writer_bool(&w, "allow", false);
    problem_members(&w, e, detail, faults);
    writer_object_end(&w);
}
