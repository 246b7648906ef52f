/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/consent.h"

#include <assert.h>
#include <stddef.h>

enum { STATE_BITS = (1 << RANK_WORDS_SHIFT) - 1 };

#define EVENT_STATE_WORD(name, number, word) [number] = word,
static const char *const state_words[STATE_BITS + 1] = {EVENT_STATES(EVENT_STATE_WORD)};
#undef EVENT_STATE_WORD

#define STAFF_ACT_WORD(name, number, word) [number] = word,
static const char *const staff_words[SLOT_COUNT] = {STAFF_ACTS(STAFF_ACT_WORD)};
#undef STAFF_ACT_WORD

#define TIME_EVENT_WORD(name, number, word) [number] = word,
static const char *const time_words[SLOT_COUNT] = {TIME_EVENTS(TIME_EVENT_WORD)};
#undef TIME_EVENT_WORD

#define COLLECTION_METHOD_WORD(name, word) [name] = word,
const char *const collection_method_words[] = {COLLECTION_METHODS(COLLECTION_METHOD_WORD) NULL};
#undef COLLECTION_METHOD_WORD

const char *const role_words[] = {"self",  "parent",     "carer",    "legal_representative",
                                  "staff", "controller", "guardian", NULL};
static const char *const effect_words[] = {"applied",       "superseded", "outdated", "pending",
                                           "words_unknown", "",           "repeated"};

bool event_state_is_no(enum event_state state)
{
    return state >= EVENT_INVALIDATED;
}

const char *event_state_word(enum event_state state)
{
    assert((unsigned)state <= STATE_BITS);
    return state_words[state];
}

const char *event_word(enum event_state state, int32_t guardian, enum slot slot)
{
    if (guardian == GUARDIAN_STAFF && (unsigned)slot < SLOT_COUNT && staff_words[slot] != NULL)
        return staff_words[slot];
    if (guardian == GUARDIAN_TIME && (unsigned)slot < SLOT_COUNT && time_words[slot] != NULL)
        return time_words[slot];
    return event_state_word(state);
}

const char *collection_method_word(enum collection_method method)
{
    assert(method < COLLECTION_METHOD_COUNT);
    return collection_method_words[method];
}

const char *role_word(enum role role)
{
    assert(role < ROLE_COUNT);
    return role_words[role];
}

const char *effect_word(enum effect effect)
{
    assert(effect < EFFECT_COUNT);
    return effect_words[effect];
}

bool role_is_guardian(enum role role)
{
    return (role >= ROLE_PARENT && role <= ROLE_LEGAL_REPRESENTATIVE) || role == ROLE_GUARDIAN;
}

bool slot_is_fact(enum slot slot)
{
    return slot >= SLOT_AGE;
}

enum event_class event_class_of(enum event_state state, enum collection_method method, bool is_import)
{
    bool copied = is_import || method == METHOD_IMPORT;
    return copied && !event_state_is_no(state) ? CLASS_COPY : CLASS_CHOICE;
}

rank rank_base(enum event_class class, enum event_state state, bool words)
{
    return (rank) class << RANK_CLASS_SHIFT | (rank)event_state_is_no(state) << RANK_NO_SHIFT |
           (rank)words << RANK_WORDS_SHIFT | (rank)state;
}

rank rank_of(enum event_class class, enum event_state state, bool words, instant event_time)
{
    assert(event_time >= 0 && event_time < INT64_C(1) << (RANK_CLASS_SHIFT - RANK_TIME_SHIFT));
    return rank_base(class, state, words) | event_time << RANK_TIME_SHIFT;
}

enum event_class rank_class(rank r)
{
    return (enum event_class)(r >> RANK_CLASS_SHIFT);
}

enum event_state rank_state(rank r)
{
    return (enum event_state)(r & STATE_BITS);
}

instant rank_time(rank r)
{
    return r >> RANK_TIME_SHIFT & ((INT64_C(1) << (RANK_CLASS_SHIFT - RANK_TIME_SHIFT)) - 1);
}

int32_t purpose_of_entity(int32_t entity, int32_t standing)
{
    assert(entity > 0 && entity <= ENTITY_NUMBER_MAX);
    assert(standing <= PURPOSE_ALL && standing > -ENTITY_STRIDE);
    return PURPOSE_ENTITIES - ENTITY_STRIDE * entity + standing;
}

int32_t entity_of_purpose(int32_t number)
{
    return number < PURPOSE_ENTITIES ? (PURPOSE_ENTITIES - number) / ENTITY_STRIDE : 0;
}

int channel_of_purpose(int32_t number)
{
    int32_t standing = number < PURPOSE_ENTITIES ? -((PURPOSE_ENTITIES - number) % ENTITY_STRIDE) : number;
    return standing == PURPOSE_ALL ? -1 : PURPOSE_CHANNEL_FIRST - standing;
}
