/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/verdict.h"

/* One person and one purpose: what the tests of verdicts share. */

#define DAY (INT64_C(86400) * SECOND)
/* 21 November 2026. */
#define NOW (INT64_C(20778) * DAY)

/* Notices of the scenes' policy: "words" changed in substance 100 days ago and will again
 * in 100 days; "other" never did. */
enum { OLD_WORDS = 1, WORDS = 2, OTHER_WORDS = 3, LATER_WORDS = 4, WORDS_TO_COME = 5, LOST_WORDS = 9 };

enum { NEWSLETTER = 7 }; /* the purpose */

/* The acts of a scene, in days before NOW. */
enum { SAID = 10, BEFORE = 20, AFTER = 5 };

/* One person, one purpose, which a minor's guardian has to agree to. What is left out was never said. */
struct scene {
    enum lawful_basis basis;
    bool direct_marketing;
    bool retired;
    bool unknown_words_allowed;
    enum event_state self;     /* SAID days ago */
    enum event_state guardian; /* likewise, by a parent */
    bool child;                /* a minor until long after NOW; else nobody told an age */
    bool copied;               /* both came by an import */
    int self_all;              /* the standing No: BEFORE, AFTER or 0 for none */
    int guardian_all;
    int ends;      /* days from NOW until a Yes ends; 0: no end */
    int32_t words; /* shown with a Yes; 0: unknown */
    int pending;   /* days from NOW until a request of AFTER days ago ends; 0: nothing waits */
};

extern const struct policy scene_policy;

struct purpose purpose_in(const struct scene *s);
/* One that was done so long before NOW, in the slot where such stand. Its revision and record_id tell it
 * from others. */
struct state act(enum event_class class, enum event_state state, int days_ago);

/* What is known of a person, and the room for it. */
struct known {
    struct states states;
    struct state list[10];
};

/* ${guardian}: whose it is, 0: the person's. Nothing, where the state was never said. */
void known_add(struct known *k, int32_t purpose, int32_t guardian, struct state state);
void known_in(const struct scene *s, struct known *ret_known);

struct verdict verdict_at(const struct scene *s, const struct purpose *purpose, instant now);
/* ... on the scene's own purpose, NOW; it names no purpose. */
struct verdict verdict_in(const struct scene *s);
const char *reason_in(const struct scene *s);

struct row {
    const char *question;
    struct scene scene;
    const char *reason;
};
void assert_rows(const struct row *rows, size_t count);
#define ASSERT_ROWS(rows) assert_rows(rows, sizeof(rows) / sizeof *(rows))

/* It is decided by act(CLASS_CHOICE, ${state}, ${days_ago}), whoever's. */
void assert_decided_by(const struct verdict *v, int days_ago, enum event_state state);

/* ---- all scenes there are, numbered ---- */

enum { STATES = 10 };
extern const enum event_state states[STATES];
enum { SCENES = LAWFUL_BASIS_COUNT * 2 * 2 * 2 * 2 * STATES * STATES * 2 * 3 * 2 * 3 * 3 };

struct scene scene_of(size_t n);
/* The lowest digit of a number in base ${count}, which it is relieved of. */
size_t take(size_t *number, size_t count);
