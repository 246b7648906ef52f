/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "wire/reader.h"

/* Reads the optional member "evidence" of ${object} into JSON as it will be kept: the address masked, all
 * other text through the mask, a URL without query and fragment; documents as name and SHA-256, never the
 * documents. NULL when there is none, or on a fault. Lives in ${arena}. */
const char *evidence_read(struct arena *arena, const struct node *object);
