/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/message.h"

#include "auth/sealed.h"
#include "base/hex.h"
#include "base/limits.h"
#include "ledger/confirmation.h"
#include "ledger/guardian_request.h"
#include "wire/writer.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <string.h>

static const char label[] = "akkoord message 1";

/* In the order of the enum. */
static const char *const kind_words[] = {"message.confirmation", "message.link", "message.guardian_request",
                                         "message.guardian_second", "message.identity"};

enum {
    CONTENT_MAX = 48 * 1024, /* bytes: the keys of all purposes, an address and a link */
    URL_MAX = 2048           /* bytes of a link */
};

const char *message_kind_word(enum message_kind kind)
{
    return kind_words[kind];
}

bool message_address(const struct node *n, const struct controller *controller, struct identifier *ret_to)
{
    struct node type = node_optional(n, "type"), value = node_optional(n, "value");
    enum identifier_type kind;
    size_t len;
    const char *text = node_string(&value, 0, SIZE_MAX, &len);
    if (!identifier_type_parse(node_string(&type, 0, SIZE_MAX, NULL), &kind) ||
        (kind != IDENTIFIER_EMAIL && kind != IDENTIFIER_PHONE))
        return false;
    return identifier_normalise(kind, text, len, controller->policy->country, ret_to) == NULL;
}

/* What a sealed content stands beside: it opens nowhere else. */
struct beside {
    uint8_t bytes[5];
};

static struct beside beside_of(int32_t controller_id, enum message_kind kind)
{
    struct beside b;
    for (unsigned i = 0; i < 4; i++)
        b.bytes[i] = (uint8_t)((uint32_t)controller_id >> 8 * i);
    b.bytes[4] = (uint8_t)kind;
    return b;
}

static void content_write(struct buf *out, const struct message *m)
{
    struct writer w = writer_of(out);
    writer_object_begin(&w, NULL);
    writer_text(&w, "type", identifier_type_word(m->to.type));
    writer_string(&w, "value", m->to.value, m->to.len);
    writer_text(&w, "language", m->language);
    writer_text(&w, "url", m->url);
    writer_int(&w, "span", m->span);
    if (m->guardian != NULL) {
        char hex[2 * TAG_SIZE];
        hex_write(m->guardian->bytes, TAG_SIZE, hex);
        writer_string(&w, "guardian", hex, sizeof hex);
    }
    writer_array_begin(&w, "purposes");
    for (size_t i = 0; i < m->purpose_count; i++)
        writer_text(&w, NULL, m->purposes[i]);
    writer_array_end(&w);
    writer_object_end(&w);
}

const uint8_t *message_seal(const struct ledger_env *env, const struct message *m, size_t *ret_len)
{
    const struct beside beside = beside_of(env->controller->controller_id, m->kind);
    struct buf plain;
    buf_init(&plain, CONTENT_MAX);
    content_write(&plain, m);
    uint8_t *sealed = NULL;
    if (!buf_failed(&plain)) {
        sealed = arena_need(env->arena, plain.len + SEALED_EXTRA);
        if (sealed_make(&env->link_keys->numbered, label, &beside, sizeof beside, plain.data, plain.len,
                        sealed) != 0)
            sealed = NULL;
        *ret_len = plain.len + SEALED_EXTRA;
    }
    if (plain.data != NULL)
        OPENSSL_cleanse(plain.data, plain.len);
    buf_free(&plain);
    return sealed;
}

/* ---- delivered ---- */

/* What a body is made from. */
struct body {
    struct writer w;
    const struct message_due *due;
    struct node content;
};

/* A text of the content; NULL where it is null. */
static const char *text_of(const struct body *b, const char *member)
{
    struct node n = node_member(&b->content, member);
    return node_kind(&n) == NODE_NULL ? NULL : node_string(&n, 0, CONTENT_MAX, NULL);
}

static void to_write(struct body *b)
{
    writer_object_begin(&b->w, "to");
    writer_text(&b->w, "type", text_of(b, "type"));
    writer_text(&b->w, "value", text_of(b, "value"));
    writer_object_end(&b->w);
}

static void purposes_write(struct body *b)
{
    struct node purposes = node_member(&b->content, "purposes");
    size_t count = node_elements(&purposes, 0, MESSAGE_PURPOSES_MAX);
    writer_array_begin(&b->w, "purposes");
    for (size_t i = 0; i < count; i++) {
        struct node one = node_at(&purposes, i);
        writer_text(&b->w, NULL, node_string(&one, 1, POLICY_KEY_MAX, NULL));
    }
    writer_array_end(&b->w);
}

/* Whose page the link of a guardian's message leads to. Returns false where the content says none. */
static bool guardian_read(const struct body *b, struct tag *ret_guardian)
{
    struct node n = node_optional(&b->content, "guardian");
    size_t len = 0;
    const char *hex = node_present(&n) ? node_string(&n, 1, CONTENT_MAX, &len) : NULL;
    return hex != NULL && hex_read_lower(hex, len, ret_guardian->bytes, TAG_SIZE);
}

/* The link of requests is made now. Returns -1 when that failed. */
static int url_make(const struct body *b, const struct link_keys *keys, const char *public_url,
                    char ret_url[URL_MAX])
{
    const struct message_due *due = b->due;
    struct node span = node_member(&b->content, "span");
    const struct confirmation which = {.subject_no = due->subject_no,
                                       .revision = due->revision,
                                       .count = (int32_t)node_int(&span, 0, INT32_MAX)};
    if (due->kind == MESSAGE_CONFIRMATION)
        return confirmation_url(keys, public_url, due->controller_id, &which, due->valid_until, ret_url,
                                URL_MAX);
    struct guardian_link link = {
        .controller_id = due->controller_id, .expires = guardian_link_ends(due->put_at), .which = which};
    static_assert((int)GUARDIAN_URL_MAX <= (int)URL_MAX, "it fits");
    return guardian_read(b, &link.guardian) ? guardian_link_url(keys, public_url, &link, ret_url) : -1;
}

static int url_write(struct body *b, const struct link_keys *keys, const char *public_url)
{
    const char *url = text_of(b, "url");
    char made[URL_MAX];
    if (url == NULL) {
        if (url_make(b, keys, public_url, made) != 0)
            return -1;
        url = made;
    }
    writer_text(&b->w, "url", url);
    return 0;
}

static int body_write(struct body *b, const struct link_keys *keys, const char *public_url)
{
    struct writer *w = &b->w;
    writer_object_begin(w, NULL);
    writer_text(w, "type", kind_words[b->due->kind]);
    writer_moment(w, "timestamp", b->due->put_at);
    writer_object_begin(w, "data");
    writer_text(w, "controller", b->due->controller);
    to_write(b);
    writer_text(w, "language", text_of(b, "language"));
    purposes_write(b);
    int rc = url_write(b, keys, public_url);
    writer_moment(w, "expires_at", b->due->valid_until);
    writer_object_end(w);
    writer_object_end(w);
    return rc;
}

int message_body_write(struct buf *out, const struct message_due *due, const struct link_keys *keys,
                       const char *public_url)
{
    const struct beside beside = beside_of(due->controller_id, due->kind);
    uint8_t plain[CONTENT_MAX];
    if (due->content_len < SEALED_EXTRA || due->content_len > sizeof plain ||
        sealed_open(&keys->numbered, label, &beside, sizeof beside, due->content, due->content_len, plain) !=
            0)
        return -1;
    struct reader reader;
    int rc = -1;
    if (reader_open(&reader, (const char *)plain, due->content_len - SEALED_EXTRA) == ERROR_NONE) {
        struct body b = {.w = writer_of(out), .due = due, .content = reader_root(&reader)};
        rc = body_write(&b, keys, public_url);
    }
    if (!reader_ok(&reader) || buf_failed(out))
        rc = -1;
    reader_close(&reader);
    OPENSSL_cleanse(plain, sizeof plain);
    return rc;
}
