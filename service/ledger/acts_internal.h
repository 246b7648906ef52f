/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/acts.h"
#include "wire/writer.h"

/* What the files that read acts share. Nobody else includes this. */

/* One object of the body while it is read, and what all its acts have in common.
 *
 * (1) What is common is read first, whole; then the purposes, and each adds a copy of ${act} as an act of
 * its own.  (2) A fault ends nothing: what is read beside it may be wrong, and is of no use to anybody
 * (acts.h). (3) Strings live as long as the body's reader, the policy or the env's arena.  (4) Each act is
 * sealed, and told once (acts_tell), in the order of the acts; a standing No is told once a purpose that it
 * stops, and comes before all others of its request. */
struct acts_common {
    const struct ledger_env *env;
    const struct controller *controller; /* the env's */
    struct acts *acts;                   /* where they go */
    struct node root;                    /* the object */
    size_t object;                       /* its place in the body's array, 0 where that is none */

    struct person *person; /* in the arena: all its acts point at it */
    int entity;            /* ENTITY_ANY: for all */
    struct act act;        /* who, when, how, by whom and with what evidence */
    bool has_documents;    /* its evidence names some */
    product_group sold;    /* of its sale; 0: none */
    bool is_import;        /* a copy of what another system recorded */
    bool has_eligible;     /* one of its choices rests on a sale, or on what was published */
    bool under_signal;     /* in sight of the browser's signal, whatever the evidence says */
    const char *source;    /* likewise: which system, and the batch; NULL: not named */
    const char *batch;
    size_t import_from, import_to; /* where they stand in the act's detail */
    struct node notice;            /* that was named; absent: the one in force */
};
/* When it was said, as far as one knows before it is recorded. */
instant acts_time(const struct acts_common *c);
/* Whether a guardian says it. */
static inline bool acts_is_guardians(const struct acts_common *c)
{
    return role_is_guardian(c->act.role);
}

/* Of ${root}, an object of the body: nothing is read yet. */
struct acts_common acts_common_of(const struct ledger_env *env, struct acts *acts, struct node root);
/* Who, when, in which language, by whom and with what evidence. ${detail}: the event's, an object that is
 * open. */
void acts_common_read(struct acts_common *c, struct writer *detail);
/* The member "language", for all its acts. */
void acts_language_read(struct acts_common *c);
/* What it says of the person, such as being a minor: into ${act}, and into the event's detail. */
void acts_facts_read(struct acts_common *c, struct writer *detail);
/* Whether it tells, by itself, that the person is under an age limit when it is said; or that they are over
 * it, by a date. Neither, where that depends on the time zone. */
bool acts_tell_minor(const struct acts_common *c);
bool acts_tell_of_age(const struct acts_common *c);
/* The event's detail is whole; frees ${detail}. */
void acts_detail_keep(struct acts_common *c, struct buf *detail);

/* The words that were shown for a purpose. */
struct acts_words {
    const struct notice *notice; /* NULL: they are not known */
    const struct notice_text *text;
    bool assumed; /* nobody said which: those in force */
};
/* ${no}: of a No, which needs none. */
struct acts_words acts_words_of(const struct acts_common *c, const struct purpose *purpose, bool no);

/* What comes of a Yes to these words, which may be NULL, unless something newer stands. */
enum effect acts_words_effect(const struct acts_common *c, const struct purpose *purpose,
                              const struct notice *notice);

/* A further act, with what is common to all of them. */
struct act *acts_add(struct acts_common *c);
/* That it is of ${purpose}, for the entity of ${c}; and whose Noes count for it. */
void acts_act_on(struct acts_common *c, struct act *act, const struct purpose *purpose);
/* Of a copy: which line it is (acts_copy.c). All else is said. */
const struct copy *acts_copy(const struct acts_common *c, const struct act *act);
/* Gives the act its id, and its tie with acts like it: all else is said. */
void acts_seal(struct acts_common *c, struct act *act);
/* Gives requests that must be confirmed the messages that reach their persons, where the policy has such
 * delivered; of a body that has been read whole. What cannot be reached becomes a fault of it. */
void acts_messages_put(const struct ledger_env *env, struct reader *body, struct acts *acts);
/* What the answer says of the act that was added last, or of a purpose that it stops; ${words} NULL: the
 * words are not known. */
struct receipt_act *acts_tell(struct acts_common *c, const struct purpose *purpose,
                              const struct acts_words *words);
/* One choice of a purpose that rests on consent, in these words, with no confirmation; what is wrong is a
 * fault at ${at}. */
void acts_choose(struct acts_common *c, const struct purpose *purpose, enum event_state state,
                 const struct acts_words *words, const struct node *at);
/* Asserts what must hold of the acts of a body that has been read; of one with faults, nothing. */
void acts_check(const struct acts *acts, const struct reader *body);
