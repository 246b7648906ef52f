/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/time_zone.h"
#include "wire/policy_contact.h"
#include "wire/policy_document_internal.h"

#include <assert.h>
#include <string.h>

static void controller_key_read(struct draft *d, const struct node *n)
{
    value_key(n, d->policy->controller);
}

/* A wrong country would read every phone number wrongly, and is fixed once there is one: so it must
 * be one whose numbers are known. */
static void country_read(struct draft *d, const struct node *n)
{
    value_country(n, d->policy->country);
}

static void time_zone_read(struct draft *d, const struct node *n)
{
    size_t len;
    const char *zone = node_string(n, 1, TIME_ZONE_NAME_MAX, &len);
    if (len == 0)
        return;
    if (time_zone_is_name(zone, len))
        memcpy(d->policy->time_zone, zone, len + 1);
    else
        node_fault(n, ERROR_INVALID, "must be an IANA time zone, such as Europe/Amsterdam");
}

static bool draft_has_language(const struct draft *d, const char *language)
{
    for (size_t i = 0; i < d->language_count; i++) {
        if (strcmp(d->languages[i], language) == 0)
            return true;
    }
    return false;
}

static void languages_read(struct draft *d, const struct node *n)
{
    size_t count = node_elements(n, 1, POLICY_LANGUAGES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node element = node_at(n, i);
        size_t len;
        const char *tag = node_string(&element, 1, LANGUAGE_SIZE - 1, &len);
        char language[LANGUAGE_SIZE];
        if (len == 0 || !value_language(&element, tag, language))
            continue;
        if (draft_has_language(d, language))
            node_fault(&element, ERROR_INVALID, "stands twice");
        else
            memcpy(d->languages[d->language_count++], language, sizeof language);
    }
}

/* Held, beside being kept with the document: whoever is told of his consents is
 * told whom he may complain to. */
static void authority_read(struct draft *d, const struct node *n)
{
    struct buf line;
    value_contact(n);
    buf_init(&line, CONTACT_MAX);
    contact_join(&line, n);
    if (line.len > 0 && (d->policy->authority = array_of(n, line.len + 1, 1)) != NULL)
        memcpy(d->policy->authority, line.data, line.len);
    if (buf_failed(&line))
        node_fault(n, ERROR_OVERLOADED, "memory ran out");
    buf_free(&line);
}

const struct member controller_members[] = {
    {"key", REQUIRED, .read = controller_key_read},
    {"name", OPTIONAL, .check = value_text_or_texts},
    {"country", REQUIRED, .read = country_read},
    {"time_zone", OPTIONAL, .read = time_zone_read},
    {"languages", OPTIONAL, .read = languages_read},
    {"address", OPTIONAL, .check = value_address},
    {"contact", OPTIONAL, .check = value_contact},
    {"data_protection_officer", OPTIONAL, .check = value_contact},
    {"supervisory_authority", OPTIONAL, .read = authority_read},
    {"storage_locations", OPTIONAL, .check = value_lines},
    {"security", OPTIONAL, .check = value_text_or_texts},
    {.name = NULL},
};

void controller_read(struct draft *d, const struct node *n)
{
    section_read(d, n, controller_members);
    struct node zone = node_optional(n, "time_zone");
    if (node_present(&zone) || d->policy->country[0] == '\0')
        return;
    const char *name = time_zone_of_country(d->policy->country);
    if (name != NULL)
        memcpy(d->policy->time_zone, name, strlen(name) + 1);
    else
        node_fault(&zone, ERROR_INVALID, "is required: there is no default for this country");
}

static void entity_key_read(struct draft *d, const struct node *n)
{
    char *key = d->policy->entities[d->policy->entity_count].key;
    value_key(n, key);
    if (key[0] != '\0' && policy_entity(d->policy, key) >= 0)
        node_fault(n, ERROR_INVALID, "another entity has this key");
}

static const struct member entity_members[] = {
    {"key", REQUIRED, .read = entity_key_read},
    {"name", REQUIRED, .check = value_text_or_texts},
    {"address", OPTIONAL, .check = value_address},
    {"contact", OPTIONAL, .check = value_contact},
    {.name = NULL},
};

void entities_read(struct draft *d, const struct node *n)
{
    struct policy *policy = d->policy;
    size_t count = node_elements(n, 1, POLICY_ENTITIES_MAX);
    assert(policy->entity_count == 0 && policy->purpose_count == 0); /* (1) */
    for (; policy->entity_count < count; policy->entity_count++) {
        struct node entity = node_at(n, policy->entity_count);
        section_read(d, &entity, entity_members);
    }
}
