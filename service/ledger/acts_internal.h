/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/acts.h"
#include "wire/writer.h"

/* What the files that read acts share. Nobody else includes this. */

/* What is the same for all acts of one object of the body. */
struct acts_common {
    const struct ledger_env *env;
    const struct controller *controller; /* the env's */
    struct acts *acts;
    size_t object;
    struct person *person;
    struct act act;         /* what is known before the purpose is */
    enum strength strength; /* of a guardian's act */
    bool is_written; /* likewise: on paper, with the signed document named, or electronically and signed */
    int entity;      /* ENTITY_ANY: for all */
    bool is_import;
    struct node notice; /* absent: the one in force */
    struct node root;
};

/* Of ${root}, one object of the body: nothing is read yet. */
struct acts_common acts_common_of(const struct ledger_env *env, struct acts *acts, struct node root);
/* Who, when, in which language, by whom and with what evidence. ${detail}: the event's, an object that is
 * open. */
void acts_common_read(struct acts_common *c, struct writer *detail);
/* What it says of the person, such as being a minor: into the event's detail. */
void acts_facts_read(struct acts_common *c, struct writer *detail);
/* The event's detail is whole; frees ${detail}. */
void acts_detail_keep(struct acts_common *c, struct buf *detail);

/* The notice that was shown for ${purpose}, and its words in ${ret_text}; NULL where the words are not
 * known. */
const struct notice *acts_notice_of(const struct acts_common *c, const struct purpose *purpose, instant now,
                                    const struct notice_text **ret_text);

/* A further act, with what is common to all of them. */
struct act *acts_add(struct acts_common *c);
/* Gives the act its id, and its tie with acts like it: all else is said. */
void acts_seal(struct acts_common *c, struct act *act);
/* What the answer says of the act that was added last, or of a purpose that it stops. ${notice} NULL: the
 * words are not known. */
void acts_tell(struct acts_common *c, const struct purpose *purpose, const struct notice *notice,
               const struct notice_text *text);
