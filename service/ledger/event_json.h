/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/controller.h"
#include "store/history.h"
#include "store/subject.h"
#include "wire/writer.h"

/* Events of the ledger as clients see them: numbers become the words of the policy. */

/* A whole event; and its members alone. */
void entry_write(struct writer *w, const struct entry *e, const struct controller *controller);
void entry_members(struct writer *w, const struct entry *e, const struct controller *controller);
/* A state, which is no fact, and the event that proves it, in short. Where that was purged, or is another
 * person's (${is_own} false), all but the state is null; of the latter "by" tells how it reached this one. */
void proof_write(struct writer *w, const char *key, const struct state *state, const struct proof *proof,
                 bool is_own, const struct controller *controller);
/* What a number of the ledger stands for. */
struct purpose_name {
    const char *key;     /* "*" for a standing No; NULL: of nothing that is known any more */
    const char *entity;  /* NULL: it was said of all of them */
    const char *channel; /* NULL: it is none's alone */
};
struct purpose_name purpose_name_of(const struct controller *controller, int32_t number);
/* The members "purpose", its key or "*" for a standing No, and, where it was said of one entity or one
 * channel only, "entity" or "channel". */
void purpose_write(struct writer *w, const struct controller *controller, int32_t number);

/* The words that were shown. */
struct notice_words {
    const char *id; /* of the notice; NULL: they are not known, nor is what follows */
    const char *version;
    const char *language;  /* NULL, as is the next: of that version, nobody knows in which language */
    const uint8_t *sha256; /* 32 bytes */
    bool assumed;          /* nobody said which: those in force were assumed */
};
/* Those of ${text} of ${notice}, which must stay; either may be NULL. */
struct notice_words notice_words_of(const struct notice *notice, const struct notice_text *text);
/* Those of the notice of that number, 0: not known, in ${language}, which may be NULL. Of a notice that left
 * the policy its name is left. */
struct notice_words notice_words_numbered(const struct controller *controller, int32_t number,
                                          const char *language);
/* The member "notice"; null where the words are not known. */
void notice_write(struct writer *w, const struct notice_words *words);
