/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/person.h"

#include <openssl/crypto.h>
#include <string.h>

static const char *const type_words[] = {"email", "phone", "postal", "customer", "visitor", NULL};
static const char *const members[] = {"type", "value", NULL};

/* A value as a client may send it: separators and spaces come off before the normal form is measured. */
enum { RAW_VALUE_MAX = 1024 };

/* How well each type tells one person from another. */
static const uint8_t strengths[IDENTIFIER_TYPES] = {[IDENTIFIER_CUSTOMER] = 4,
                                                    [IDENTIFIER_EMAIL] = 3,
                                                    [IDENTIFIER_PHONE] = 2,
                                                    [IDENTIFIER_POSTAL] = 1,
                                                    [IDENTIFIER_VISITOR] = 0};

bool tagged_read(const struct node *n, const struct controller *controller, struct tagged *ret_tagged)
{
    node_only(n, members);
    struct node type = node_member(n, "type"), value = node_member(n, "value");
    int kind = node_word(&type, type_words);
    size_t len;
    const char *raw = node_string(&value, 1, RAW_VALUE_MAX, &len);
    if (kind < 0 || len == 0)
        return false;
    struct identifier identifier;
    const char *wrong =
        identifier_normalise((enum identifier_type)kind, raw, len, controller->policy->country, &identifier);
    if (wrong != NULL) {
        node_fault(&value, ERROR_INVALID, wrong);
        return false;
    }
    *ret_tagged = (struct tagged){.type = (enum identifier_type)kind};
    tagger_make(controller->tagger, &identifier, &ret_tagged->tag);
    if (controller->old_tagger != NULL)
        tagger_make(controller->old_tagger, &identifier, &ret_tagged->old_tag);
    OPENSSL_cleanse(&identifier, sizeof identifier);
    return true;
}

static bool person_has(const struct person *p, const struct tag *tag)
{
    for (size_t i = 0; i < p->count; i++) {
        if (memcmp(p->tags[i].bytes, tag->bytes, TAG_SIZE) == 0)
            return true;
    }
    return false;
}

/* Behind all that are as strong or stronger. */
static void person_add(struct person *p, const struct tagged *t)
{
    size_t at = p->count++;
    for (; at > 0 && strengths[p->types[at - 1]] < strengths[t->type]; at--) {
        p->tags[at] = p->tags[at - 1];
        p->old_tags[at] = p->old_tags[at - 1];
        p->types[at] = p->types[at - 1];
    }
    p->tags[at] = t->tag;
    p->old_tags[at] = t->old_tag;
    p->types[at] = (uint8_t)t->type;
}

static void identifier_read(const struct node *n, const struct controller *controller, struct person *p)
{
    struct tagged t;
    if (!tagged_read(n, controller, &t) || person_has(p, &t.tag) || p->count == IDENTIFIERS_MAX)
        return;
    if (t.type == IDENTIFIER_CUSTOMER && p->count > 0 && p->types[0] == IDENTIFIER_CUSTOMER)
        node_fault(n, ERROR_INVALID, "a second customer code: these are two people");
    person_add(p, &t);
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
