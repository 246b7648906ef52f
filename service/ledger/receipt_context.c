/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/receipt_context.h"

#include "base/hex.h"
#include "base/limits.h"

#include <string.h>

/* In the order of the enum. They are stored. */
static const char *const kind_words[] = {"record", "confirm", "withdraw", "withdraw_standing", NULL};

struct receipt_act *receipt_act_add(struct receipt_context *c, struct arena *arena)
{
    c->acts = arena_grow(arena, c->acts, c->act_count, sizeof *c->acts);
    return &c->acts[c->act_count++];
}

struct receipt_not_stopped *receipt_not_stopped_add(struct receipt_context *c, struct arena *arena)
{
    c->not_stopped = arena_grow(arena, c->not_stopped, c->not_stopped_count, sizeof *c->not_stopped);
    return &c->not_stopped[c->not_stopped_count++];
}

/* ---- out ---- */

void receipt_act_write(struct writer *w, const struct receipt_act *act)
{
    writer_text(w, "purpose", act->purpose);
    if (act->entity != NULL)
        writer_text(w, "entity", act->entity);
    notice_write(w, &act->words);
}

void receipt_not_stopped_write(struct writer *w, const struct receipt_context *c)
{
    writer_array_begin(w, "not_stopped");
    for (size_t i = 0; i < c->not_stopped_count; i++) {
        writer_object_begin(w, NULL);
        writer_text(w, "purpose", c->not_stopped[i].purpose);
        writer_text(w, "reason", c->not_stopped[i].reason);
        if (c->not_stopped[i].objectable)
            writer_bool(w, "object", true);
        writer_object_end(w);
    }
    writer_array_end(w);
}

void receipt_context_write(struct buf *out, const struct receipt_context *c)
{
    struct writer w = writer_of(out);
    writer_object_begin(&w, NULL);
    writer_text(&w, "kind", kind_words[c->kind]);
    writer_bool(&w, "array", c->is_array);
    writer_int(&w, "standing", c->standing);
    if (c->is_delivered)
        writer_bool(&w, "delivered", true);

    /* what was said */
    writer_array_begin(&w, "acts");
    for (size_t i = 0; i < c->act_count; i++) {
        writer_object_begin(&w, NULL);
        writer_int(&w, "number", c->acts[i].number);
        if (c->acts[i].for_all != 0)
            writer_int(&w, "for_all", c->acts[i].for_all);
        receipt_act_write(&w, &c->acts[i]);
        writer_int(&w, "notice_number", c->acts[i].notice);
        writer_int(&w, "text", c->acts[i].text);
        writer_bool(&w, "apart", c->acts[i].is_apart);
        writer_bool(&w, "joined", c->acts[i].is_joined);
        writer_object_end(&w);
    }
    writer_array_end(&w);

    /* what was not */
    receipt_not_stopped_write(&w, c);
    writer_object_end(&w);
}

/* ---- in ---- */

static const char *text_read(const struct node *object, const char *member)
{
    struct node n = node_member(object, member);
    return node_string(&n, 1, POLICY_KEY_MAX, NULL);
}

/* NULL where it is absent. */
static const char *optional_text_read(const struct node *object, const char *member)
{
    struct node n = node_optional(object, member);
    return node_present(&n) ? node_string(&n, 1, POLICY_KEY_MAX, NULL) : NULL;
}

/* False where it is absent. */
static bool flag_read(const struct node *object, const char *member)
{
    struct node n = node_optional(object, member);
    return node_present(&n) && node_bool(&n);
}

static const uint8_t *sha256_read(const struct node *notice, struct arena *arena)
{
    struct node n = node_member(notice, "sha256");
    size_t len;
    const char *digits = node_string(&n, 2 * SHA256_SIZE, 2 * SHA256_SIZE, &len);
    uint8_t *bytes = arena_zeroed(arena, SHA256_SIZE);
    if (!hex_read_lower(digits, len, bytes, SHA256_SIZE))
        node_fault(&n, ERROR_INVALID, "64 lower-case hexadecimal digits");
    return bytes;
}

static struct notice_words words_read(const struct node *object, struct arena *arena)
{
    struct node n = node_member(object, "notice");
    if (node_kind(&n) == NODE_NULL)
        return (struct notice_words){0};
    struct notice_words words = {.id = text_read(&n, "id"),
                                 .version = text_read(&n, "version"),
                                 .language = optional_text_read(&n, "language")};
    if (words.language != NULL)
        words.sha256 = sha256_read(&n, arena);
    words.assumed = flag_read(&n, "assumed");
    return words;
}

static void act_read(const struct node *n, struct arena *arena, struct receipt_act *act)
{
    struct node number = node_member(n, "number"), for_all = node_optional(n, "for_all"),
                notice = node_member(n, "notice_number"), text = node_member(n, "text");
    act->number = (int32_t)node_int(&number, 0, INT32_MAX);
    act->for_all = node_present(&for_all) ? (int32_t)node_int(&for_all, 1, INT32_MAX) : 0;
    act->notice = (int32_t)node_int(&notice, 0, INT32_MAX);
    act->text = (int32_t)node_int(&text, -1, POLICY_LANGUAGES_MAX);
    act->is_apart = flag_read(n, "apart");
    act->is_joined = flag_read(n, "joined");
    act->purpose = text_read(n, "purpose");
    act->entity = optional_text_read(n, "entity");
    act->words = words_read(n, arena);
}

static void acts_read(const struct node *root, struct arena *arena, struct receipt_context *c)
{
    struct node acts = node_member(root, "acts");
    size_t count = node_elements(&acts, 0, RECORDS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node one = node_at(&acts, i);
        act_read(&one, arena, receipt_act_add(c, arena));
    }
}

static void not_stopped_read(const struct node *root, struct arena *arena, struct receipt_context *c)
{
    struct node all = node_member(root, "not_stopped");
    size_t count = node_elements(&all, 0, POLICY_PURPOSES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node one = node_at(&all, i);
        *receipt_not_stopped_add(c, arena) =
            (struct receipt_not_stopped){.purpose = text_read(&one, "purpose"),
                                         .reason = text_read(&one, "reason"),
                                         .objectable = flag_read(&one, "object")};
    }
}

bool receipt_context_read(struct reader *reader, const char *json, struct arena *arena,
                          struct receipt_context *ret_context)
{
    struct receipt_context c = {0};
    reader_open(reader, json, strlen(json));
    struct node root = reader_root(reader), kind = node_member(&root, "kind"),
                array = node_member(&root, "array"), standing = node_member(&root, "standing");

    /* in the order it was written */
    int word = node_word(&kind, kind_words);
    c.kind = word >= 0 ? (enum receipt_kind)word : RECEIPT_RECORD;
    c.is_array = node_bool(&array);
    c.is_delivered = flag_read(&root, "delivered");
    c.standing = (int32_t)node_int(&standing, INT32_MIN, PURPOSE_ALL);
    acts_read(&root, arena, &c);
    not_stopped_read(&root, arena, &c);
    if (!reader_ok(reader))
        return false;
    *ret_context = c;
    return true;
}
