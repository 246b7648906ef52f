/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "domain/policy.h"
#include "wire/reader.h"

/* What a caller writes in words of its own, and the ledger keeps: who somebody is must not stand there. No
 * whole IP address is kept, masked as the policy says. */

/* Room that free_text_mask needs for ${len} bytes. */
size_t free_text_room(size_t len);
/* Masks a text of at most PERSONAL_TEXT_MAX bytes into ${out}: e-mail addresses, phone numbers and citizen
 * numbers (domain/personal) become ***. Puts a NUL behind it; returns the bytes before that. */
size_t free_text_mask(const struct policy *policy, const char *text, size_t len, char *out);
/* Reads a reference of the caller's own, 1 to REF_BYTES_MAX bytes: a fault where it holds any of those, since
 * what is masked would name nothing. "" on a fault and where it is absent. Lives in ${arena}. */
const char *reference_read(struct arena *arena, const struct policy *policy, const struct node *n);
/* Whether a text, which a query gave, may be a reference: 1 to REF_BYTES_MAX bytes of one line; and whether
 * none of those is in it, nor an IP address. */
bool reference_is_one(const char *text);
bool reference_is_nobodys(const struct policy *policy, const char *text);
/* Reads a text of 1 to ${max} bytes, masked. "" on a fault. Lives in ${arena}. */
const char *free_text_read(struct arena *arena, const struct policy *policy, const struct node *n,
                           size_t max);
