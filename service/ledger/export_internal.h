/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/export.h"

/* What the files of an export share. */

/* How one format is made. Each writes to x->plain or x->json; what is to be sent is taken from there. */
struct export_maker {
    void (*begin)(struct export *x, struct buf *out);
    void (*part_begin)(struct export *x, size_t part, struct buf *out);
    void (*entry)(struct export *x, const struct entry *e);
    void (*flush)(struct export *x, struct buf *out); /* x->plain, to ${out} */
    void (*part_end)(struct export *x, struct buf *out);
    /* of what is held beside events, which is in x->list; NULL: it is left out */
    void (*list_begin)(struct export *x, struct buf *out);
    void (*row)(struct export *x, const char *line);
    void (*list_end)(struct export *x, struct buf *out);
    int (*end)(struct export *x, struct buf *out);
};
extern const struct export_maker export_json_maker, export_csv_maker, export_receipt_maker;

/* How long a proof is kept where the policy does not say. */
#define EXPORT_PROOF_KEPT "P5Y"

/* What a person may ask for, as words. NULL-terminated. */
extern const char *const export_rights[];

/* Whether what an event says may be taken along (GDPR art. 20(1)(a)): its basis is consent or contract. */
bool export_is_portable(const struct export *x, const struct entry *e);
/* The members of an event that came from the person, or from who acts for them: what they said and, by using
 * the service, showed. The array is NULL-terminated. */
enum { EXPORT_PROVIDED_MAX = 12 };
void export_provided(const struct entry *e, const char *ret_members[EXPORT_PROVIDED_MAX]);

/* A member of ${object} that is a string, or "". */
const char *export_text(const struct node *object, const char *name);
/* A member that is one text, or texts by language; "" where there is none. */
const char *export_worded(const struct export *x, const struct node *object, const char *name);
