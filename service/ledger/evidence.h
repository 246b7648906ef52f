/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/env.h"
#include "wire/reader.h"
#include "wire/writer.h"

/* Reads the optional member "evidence" of ${object} into JSON as it will be kept: the address masked as the
 * policy says, all other text through the mask; a URL without query and fragment; documents as name and
 * SHA-256, never the documents. Of a URL, a form and a document's name nothing is kept that says who somebody
 * is (ledger/free_text). NULL when there is none, or on a fault. Lives in the env's arena. */
const char *evidence_read(const struct ledger_env *env, const struct node *object);

/* Likewise a text, and a URL, that stand elsewhere, without anybody in them: the member ${key} of what ${w}
 * writes; nothing where ${n} is absent. */
void evidence_text_read(const struct ledger_env *env, const struct node *n, const char *key, size_t max,
                        struct writer *w);
void evidence_url_read(const struct ledger_env *env, const struct node *n, const char *key, struct writer *w);
