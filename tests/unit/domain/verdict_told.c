/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_told.h"

#include <criterion/criterion.h>

static struct purpose household_purposes[] = {
    {.number = MAIL, .basis = BASIS_CONSENT, .guardian = {.minors = MINORS_GUARDIAN}},
    {.number = MAIL_SELF,
     .basis = BASIS_CONSENT,
     .guardian = {.minors = MINORS_GUARDIAN, .ends_at_limit = true}},
    {.number = TEEN, .basis = BASIS_CONSENT, .guardian = {.minors = MINORS_ALLOWED}},
    {.number = ADULT, .basis = BASIS_CONSENT, .guardian = {.minors = MINORS_FORBIDDEN}},
    {.number = ACCOUNT, .basis = BASIS_CONTRACT, .guardian = {.minors = MINORS_GUARDIAN}},
    {.number = ACCOUNT_SELF,
     .basis = BASIS_CONTRACT,
     .guardian = {.minors = MINORS_GUARDIAN, .ends_at_limit = true}},
    {.number = SHOP, .basis = BASIS_SOFT_OPT_IN, .guardian = {.minors = MINORS_GUARDIAN}},
    {.number = CLUB,
     .basis = BASIS_CONSENT,
     .age_required = true,
     .guardian = {.minors = MINORS_GUARDIAN, .least = STRENGTH_SIGNED, .written = true}},
    {.number = SITE, .basis = BASIS_CONSENT, .channel = CHANNEL_WEB, .notice = "words"},
    {.number = SITE_CHILD,
     .basis = BASIS_CONSENT,
     .channel = CHANNEL_WEB,
     .notice = "words",
     .guardian = {.minors = MINORS_GUARDIAN}},
    {.number = GAMES,
     .basis = BASIS_LEGITIMATE_INTEREST,
     .channel = CHANNEL_SMS,
     .direct_marketing = true,
     .guardian = {.minors = MINORS_GUARDIAN}},
    {.number = PROFILE, .basis = BASIS_LEGITIMATE_INTEREST, .objection_weighed = true},
    {.number = OLDEST, .basis = BASIS_CONSENT, .retired = true},
    {.number = OLD, .basis = BASIS_CONSENT, .retired = true, .replaces_number = OLDEST},
    {.number = CURRENT, .basis = BASIS_CONSENT, .replaces_number = OLD},
    {.number = HEIR, .basis = BASIS_CONSENT, .replaces_number = GONE},
    {.number = INTEREST,
     .basis = BASIS_LEGITIMATE_INTEREST,
     .objection_weighed = true,
     .replaces_number = MAIL},
};
static struct notice household_notices[] = {{.number = WORDS, .id = "words", .version = "1"}};
const struct policy household = {.purpose_count = sizeof household_purposes / sizeof *household_purposes,
                                 .purposes = household_purposes,
                                 .notice_count = 1,
                                 .notices = household_notices};

static struct purpose group_purposes[] = {
    {.number = OFFERS,
     .basis = BASIS_CONSENT,
     .entities = 7,
     .entity_numbers = {OFFERS_NORTH, OFFERS_SOUTH, OFFERS_WEST}},
    {.number = TRIPS,
     .basis = BASIS_CONSENT,
     .entities = 1u << NORTH | 1u << SOUTH,
     .replaces_number = OFFERS,
     .entity_numbers = {TRIPS_NORTH, TRIPS_SOUTH, TRIPS_WEST}},
};
const struct policy group = {.purpose_count = 2,
                             .purposes = group_purposes,
                             .entity_count = COMPANIES,
                             .entities = {[NORTH] = {.number = NUMBER_NORTH},
                                          [SOUTH] = {.number = NUMBER_NORTH + 1},
                                          [WEST] = {.number = NUMBER_NORTH + 2}}};

bool set_has(const struct purpose_set *set, int32_t number)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->numbers[i] == number)
            return true;
    }
    return false;
}

static enum slot slot_of(const struct held_row *h)
{
    switch (h->state) {
    case EVENT_ELIGIBLE:
        return SLOT_SALE;
    case EVENT_REQUESTED:
        return SLOT_PENDING;
    case EVENT_OVERRIDDEN:
    case EVENT_UPHELD:
        return SLOT_OUTCOME;
    case EVENT_REFUSED:
    case EVENT_WITHDRAWN:
    case EVENT_OBJECTED:
        return (enum slot)((h->signal ? SLOT_SIGNAL : SLOT_NO) + h->reached);
    default:
        return h->sale ? SLOT_SALE
                       : SLOT_YES; /* an event that was invalidated stands where the event stood */
    }
}

static struct state said(const struct held_row *h)
{
    struct state s = act(event_class_of(h->state, METHOD_WEB_FORM, h->copied), h->state, h->ago);
    s.slot = slot_of(h);
    s.valid_until = h->ends != 0 ? NOW + h->ends * DAY : INSTANT_NONE;
    s.notice_number = h->unknown ? 0 : WORDS;
    s.flags = (uint16_t)(h->flags | (h->signal && s.slot == SLOT_YES ? FLAG_SIGNAL : 0));
    s.flags |= h->group != NULL ? product_group_flags(product_group_of(h->group)) : 0;
    return s;
}

static struct state fact(const struct held_row *h)
{
    instant until = h->forever ? (INT64_C(1) << 53) - 1 : h->ends != 0 ? NOW + h->ends * DAY : 0;
    bool document = h->fact == SLOT_AGE_DOCUMENT || h->fact == SLOT_CARE_DOCUMENT;
    return (struct state){.slot = h->fact,
                          .rank = document ? NOW - h->ago * DAY : until,
                          .valid_until = document && until != 0 ? until : INSTANT_NONE};
}

struct verdict verdict_told(const struct policy *p, int entity, const struct told *told, instant now)
{
    const struct purpose *purpose = policy_purpose_numbered(p, told->purpose, NULL);
    struct purpose_set set;
    struct known k = {.states = {.list = k.list}};
    product_group sold = 0;
    purpose_set_of(p, purpose, &set);
    for (const struct held_row *h = told->held; h < told->held + TOLD_MAX; h++) {
        if (h->to_sell != NULL)
            sold = product_group_of(h->to_sell);
        else if (h->fact != 0)
            known_add(&k, PURPOSE_ALL, 0, fact(h));
        else if (h->state != EVENT_NONE && set_has(&set, h->purpose))
            known_add(&k, h->purpose,
                      h->group != NULL ? product_group_place(product_group_of(h->group)) : h->who, said(h));
    }
    return verdict_to_sell(p, purpose, entity, sold, &k.states, now);
}

void assert_told(const struct told *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *found = reason_word(verdict_told(&household, ENTITY_ANY, &rows[i], NOW).reason);
        cr_expect_str_eq(found, rows[i].reason, "%s: %s, not %s", rows[i].question, found, rows[i].reason);
    }
}
