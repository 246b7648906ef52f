/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/policy.h"

#include "base/fault.h"
#include "base/hash.h"

#include <assert.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What holds of a policy once it was read (wire/policy_document) and numbered (store/numbering):
 *
 * (1) It is not changed any more, so any thread may read it.
 * (2) Keys are each one's alone: of purposes, of entities, of the versions of one notice.
 * (3) So are the ledger's numbers, of purposes and of their entities; none is PURPOSE_ALL but what has no
 *     number yet.
 * (4) The notices are in the order of their ids, and of one id in that of effective_from: those of one id
 *     lie together, and what is behind is later.
 * (5) The index has a power of two places, at least half of them free: a look-up ends. It has every
 *     purpose, so none may come after it. */

#define LAWFUL_BASIS_WORD(name, word) [name] = word,
const char *const lawful_basis_words[] = {LAWFUL_BASES(LAWFUL_BASIS_WORD) NULL};
#undef LAWFUL_BASIS_WORD

const char *const channel_words[] = {"email", "sms", "phone", "post", "web", NULL};
const char *const signal_words[] = {"ad_storage",
                                    "ad_user_data",
                                    "ad_personalization",
                                    "analytics_storage",
                                    "functionality_storage",
                                    "personalization_storage",
                                    "security_storage",
                                    NULL};

const char *const strength_words[] = {"checkbox", "email", "email_plus", "signed", "in_person", "eid", NULL};

static void texts_free(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

static void site_free(struct site *s)
{
    texts_free(s->origins, s->origin_count);
    texts_free(s->return_urls, s->return_url_count);
    free(s->cookie_domain);
}

void policy_free(struct policy *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->notice_count; i++)
        free(p->notices[i].texts);
    for (size_t i = 0; i < p->site_count; i++)
        site_free(&p->sites[i]);
    free(p->sites);
    free(p->notices);
    free(p->places);
    free(p->purposes);
    free(p->authority);
    for (size_t i = 0; i < p->client_count; i++)
        free(p->clients[i].contact);
    free(p->clients);
    free(p->groups);
    free(p->similar);
    free(p->officer_certificate);
    free(p);
}

/* Where in the index the key is, or would be. The keys are the controller's own: nobody gains by making two
 * meet. */
static uint32_t *place_of(const struct policy *p, const char *key)
{
    assert((p->place_count & (p->place_count - 1)) == 0 && p->place_count >= 2 * p->purpose_count); /* (5) */
    size_t at = hash_plain(HASH_NOTHING, key, strlen(key)) & (p->place_count - 1);
    while (p->places[at] != 0 && strcmp(p->purposes[p->places[at] - 1].key, key) != 0)
        at = (at + 1) & (p->place_count - 1);
    return &p->places[at];
}

/* (4), which every look-up of a notice counts on. */
static void notices_check(const struct policy *p)
{
    for (size_t i = 1; i < p->notice_count; i++) {
        const struct notice *earlier = &p->notices[i - 1], *later = &p->notices[i];
        int by_id = strcmp(earlier->id, later->id);
        assert(by_id < 0 || (by_id == 0 && earlier->effective_from < later->effective_from));
    }
}

int policy_index(struct policy *p)
{
    notices_check(p);
    size_t count = 1;
    while (count < 2 * p->purpose_count)
        count *= 2;
    uint32_t *places = fault_strikes() ? NULL : calloc(count, sizeof *places);
    if (places == NULL)
        return -1;
    free(p->places);
    p->places = places;
    p->place_count = count;
    for (size_t i = 0; i < p->purpose_count; i++)
        *place_of(p, p->purposes[i].key) = (uint32_t)i + 1;
    return 0;
}

const struct purpose *policy_purpose(const struct policy *p, const char *key)
{
    if (p->places != NULL) {
        uint32_t place = *place_of(p, key);
        return place != 0 ? &p->purposes[place - 1] : NULL;
    }
    for (size_t i = 0; i < p->purpose_count; i++) {
        if (strcmp(p->purposes[i].key, key) == 0)
            return &p->purposes[i];
    }
    return NULL;
}

const struct client *policy_client(const struct policy *p, const char *key)
{
    for (size_t i = 0; i < p->client_count; i++) {
        if (strcmp(p->clients[i].key, key) == 0)
            return &p->clients[i];
    }
    return NULL;
}

int policy_entity(const struct policy *p, const char *key)
{
    for (size_t i = 0; i < p->entity_count; i++) {
        if (strcmp(p->entities[i].key, key) == 0)
            return (int)i;
    }
    return ENTITY_ANY;
}

/* Whether ${number} is the purpose's own, or its number for an entity. */
static bool purpose_is_numbered(const struct policy *p, const struct purpose *purpose, int32_t number,
                                int *ret_entity)
{
    for (int entity = ENTITY_ANY; entity < (int)p->entity_count; entity++) {
        if (purpose_number_for(purpose, entity) == number) {
            *ret_entity = entity;
            return true;
        }
    }
    return false;
}

const struct purpose *policy_purpose_numbered(const struct policy *p, int32_t number, int *ret_entity)
{
    int ignored;
    for (size_t i = 0; number != PURPOSE_ALL && i < p->purpose_count; i++) {
        if (purpose_is_numbered(p, &p->purposes[i], number, ret_entity != NULL ? ret_entity : &ignored))
            return &p->purposes[i];
    }
    return NULL;
}

const struct notice *policy_notice_numbered(const struct policy *p, int32_t number)
{
    for (size_t i = 0; i < p->notice_count; i++) {
        if (p->notices[i].number == number)
            return &p->notices[i];
    }
    return NULL;
}

/* The place of the first notice that does not sort before ${id}. */
static size_t notice_place(const struct policy *p, const char *id)
{
    size_t low = 0, high = p->notice_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(p->notices[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct notice *policy_notice(const struct policy *p, const char *id, const char *version, instant at)
{
    const struct notice *found = NULL;
    for (size_t i = notice_place(p, id); i < p->notice_count && strcmp(p->notices[i].id, id) == 0; i++) {
        const struct notice *n = &p->notices[i];
        if (version != NULL ? strcmp(n->version, version) == 0 : n->effective_from <= at)
            found = n;
    }
    return found;
}

/* The first material version of the same notice behind ${n}, or NULL. */
static const struct notice *material_after(const struct policy *p, const struct notice *n)
{
    const struct notice *end = p->notices + p->notice_count;
    assert(n >= p->notices && n < end);
    for (const struct notice *later = n + 1; later < end && strcmp(later->id, n->id) == 0; later++) {
        if (later->material)
            return later;
    }
    return NULL;
}

bool policy_notice_outdated(const struct policy *p, const struct notice *n, instant now)
{
    const struct notice *later = material_after(p, n);
    return later != NULL && later->effective_from <= now;
}

instant policy_notice_next(const struct policy *p, const struct notice *n, instant now)
{
    const struct notice *later = material_after(p, n);
    while (later != NULL && later->effective_from <= now)
        later = material_after(p, later);
    return later != NULL ? later->effective_from : INSTANT_NONE;
}

instant policy_words_since(const struct policy *p, instant now)
{
    instant since = 0;
    for (size_t i = 0; i < p->notice_count; i++) {
        instant from = p->notices[i].effective_from;
        if (from <= now && from > since)
            since = from;
    }
    return since;
}

const struct notice_text *notice_text_in(const struct notice *n, const char *language)
{
    size_t primary = language != NULL ? strcspn(language, "-") : 0;
    const struct notice_text *by_primary = NULL;
    for (size_t i = 0; i < n->text_count && language != NULL; i++) {
        if (strcmp(n->texts[i].language, language) == 0)
            return &n->texts[i];
        if (by_primary == NULL && strlen(n->texts[i].language) == primary &&
            memcmp(n->texts[i].language, language, primary) == 0)
            by_primary = &n->texts[i];
    }
    if (by_primary != NULL)
        return by_primary;
    return n->text_count > 0 ? &n->texts[0] : NULL;
}

const struct site *policy_site(const struct policy *p, const char *origin, size_t len)
{
    for (size_t i = 0; i < p->site_count; i++) {
        const struct site *s = &p->sites[i];
        for (size_t k = 0; k < s->origin_count; k++) {
            if (strlen(s->origins[k]) == len && memcmp(s->origins[k], origin, len) == 0)
                return s;
        }
    }
    return NULL;
}

const struct notice *policy_banner_notice(const struct policy *p, const struct purpose *purpose, instant at)
{
    return purpose->on_banner ? policy_notice(p, purpose->notice, NULL, at) : NULL;
}

const struct notice *policy_form_notice(const struct policy *p, const struct purpose *purpose, instant at)
{
    bool can = purpose->basis == BASIS_CONSENT && purpose->channel == CHANNEL_EMAIL &&
               purpose->double_opt_in && !purpose->retired && p->messages.has_endpoint;
    return can ? policy_notice(p, purpose->notice, NULL, at) : NULL;
}

bool policy_banner_hash(const struct policy *p, const char *language, instant at,
                        uint8_t ret_hash[NOTICE_HASH_SIZE])
{
    /* Of fixed size: nothing can be read as part of its neighbour. Each is hashed with all before it. */
    struct {
        uint8_t before[NOTICE_HASH_SIZE];
        uint8_t words[NOTICE_HASH_SIZE];
        char key[POLICY_KEY_MAX + 1];
        char version[POLICY_KEY_MAX + 1];
    } asked = {0};
    bool any = false;
    for (size_t i = 0; i < p->purpose_count; i++) {
        const struct notice *n = policy_banner_notice(p, &p->purposes[i], at);
        const struct notice_text *text = n != NULL ? notice_text_in(n, language) : NULL;
        if (text == NULL)
            continue;
        memcpy(asked.words, text->sha256, sizeof asked.words);
        memcpy(asked.key, p->purposes[i].key, sizeof asked.key);
        memcpy(asked.version, n->version, sizeof asked.version);
        SHA256((const unsigned char *)&asked, sizeof asked, asked.before);
        any = true;
    }
    if (any)
        memcpy(ret_hash, asked.before, NOTICE_HASH_SIZE);
    return any;
}

void notice_hash(const struct notice *n, uint8_t ret_hash[NOTICE_HASH_SIZE])
{
    char head[32];
    int head_len = snprintf(head, sizeof head, "%lld %d", (long long)n->effective_from, n->material);
    SHA256((const unsigned char *)head, (size_t)head_len, ret_hash);
    for (size_t i = 0; i < n->text_count; i++) {
        unsigned char one[sizeof n->texts[i].language + NOTICE_HASH_SIZE] = {0}, hash[NOTICE_HASH_SIZE];
        memcpy(one, n->texts[i].language, strlen(n->texts[i].language));
        memcpy(one + sizeof n->texts[i].language, n->texts[i].sha256, NOTICE_HASH_SIZE);
        SHA256(one, sizeof one, hash);
        for (size_t k = 0; k < NOTICE_HASH_SIZE; k++)
            ret_hash[k] ^= hash[k]; /* whatever the order; a language stands once */
    }
}

bool policy_key_valid(const char *text, size_t len)
{
    if (len == 0 || len > POLICY_KEY_MAX || text[0] == '_' || text[0] == '-')
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return true;
}

bool policy_groups_alike(const struct policy *p, product_group a, product_group b)
{
    bool alike = a == b;
    for (size_t i = 0; i < p->similar_count && !alike; i++) {
        const struct similar_groups *s = &p->similar[i];
        alike = (s->a == a && s->b == b) || (s->a == b && s->b == a);
    }
    return alike;
}

bool purpose_stopped_by_all(const struct purpose *p)
{
    return p->basis == BASIS_CONSENT || p->basis == BASIS_SOFT_OPT_IN || p->direct_marketing;
}

bool basis_takes_objection(enum lawful_basis basis)
{
    return basis == BASIS_LEGITIMATE_INTEREST || basis == BASIS_PUBLIC_TASK || basis == BASIS_SOFT_OPT_IN;
}

bool basis_is_withdrawable(enum lawful_basis basis)
{
    return basis == BASIS_CONSENT || basis_takes_objection(basis);
}

int32_t standing_number_for(const struct policy *p, int32_t standing, int entity)
{
    assert(entity >= ENTITY_ANY && (entity == ENTITY_ANY || (size_t)entity < p->entity_count));
    return entity != ENTITY_ANY ? purpose_of_entity(p->entities[entity].number, standing) : standing;
}

int32_t purpose_number_for(const struct purpose *p, int entity)
{
    assert(entity >= ENTITY_ANY && entity < POLICY_ENTITIES_MAX);
    return entity != ENTITY_ANY ? p->entity_numbers[entity] : p->number;
}
