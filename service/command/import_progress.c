/* SPDX-License-Identifier: Apache-2.0 */
#include "command/import_progress.h"

#include "base/file.h"
#include "wire/reader.h"
#include "wire/writer.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PROGRESS_BYTES_MAX = 256 * 1024 };

struct import_verdicts *import_counts_of(struct import_counts *c, const char *purpose)
{
    for (size_t i = 0; i < c->tally_count; i++) {
        if (strcmp(c->tallies[i].purpose, purpose) == 0)
            return &c->tallies[i];
    }
    if (c->tally_count == TALLIES_MAX || strlen(purpose) > TALLY_KEY_MAX)
        return NULL;
    struct import_verdicts *t = &c->tallies[c->tally_count++];
    *t = (struct import_verdicts){0};
    memcpy(t->purpose, purpose, strlen(purpose) + 1);
    return t;
}

static const struct {
    const char *name;
    size_t at;
} numbers[] = {
    {"rows", offsetof(struct import_counts, rows)},
    {"sent", offsetof(struct import_counts, sent)},
    {"new", offsetof(struct import_counts, new)},
    {"repeated", offsetof(struct import_counts, repeated)},
    {"superseded", offsetof(struct import_counts, superseded)},
    {"refused", offsetof(struct import_counts, refused)},
    {"left_out", offsetof(struct import_counts, left_out)},
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static int64_t *number_of(struct import_counts *c, size_t i)
{
    return (int64_t *)(void *)((char *)c + numbers[i].at);
}

static void reasons_read(const struct node *n, int64_t counts[REASON_COUNT])
{
    for (size_t i = 0; i < REASON_COUNT; i++) {
        struct node one = node_optional(n, reason_word((enum reason)i));
        if (node_present(&one))
            counts[i] = node_int(&one, 0, INT64_MAX);
    }
}

static void counts_read(const struct node *root, struct import_progress *p)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        struct node n = node_member(root, numbers[i].name);
        *number_of(&p->counts, i) = node_int(&n, 0, INT64_MAX);
    }
    struct node bytes = node_member(root, "refused_bytes"), tallies = node_member(root, "verdicts");
    p->refused_bytes = node_int(&bytes, 0, INT64_MAX);
    size_t count = node_elements(&tallies, 0, TALLIES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node one = node_at(&tallies, i), purpose = node_member(&one, "purpose"),
                    before = node_member(&one, "before"), after = node_member(&one, "after");
        struct import_verdicts *t =
            import_counts_of(&p->counts, node_string(&purpose, 1, TALLY_KEY_MAX, NULL));
        if (t != NULL) {
            reasons_read(&before, t->before);
            reasons_read(&after, t->after);
        }
    }
}

bool import_progress_read(struct import_progress *p)
{
    struct buf bytes;
    struct reader r;
    struct import_progress found = {.path = p->path, .fingerprint = p->fingerprint};
    bool same = false;
    buf_init(&bytes, PROGRESS_BYTES_MAX);
    if (p->path == NULL || file_read(p->path, &bytes) != NULL || bytes.len == 0) {
        buf_free(&bytes);
        return false;
    }
    reader_open(&r, bytes.data, bytes.len);
    struct node root = reader_root(&r);
    if (node_is_object(&root)) {
        struct node of = node_member(&root, "of");
        same = strcmp(node_string(&of, 1, SIZE_MAX, NULL), p->fingerprint) == 0;
        counts_read(&root, &found);
    }
    same = same && reader_ok(&r);
    reader_close(&r);
    buf_free(&bytes);
    if (same)
        *p = found;
    return same;
}

static void reasons_write(struct writer *w, const char *key, const int64_t counts[REASON_COUNT])
{
    writer_object_begin(w, key);
    for (size_t i = 0; i < REASON_COUNT; i++) {
        if (counts[i] != 0)
            writer_int(w, reason_word((enum reason)i), counts[i]);
    }
    writer_object_end(w);
}

static void progress_format(const struct import_progress *p, struct buf *out)
{
    struct import_counts counts = p->counts;
    struct writer w = writer_of(out);
    writer_object_begin(&w, NULL);
    writer_text(&w, "of", p->fingerprint);
    for (size_t i = 0; i < NUMBERS; i++)
        writer_int(&w, numbers[i].name, *number_of(&counts, i));
    writer_int(&w, "refused_bytes", p->refused_bytes);
    writer_array_begin(&w, "verdicts");
    for (size_t i = 0; i < counts.tally_count; i++) {
        writer_object_begin(&w, NULL);
        writer_text(&w, "purpose", counts.tallies[i].purpose);
        reasons_write(&w, "before", counts.tallies[i].before);
        reasons_write(&w, "after", counts.tallies[i].after);
        writer_object_end(&w);
    }
    writer_array_end(&w);
    writer_object_end(&w);
    buf_byte(out, '\n');
}

const char *import_progress_write(const struct import_progress *p)
{
    struct buf out;
    if (p->path == NULL)
        return NULL;
    buf_init(&out, PROGRESS_BYTES_MAX);
    progress_format(p, &out);
    const char *fault = buf_failed(&out) ? "out of memory" : file_replace(p->path, out.data, out.len);
    buf_free(&out);
    return fault;
}

void import_progress_end(const struct import_progress *p)
{
    if (p->path != NULL)
        unlink(p->path);
}
