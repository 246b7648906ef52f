/* SPDX-License-Identifier: Apache-2.0 */
#include "command/sync_state.h"

#include "base/file.h"
#include "wire/reader.h"
#include "wire/writer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { STATE_BYTES_MAX = 16 * 1024 }; /* the texts, each byte escaped */

static const char *state_take(struct sync_state *s, const struct node *root)
{
    struct node of = node_member(root, "of"), after = node_member(root, "after"),
                policy = node_member(root, "policy"), lists = node_member(root, "lists"),
                looked = node_member(root, "looked");
    s->after = node_int(&after, 0, INT64_MAX);
    snprintf(s->policy, sizeof s->policy, "%s", node_string(&policy, 0, SYNC_POLICY_TEXT, NULL));
    s->lists = node_bool(&lists);
    s->looked = node_int(&looked, 0, INT64_MAX);
    bool same = strcmp(node_string(&of, 0, SYNC_OF_TEXT, NULL), s->of) == 0;
    if (!reader_ok(root->reader))
        return "it is none of this command's: name another file";
    return same ? NULL : "it is of another list, purpose or service: name another file";
}

bool sync_state_read(struct sync_state *s, const char **ret_fault)
{
    struct buf bytes;
    struct reader r;
    *ret_fault = NULL;
    if (access(s->path, F_OK) != 0 && errno == ENOENT)
        return false;
    buf_init(&bytes, STATE_BYTES_MAX);
    *ret_fault = file_read(s->path, &bytes);
    reader_open(&r, bytes.data, bytes.len);
    struct node root = reader_root(&r);
    if (*ret_fault == NULL)
        *ret_fault = state_take(s, &root);
    reader_close(&r);
    buf_free(&bytes);
    return *ret_fault == NULL;
}

const char *sync_state_write(const struct sync_state *s)
{
    struct buf out;
    buf_init(&out, STATE_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_text(&w, "of", s->of);
    writer_int(&w, "after", s->after);
    writer_text(&w, "policy", s->policy);
    writer_bool(&w, "lists", s->lists);
    writer_int(&w, "looked", s->looked);
    writer_object_end(&w);
    buf_byte(&out, '\n');
    const char *fault = buf_failed(&out) ? "out of memory" : file_replace(s->path, out.data, out.len);
    buf_free(&out);
    return fault;
}
