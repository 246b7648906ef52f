/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/evidence.h"

#include "base/hex.h"
#include "base/limits.h"
#include "ledger/free_text.h"
#include "wire/writer.h"

#include <string.h>

enum { DOCUMENTS_MAX = 16, NAME_MAX_BYTES = 255, SHA256_HEX = 2 * SHA256_SIZE };

static void ip_read(const struct ledger_env *env, const struct node *evidence, struct writer *w)
{
    struct node ip = node_optional(evidence, "ip");
    if (!node_present(&ip))
        return;
    size_t len, masked_len;
    const char *text = node_string(&ip, 1, MASK_ADDRESS_SIZE + 16, &len);
    char masked[MASK_ADDRESS_SIZE];
    if (len == 0)
        return;
    if (mask_address(text, len, env->controller->policy->mask, masked, &masked_len))
        writer_string(w, "ip", masked, masked_len);
    else
        node_fault(&ip, ERROR_INVALID, "one IPv4 or IPv6 address and nothing else");
}

/* A browser's name for itself: long numbers are its own. */
static void user_agent_read(const struct ledger_env *env, const struct node *n, struct writer *w)
{
    if (!node_present(n))
        return;
    size_t len;
    const char *text = node_string(n, 1, EVIDENCE_BYTES_MAX, &len);
    char *masked = arena_need(env->arena, mask_room(len));
    writer_string(w, "user_agent", masked, mask_text(text, len, env->controller->policy->mask, masked));
}

static void text_write(const struct ledger_env *env, struct writer *w, const char *key, const char *text,
                       size_t len)
{
    char *masked = arena_need(env->arena, free_text_room(len));
    writer_string(w, key, masked, free_text_mask(env->controller->policy, text, len, masked));
}

/* ${ends}: the characters the text is cut at. */
static void cut_read(const struct ledger_env *env, const struct node *n, const char *key, size_t max,
                     const char *ends, struct writer *w)
{
    if (!node_present(n))
        return;
    size_t len;
    const char *text = node_string(n, 1, max, &len);
    text_write(env, w, key, text, strcspn(text, ends));
}

void evidence_text_read(const struct ledger_env *env, const struct node *n, const char *key, size_t max,
                        struct writer *w)
{
    cut_read(env, n, key, max, "", w);
}

void evidence_url_read(const struct ledger_env *env, const struct node *n, const char *key, struct writer *w)
{
    cut_read(env, n, key, EVIDENCE_BYTES_MAX, "?#", w);
}

static void document_read(const struct ledger_env *env, const struct node *n, struct writer *w)
{
    static const char *const members[] = {"name", "sha256", NULL};
    node_only(n, members);
    struct node name = node_member(n, "name"), sha256 = node_member(n, "sha256");
    size_t name_len, sha256_len;
    const char *name_text = node_string(&name, 1, NAME_MAX_BYTES, &name_len);
    const char *hash = node_string(&sha256, SHA256_HEX, SHA256_HEX, &sha256_len);
    if (!hex_is_lower(hash, sha256_len))
        node_fault(&sha256, ERROR_INVALID, "64 lower-case hexadecimal digits");
    writer_object_begin(w, NULL);
    text_write(env, w, "name", name_text, name_len);
    writer_string(w, "sha256", hash, sha256_len);
    writer_object_end(w);
}

static void documents_read(const struct ledger_env *env, const struct node *evidence, struct writer *w)
{
    struct node documents = node_optional(evidence, "documents");
    if (!node_present(&documents))
        return;
    size_t count = node_elements(&documents, 1, DOCUMENTS_MAX);
    writer_array_begin(w, "documents");
    for (size_t i = 0; i < count; i++) {
        struct node one = node_at(&documents, i);
        document_read(env, &one, w);
    }
    writer_array_end(w);
}

/* When the person confirmed it, where another system asked. */
static void confirmed_read(const struct node *evidence, struct writer *w)
{
    struct node at = node_optional(evidence, "confirmed_at");
    if (node_present(&at))
        writer_moment(w, "confirmed_at", node_moment(&at));
}

const char *evidence_read(const struct ledger_env *env, const struct node *object)
{
    static const char *const members[] = {"ip",        "user_agent",   "url", "form",
                                          "documents", "confirmed_at", "gpc", NULL};
    struct node evidence = node_optional(object, "evidence");
    if (!node_present(&evidence))
        return NULL;
    node_only(&evidence, members);
    node_members(&evidence, 1, sizeof members / sizeof *members - 1);
    struct node agent = node_optional(&evidence, "user_agent"), url = node_optional(&evidence, "url"),
                form = node_optional(&evidence, "form"), gpc = node_optional(&evidence, "gpc");
    struct buf out;
    buf_init(&out, 8 * EVIDENCE_BYTES_MAX); /* the ceiling is told below, as a fault */
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    ip_read(env, &evidence, &w);
    user_agent_read(env, &agent, &w);
    evidence_url_read(env, &url, "url", &w);
    evidence_text_read(env, &form, "form", EVIDENCE_BYTES_MAX, &w);
    documents_read(env, &evidence, &w);
    confirmed_read(&evidence, &w);
    if (node_present(&gpc))
        writer_bool(&w, "gpc", node_bool(&gpc));
    writer_object_end(&w);
    const char *kept = NULL;
    if (buf_failed(&out) || out.len > EVIDENCE_BYTES_MAX)
        node_fault(&evidence, ERROR_INVALID, "evidence is at most 4096 bytes");
    else
        kept = arena_copy(env->arena, out.data, out.len);
    buf_free(&out);
    return kept;
}
