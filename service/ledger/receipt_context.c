/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/receipt_context.h"

#include "base/hex.h"
#include "base/limits.h"
#include "wire/writer.h"

#include <string.h>

static const char *const kind_words[] = {"record", "withdraw", "withdraw_all", NULL};

/* Room doubles; what was there before goes with the arena. */
static void *list_grow(struct arena *arena, void *list, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return list;
    *room = *room == 0 ? 1 : *room * 2;
    void *grown = arena_zeroed(arena, *room * size);
    if (count > 0)
        memcpy(grown, list, count * size);
    return grown;
}

struct receipt_act *receipt_act_add(struct receipt_context *c, struct arena *arena)
{
    c->acts = list_grow(arena, c->acts, c->act_count, &c->act_room, sizeof *c->acts);
    return &c->acts[c->act_count++];
}

void receipt_not_stopped_add(struct receipt_context *c, struct arena *arena, const char *purpose,
                             const char *reason)
{
    c->not_stopped =
        list_grow(arena, c->not_stopped, c->not_stopped_count, &c->not_stopped_room, sizeof *c->not_stopped);
    c->not_stopped[c->not_stopped_count++] = (struct receipt_not_stopped){purpose, reason};
}

/* ---- out ---- */

static void act_write(struct writer *w, const struct receipt_context *c, const struct receipt_act *act)
{
    writer_object_begin(w, NULL);
    if (c->kind == RECEIPT_WITHDRAW_ALL)
        writer_int(w, "number", act->number);
    writer_text(w, "purpose", act->purpose);
    if (act->entity != NULL)
        writer_text(w, "entity", act->entity);
    if (act->has_notice) {
        writer_object_begin(w, "notice");
        writer_text(w, "id", act->notice.id);
        writer_text(w, "version", act->notice.version);
        if (act->notice.language != NULL) {
            writer_text(w, "language", act->notice.language);
            writer_sha256(w, "sha256", act->notice.sha256);
        }
        writer_object_end(w);
    }
    writer_object_end(w);
}

void receipt_context_write(struct buf *out, const struct receipt_context *c)
{
    struct writer w = writer_of(out);
    writer_object_begin(&w, NULL);
    writer_text(&w, "kind", kind_words[c->kind]);
    writer_bool(&w, "array", c->is_array);
    writer_array_begin(&w, "acts");
    for (size_t i = 0; i < c->act_count; i++)
        act_write(&w, c, &c->acts[i]);
    writer_array_end(&w);
    writer_array_begin(&w, "not_stopped");
    for (size_t i = 0; i < c->not_stopped_count; i++) {
        writer_object_begin(&w, NULL);
        writer_text(&w, "purpose", c->not_stopped[i].purpose);
        writer_text(&w, "reason", c->not_stopped[i].reason);
        writer_object_end(&w);
    }
    writer_array_end(&w);
    writer_object_end(&w);
}

/* ---- in ---- */

/* NULL where it is absent. */
static const char *text_of(const struct node *object, const char *key)
{
    struct node n = node_optional(object, key);
    return node_present(&n) ? node_string(&n, 0, POLICY_KEY_MAX, NULL) : NULL;
}

static void notice_read(const struct node *object, struct arena *arena, struct receipt_act *act)
{
    struct node n = node_optional(object, "notice");
    act->has_notice = node_present(&n);
    if (!act->has_notice)
        return;
    act->notice = (struct receipt_notice){
        .id = text_of(&n, "id"), .version = text_of(&n, "version"), .language = text_of(&n, "language")};
    struct node sha256 = node_optional(&n, "sha256");
    if (!node_present(&sha256))
        return;
    size_t len;
    const char *hex = node_string(&sha256, 0, 2 * SHA256_SIZE, &len);
    uint8_t *bytes = arena_need(arena, SHA256_SIZE);
    if (!hex_read_lower(hex, len, bytes, SHA256_SIZE))
        node_fault(&sha256, ERROR_INVALID, "64 lower-case hexadecimal digits");
    act->notice.sha256 = bytes;
}

static void act_read(const struct node *n, struct arena *arena, struct receipt_act *act)
{
    struct node number = node_optional(n, "number");
    act->number = node_present(&number) ? (int32_t)node_int(&number, 0, INT32_MAX) : 0;
    act->purpose = text_of(n, "purpose");
    act->entity = text_of(n, "entity");
    notice_read(n, arena, act);
}

bool receipt_context_read(struct reader *reader, const char *json, struct arena *arena,
                          struct receipt_context *ret_context)
{
    struct receipt_context c = {0};
    reader_open(reader, json, strlen(json));
    struct node root = reader_root(reader);
    if (!node_is_object(&root))
        return false;
    struct node kind = node_member(&root, "kind"), array = node_member(&root, "array"),
                acts = node_member(&root, "acts"), not_stopped = node_member(&root, "not_stopped");
    int word = node_word(&kind, kind_words);
    c.kind = word >= 0 ? (enum receipt_kind)word : RECEIPT_RECORD;
    c.is_array = node_bool(&array);
    size_t act_count = node_elements(&acts, 0, RECORDS_MAX);
    for (size_t i = 0; i < act_count; i++) {
        struct node one = node_at(&acts, i);
        act_read(&one, arena, receipt_act_add(&c, arena));
    }
    size_t left = node_elements(&not_stopped, 0, POLICY_PURPOSES_MAX);
    for (size_t i = 0; i < left; i++) {
        struct node one = node_at(&not_stopped, i);
        receipt_not_stopped_add(&c, arena, text_of(&one, "purpose"), text_of(&one, "reason"));
    }
    if (!reader_ok(reader))
        return false;
    *ret_context = c;
    return true;
}
