/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/controller.h"
#include "store/history.h"
#include "store/subject.h"
#include "wire/writer.h"

/* Events of the ledger as clients see them: numbers become the words of the policy. */

/* A whole event. */
void entry_write(struct writer *w, const struct entry *e, const struct controller *controller);
/* A state and the event that proves it, in short. Where that was purged all but the state is null. */
void proof_write(struct writer *w, const char *key, const struct held *held, const struct proven_state *proof,
                 const struct controller *controller);
/* The members "purpose", its key or "*" for the standing No, and, where it was said of one entity only,
 * "entity". */
void purpose_write(struct writer *w, const struct controller *controller, int32_t number);

/* The words that were shown. */
struct notice_words {
    const char *id; /* of the notice; NULL: they are not known, nor is what follows */
    const char *version;
    const char *language;  /* NULL, as is the next: of that version, nobody knows in which language */
    const uint8_t *sha256; /* 32 bytes */
};
/* Those of ${text} of ${notice}, which must stay; either may be NULL. */
struct notice_words notice_words_of(const struct notice *notice, const struct notice_text *text);
/* The member "notice"; null where the words are not known. */
void notice_write(struct writer *w, const struct notice_words *words);
