/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_document.h"

#include "base/fault.h"
#include "wire/policy_document_internal.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { SECTION_MEMBERS_MAX = 32 };

static void member_take(struct draft *d, const struct member *m, const struct node *n)
{
    assert(d != NULL || m->read == NULL); /* (6) */
    if (m->check != NULL)
        m->check(n);
    if (m->read != NULL)
        m->read(d, n);
}

void section_read(struct draft *d, const struct node *object, const struct member *members)
{
    const char *names[SECTION_MEMBERS_MAX + 1];
    size_t count = 0;
    for (; members[count].name != NULL; count++) {
        assert(count < SECTION_MEMBERS_MAX);
        names[count] = members[count].name;
    }
    names[count] = NULL;
    node_only(object, names);
    for (const struct member *m = members; m->name != NULL; m++) {
        struct node n = m->duty == REQUIRED ? node_member(object, m->name) : node_optional(object, m->name);
        if (node_present(&n) && (m->kinds == 0 || value_is(&n, m->kinds)))
            member_take(d, m, &n);
    }
}

void *array_of(const struct node *n, size_t count, size_t size)
{
    void *array = fault_strikes() ? NULL : calloc(count, size);
    if (array == NULL)
        node_fault(n, ERROR_OVERLOADED, "memory ran out");
    return array;
}

bool sha256_of(const void *bytes, size_t len, uint8_t ret_hash[POLICY_DOCUMENT_HASH_SIZE])
{
    return !fault_strikes() && EVP_Digest(bytes, len, ret_hash, NULL, EVP_sha256(), NULL) == 1;
}

/* The order matters: a section names what those above it have. */
static const struct member document_members[] = {
    {"controller", REQUIRED, .read = controller_read, .inner = controller_members},
    {"entities", OPTIONAL, .read = entities_read},
    {"purposes", REQUIRED, .read = purposes_read, .inner = purpose_members},
    {"notices", OPTIONAL, .read = notices_read, .inner = notice_members},
    {"product_groups", OPTIONAL, .read = product_groups_read},
    {"clients", OPTIONAL, .read = clients_read, .inner = client_members},
    {"cookies", OPTIONAL, .read = cookies_read},
    {"sites", OPTIONAL, .read = sites_read},
    {"retention", OPTIONAL, .read = retention_read},
    {"ages", OPTIONAL, .read = ages_read},
    {"mask", OPTIONAL, .read = mask_read},
    {"rights", OPTIONAL, .read = rights_read},
    {"messages", OPTIONAL, .read = messages_read},
    {"recipients", OPTIONAL, .read = recipients_read},
    {"officer", OPTIONAL, .read = officer_read},
    {"pages", OPTIONAL, .read = pages_read},
    {.name = NULL},
};

static bool document_has_notice(const struct policy *policy, const char *id)
{
    for (size_t i = 0; i < policy->notice_count; i++) {
        if (strcmp(policy->notices[i].id, id) == 0)
            return true;
    }
    return false;
}

/* Each purpose's notice must be one of the document's. */
static void purposes_check_notices(const struct draft *d, const struct node *root)
{
    struct node purposes = node_optional(root, "purposes");
    for (size_t i = 0; i < d->policy->purpose_count; i++) {
        const char *id = d->policy->purposes[i].notice;
        if (id[0] == '\0' || document_has_notice(d->policy, id))
            continue;
        struct node purpose = node_at(&purposes, i);
        struct node notice = node_optional(&purpose, "notice");
        node_fault(&notice, ERROR_INVALID, "there is no such notice in this document");
    }
}

static int notice_compare(const void *a, const void *b)
{
    const struct notice *left = a;
    const struct notice *right = b;
    int by_id = strcmp(left->id, right->id);
    if (by_id != 0)
        return by_id;
    return (left->effective_from > right->effective_from) - (left->effective_from < right->effective_from);
}

struct policy *policy_document_read(struct reader *r, const char *bytes, size_t len)
{
    if (reader_open(r, bytes, len) != ERROR_NONE)
        return NULL;
    struct node root = reader_root(r);
    struct draft d = {.policy = array_of(&root, 1, sizeof *d.policy)};
    if (d.policy == NULL)
        return NULL;
    d.policy->mask = (struct mask_prefixes){MASK_IPV4_DEFAULT, MASK_IPV6_DEFAULT};
    d.policy->rights_term = (struct duration){.months = 1}; /* GDPR art. 12(3) */
    section_read(&d, &root, document_members);
    purposes_check_notices(&d, &root);
    banner_decide(&d);

    /* (4). The notices are put in order last: their faults are told by their places in the document. */
    if (!reader_ok(r)) {
        policy_free(d.policy);
        return NULL;
    }
    if (d.policy->notice_count > 0)
        qsort(d.policy->notices, d.policy->notice_count, sizeof *d.policy->notices, notice_compare);
    return d.policy;
}

void policy_document_canonical(struct reader *r, struct buf *out,
                               uint8_t ret_sha256[POLICY_DOCUMENT_HASH_SIZE])
{
    struct node root = reader_root(r);
    size_t start = out->len;
    node_dump(&root, true, out);
    if (!buf_failed(out) && !sha256_of(out->data + start, out->len - start, ret_sha256))
        out->failed = true;
}

static bool asks_for_something(const struct node *n)
{
    enum node_kind kind = node_kind(n);
    return kind != NODE_ABSENT && kind != NODE_NULL && (kind != NODE_BOOL || node_bool(n));
}

static void pointer_write(struct writer *w, const struct node *n)
{
    enum { POINTER_MAX = 256 }; /* bytes: three names of the tables and an index */
    struct buf pointer;
    buf_init(&pointer, POINTER_MAX);
    node_pointer(n, &pointer);
    if (buf_failed(&pointer))
        w->buf->failed = true;
    else
        writer_string(w, NULL, pointer.data, pointer.len);
    buf_free(&pointer);
}

static void not_enforced_of(struct writer *w, const struct node *object, const struct member *members)
{
    for (const struct member *m = members; m->name != NULL; m++) {
        struct node n = node_optional(object, m->name);
        if (m->duty == LATER && asks_for_something(&n))
            pointer_write(w, &n);
        else if (m->inner != NULL && node_is_object(&n))
            not_enforced_of(w, &n, m->inner);
        else if (m->inner != NULL && node_is_array(&n)) {
            size_t count = node_elements(&n, 0, SIZE_MAX);
            for (size_t i = 0; i < count; i++) {
                struct node element = node_at(&n, i);
                not_enforced_of(w, &element, m->inner);
            }
        }
    }
}

void policy_document_not_enforced(struct reader *r, struct writer *w, const char *key)
{
    struct node root = reader_root(r);
    writer_array_begin(w, key);
    not_enforced_of(w, &root, document_members);
    writer_array_end(w);
}
