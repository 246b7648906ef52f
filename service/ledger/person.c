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

void tagged_make(const struct identifier *identifier, const struct controller *controller,
                 struct tagged *ret_tagged)
{
    *ret_tagged = (struct tagged){.type = identifier->type};
    tagger_make(controller->tagger, identifier, &ret_tagged->tag);
    if (controller->old_tagger != NULL)
        tagger_make(controller->old_tagger, identifier, &ret_tagged->old_tag);
}

/* Returns how many readings there are; 0, with a fault, where it is no identifier. */
static size_t readings_read(const struct node *n, const struct controller *controller, bool leniently,
                            struct tagged ret_readings[IDENTIFIER_READINGS])
{
    node_only(n, members);
    struct node type = node_member(n, "type"), value = node_member(n, "value");
    int kind = node_word(&type, type_words);
    size_t len;
    const char *raw = node_string(&value, 1, RAW_VALUE_MAX, &len);
    if (kind < 0 || len == 0)
        return 0;
    const char *country = controller->policy->country;
    struct identifier readings[IDENTIFIER_READINGS];
    size_t count = 1;
    const char *wrong =
        leniently ? identifier_readings((enum identifier_type)kind, raw, len, country, readings, &count)
                  : identifier_normalise((enum identifier_type)kind, raw, len, country, readings);
    if (wrong != NULL) {
        node_fault(&value, ERROR_INVALID, wrong);
        count = 0;
    }
    for (size_t i = 0; i < count; i++)
        tagged_make(&readings[i], controller, &ret_readings[i]);
    OPENSSL_cleanse(readings, sizeof readings);
    return count;
}

bool tagged_read(const struct node *n, const struct controller *controller, struct tagged *ret_tagged)
{
    struct tagged readings[IDENTIFIER_READINGS];
    if (readings_read(n, controller, false, readings) == 0)
        return false;
    *ret_tagged = readings[0];
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
static void person_insert(struct person *p, const struct tagged *t)
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

static void person_add(struct person *p, const struct tagged *t, const struct node *n)
{
    if (person_has(p, &t->tag))
        return;
    if (p->count == IDENTIFIERS_MAX) {
        node_fault(n, ERROR_INVALID, "can be read in two ways, and would be one identifier too many");
        return;
    }
    if (t->type == IDENTIFIER_CUSTOMER && p->count > 0 && p->types[0] == IDENTIFIER_CUSTOMER)
        node_fault(n, ERROR_INVALID, "a second customer code: these are two people");
    person_insert(p, t);
}

static void identifier_read(const struct node *n, const struct controller *controller, bool leniently,
                            struct person *p)
{
    struct tagged readings[IDENTIFIER_READINGS];
    size_t count = readings_read(n, controller, leniently, readings);
    for (size_t i = 0; i < count; i++)
        person_add(p, &readings[i], n);
}

static void subject_read(const struct node *object, const struct controller *controller, bool leniently,
                         struct person *ret_person)
{
    ret_person->count = 0;
    ret_person->rotating = controller->old_tagger != NULL;
    struct node subject = node_member(object, "subject");
    if (!node_is_array(&subject)) {
        if (node_present(&subject))
            identifier_read(&subject, controller, leniently, ret_person);
        return;
    }
    size_t count = node_elements(&subject, 1, IDENTIFIERS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node one = node_at(&subject, i);
        identifier_read(&one, controller, leniently, ret_person);
    }
}

void person_read(const struct node *object, const struct controller *controller, struct person *ret_person)
{
    subject_read(object, controller, false, ret_person);
}

/* What is no word at all is refused elsewhere. */
static bool is_yes(const struct node *state)
{
    static const char *const noes[] = {"refused", "withdrawn", "objected"};
    if (node_kind(state) != NODE_STRING)
        return false;
    const char *word = node_string(state, 0, SIZE_MAX, NULL);
    for (size_t i = 0; i < sizeof noes / sizeof *noes; i++) {
        if (strcmp(word, noes[i]) == 0)
            return false;
    }
    return true;
}

static bool says_yes(const struct node *object)
{
    struct node state = node_optional(object, "event_state"), choices = node_optional(object, "choices"), one;
    void *cursor = NULL;
    const char *key;
    bool yes = is_yes(&state);
    while (!yes && node_is_object(&choices) && node_next(&choices, &cursor, &key, &one))
        yes = is_yes(&one);
    return yes;
}

void person_read_leniently(const struct node *object, const struct controller *controller,
                           struct person *ret_person)
{
    subject_read(object, controller, !(node_is_object(object) && says_yes(object)), ret_person);
}
