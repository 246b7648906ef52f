/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/jws.h"
#include "ledger/controller.h"
#include "store/export.h"
#include "store/history.h"
#include "store/subject.h"
#include "wire/reader.h"
#include "wire/writer.h"
#include "wire/zip.h"

/* What is held of a person, as they are given it (GDPR art. 15 and 20): all of it as JSON, or as CSV in a
 * ZIP archive; or a signed consent receipt (ISO/IEC TS 27560). Made in pieces, so that it takes no more
 * memory for a long history: begin; for each part its beginning, its events in the order of revisions,
 * its end; the rows of what is held beside (none of a receipt); end. */
enum export_format { EXPORT_JSON, EXPORT_CSV, EXPORT_RECEIPT };
extern const char *const export_format_words[]; /* NULL-terminated, in the order of the enum */

struct export_maker;

/* The first members are the caller's, and must stay; the others are the export's own, zeroed before. */
struct export
{
    enum export_format format;
    const struct controller *controller;
    const struct receipt_key *key; /* of a receipt; else NULL */
    int64_t subject_no;
    const struct export_job *about;
    const struct export_notices_job *notices;
    const struct states_job *states;

    const struct export_maker *maker;
    char subject_id[SUBJECT_ID_TEXT + 1];
    struct reader document; /* the policy's */
    struct node root;
    const char *language; /* of its texts: the controller's first */
    struct buf plain;     /* not signed, or not packed, yet */
    struct writer json;
    struct jws jws;
    struct zip zip;
    size_t entries; /* written so far */
    int list;       /* of enum export_list, that is being written; 0: none yet */
};

/* Returns -1 when memory ran out. Either way to be closed. */
int export_open(struct export *x);
void export_close(struct export *x);

/* How often the events are gone through: of a receipt once for each purpose on consent that has any, else
 * once. ${ret_only}: of which purposes; its count is 0 for all. */
size_t export_parts(const struct export *x);
void export_part_of(const struct export *x, size_t part, struct purpose_set *ret_only);

/* Each appends to ${out} what can be sent. */
void export_begin(struct export *x, struct buf *out);
void export_part_begin(struct export *x, size_t part, struct buf *out);
void export_entries(struct export *x, const struct entry *entries, size_t count, struct buf *out);
void export_part_end(struct export *x, struct buf *out);
/* Whether it tells what is held beside events. */
bool export_has_rows(const struct export *x);
void export_rows(struct export *x, const struct export_row *rows, size_t count, struct buf *out);
/* Returns -1 when what was appended is no export. */
int export_end(struct export *x, struct buf *out);

/* Content-Type, and the end of a file's name. Static. */
const char *export_content_type(enum export_format format);
const char *export_extension(enum export_format format);
