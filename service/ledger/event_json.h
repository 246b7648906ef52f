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
/* The member "notice"; null where ${notice} is NULL. */
void notice_write(struct writer *w, const struct notice *notice, const struct notice_text *text);
