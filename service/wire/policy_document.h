/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/policy.h"
#include "wire/reader.h"
#include "wire/writer.h"

enum { POLICY_DOCUMENT_HASH_SIZE = 32 }; /* SHA-256 */

/* Reads a controller's policy document, an object of the members that openapi/policy.schema.json describes; a
 * member it does not know is a fault. Opens ${r} on ${bytes} (not needed afterwards) and leaves it open: it
 * has all the faults, each with its pointer, and the caller closes it, whatever came out. Returns NULL on any
 * fault; else the policy, to be freed by policy_free, which needs ${r} no longer. Its version and the numbers
 * of its purposes and notices are the database's, and 0 so far. Of a notice the text in the first of the
 * controller's `languages` comes first; those not listed there follow by their tags. */
struct policy *policy_document_read(struct reader *r, const char *bytes, size_t len);

/* Whether the document may be applied: what the laws of countries say of minors, as data/ages.csv has them
 * now. What it must not say becomes a fault of ${r}, of which policy_document_read made ${policy}. One that
 * was applied is read whatever they say by then. */
bool policy_document_check(struct reader *r, const struct policy *policy);

/* Called for each warning, with a JSON pointer and what is meant; both live for the call only. */
typedef void policy_warning(void *cookie, const char *pointer, const char *detail);
/* Tells what is valid in a document and yet seldom wise, such as a consent to cookies that counts for years.
 * ${policy} is what policy_document_read made of ${r}. */
void policy_document_warn(struct reader *r, const struct policy *policy, policy_warning *tell, void *cookie);

/* Appends the document in canonical form (members sorted, no white space) to ${out}, and writes the SHA-256
 * over that form: documents that are equal but for white space and the order of members are one version.
 * ${out} fails on lack of room or memory; the hash is then not written. */
void policy_document_canonical(struct reader *r, struct buf *out,
                               uint8_t ret_sha256[POLICY_DOCUMENT_HASH_SIZE]);

/* Writes the array of JSON pointers to members that were accepted but are not acted on yet, in the order of
 * the contract. One that asks for nothing (false, null) is left out, and so is what only informs: names,
 * recipients and the like are kept with the document. For a document that was read without fault. */
void policy_document_not_enforced(struct reader *r, struct writer *w, const char *key);
