/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "wire/reader.h"
#include "wire/writer.h"

/* Reads the optional member "evidence" of ${object} into JSON as it will be kept: the address masked, all
 * other text through the mask, a URL without query and fragment; documents as name and SHA-256, never the
 * documents. NULL when there is none, or on a fault. Lives in ${arena}. */
const char *evidence_read(struct arena *arena, const struct node *object);

/* Likewise a text, and a URL, that stand elsewhere: the member ${key} of what ${w} writes; nothing where ${n}
 * is absent. */
void evidence_text_read(struct arena *arena, const struct node *n, const char *key, size_t max,
                        struct writer *w);
void evidence_url_read(struct arena *arena, const struct node *n, const char *key, struct writer *w);
