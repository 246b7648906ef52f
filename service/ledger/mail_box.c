/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/mail_box.h"

#include "base/limits.h"

#include <assert.h>
#include <string.h>

/* Of an address without what stands behind a plus, which mail programs leave out: one mail box. */
static size_t mail_box(const struct identifier *a, const char **ret_domain)
{
    const char *at = memchr(a->value, '@', a->len), *plus;
    assert(at != NULL);
    size_t local = (size_t)(at - a->value);
    plus = memchr(a->value, '+', local);
    *ret_domain = at;
    return plus != NULL ? (size_t)(plus - a->value) : local;
}

struct identifier mail_box_of(const struct identifier *address)
{
    struct identifier own = *address;
    const char *domain;
    if (address->type != IDENTIFIER_EMAIL)
        return own;
    size_t local = mail_box(address, &domain), rest = address->len - (size_t)(domain - address->value);
    memmove(own.value + local, domain, rest);
    own.len = local + rest;
    return own;
}

static bool is_same_mail_box(const struct identifier *a, const struct identifier *b)
{
    const char *a_domain, *b_domain;
    if (a->type != IDENTIFIER_EMAIL || b->type != IDENTIFIER_EMAIL)
        return a->type == b->type && a->len == b->len && memcmp(a->value, b->value, a->len) == 0;
    size_t a_local = mail_box(a, &a_domain), b_local = mail_box(b, &b_domain);
    size_t a_rest = a->len - (size_t)(a_domain - a->value), b_rest = b->len - (size_t)(b_domain - b->value);
    return a_local == b_local && a_rest == b_rest && memcmp(a->value, b->value, a_local) == 0 &&
           memcmp(a_domain, b_domain, a_rest) == 0;
}

bool mail_box_read(const struct node *n, const struct controller *controller, struct identifier *ret_address)
{
    struct node type = node_optional(n, "type"), value = node_optional(n, "value");
    enum identifier_type kind;
    size_t len;
    const char *text = node_string(&value, 1, IDENTIFIER_MAX * 4, &len);
    return identifier_type_parse(node_string(&type, 1, 16, NULL), &kind) &&
           (kind == IDENTIFIER_EMAIL || kind == IDENTIFIER_PHONE) && len > 0 &&
           identifier_normalise(kind, text, len, controller->policy->country, ret_address) == NULL;
}

/* A child can type an address too, and their own first. */
bool mail_box_is_of(const struct node *subject, const struct controller *controller,
                    const struct identifier *address)
{
    bool is_array = node_is_array(subject), found = false;
    size_t count = is_array ? node_elements(subject, 1, IDENTIFIERS_MAX) : 1;
    for (size_t i = 0; i < count && !found; i++) {
        struct node one = is_array ? node_at(subject, i) : *subject;
        struct identifier own;
        found =
            node_is_object(&one) && mail_box_read(&one, controller, &own) && is_same_mail_box(&own, address);
    }
    return found;
}
