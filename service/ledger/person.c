/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/person.h"

#include <openssl/crypto.h>
#include <string.h>

static const char *const type_words[] = {"email", "phone", "postal", "customer", "visitor", NULL};
static const char *const members[] = {"type", "value", NULL};

/* A value as a client may send it: separators and spaces come off before the normal form is measured. */
enum { RAW_VALUE_MAX = 1024 };

static bool person_has(const struct person *p, const struct tag *tag)
{
    for (size_t i = 0; i < p->count; i++) {
        if (memcmp(p->tags[i].bytes, tag->bytes, TAG_SIZE) == 0)
            return true;
    }
    return false;
}

static void identifier_read(const struct node *n, const struct controller *controller, struct person *p)
{
    node_only(n, members);
    struct node type = node_member(n, "type"), value = node_member(n, "value");
    int kind = node_word(&type, type_words);
    size_t len;
    const char *raw = node_string(&value, 1, RAW_VALUE_MAX, &len);
    if (kind < 0 || len == 0)
        return;
    struct identifier identifier;
    const char *wrong =
        identifier_normalise((enum identifier_type)kind, raw, len, controller->policy->country, &identifier);
    if (wrong != NULL) {
        node_fault(&value, ERROR_INVALID, wrong);
        return;
    }
    struct tag tag;
    tagger_make(controller->tagger, &identifier, &tag);
    if (!person_has(p, &tag) && p->count < IDENTIFIERS_MAX) {
        p->tags[p->count] = tag;
        p->types[p->count] = (uint8_t)kind;
        if (controller->old_tagger != NULL)
            tagger_make(controller->old_tagger, &identifier, &p->old_tags[p->count]);
        p->count++;
    }
    OPENSSL_cleanse(&identifier, sizeof identifier);
}

void person_read(const struct node *object, const struct controller *controller, struct person *ret_person)
{
    ret_person->count = 0;
    ret_person->rotating = controller->old_tagger != NULL;
    struct node subject = node_member(object, "subject");
    if (!node_is_array(&subject)) {
        if (node_present(&subject))
            identifier_read(&subject, controller, ret_person);
        return;
    }
    size_t count = node_elements(&subject, 1, IDENTIFIERS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node one = node_at(&subject, i);
        identifier_read(&one, controller, ret_person);
    }
}
