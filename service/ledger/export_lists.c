/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/export_lists.h"

#include "wire/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const request_columns[] = {"request_id",
                                              "kind",
                                              "received_at",
                                              "state",
                                              "due_on",
                                              "due_at",
                                              "extended_at",
                                              "extension_reason",
                                              "paused_at",
                                              "pause_reason",
                                              "identity_method",
                                              "identity_outcome",
                                              "identity_at",
                                              "closed_at",
                                              "closed_by",
                                              "answer",
                                              "refusal_reason",
                                              "complaint",
                                              "client",
                                              "medium",
                                              "on_behalf_of",
                                              "ref",
                                              "recorded_at",
                                              "recorded_by",
                                              NULL};
static const char *const retention_columns[] = {"event", "client",      "purpose",     "ref",
                                                "at",    "recorded_at", "recorded_by", NULL};
static const char *const deletion_columns[] = {"client",     "purpose",     "data_class",  "ref",
                                               "deleted_at", "recorded_at", "recorded_by", NULL};
static const char *const audit_columns[] = {"number", "at",           "actor",      "action", "found",
                                            "reason", "on_behalf_of", "request_id", NULL};

static const struct {
    const char *name;
    const char *const *columns;
} lists[] = {[EXPORT_REQUESTS] = {"rights_requests", request_columns},
             [EXPORT_RETENTION_EVENTS] = {"retention_events", retention_columns},
             [EXPORT_DELETIONS] = {"deletions", deletion_columns},
             [EXPORT_AUDIT] = {"audit", audit_columns}};

const char *export_list_name(enum export_list list)
{
    return lists[list].name;
}

const char *const *export_list_columns(enum export_list list)
{
    return lists[list].columns;
}

static void member_cell(const struct node *row, const char *name, bool is_first, struct buf *out)
{
    struct node n = node_is_object(row) ? node_optional(row, name) : (struct node){0};
    char number[24];
    if (node_kind(&n) == NODE_NUMBER) {
        snprintf(number, sizeof number, "%" PRId64, node_int(&n, INT64_MIN, INT64_MAX));
        csv_cell(out, is_first, number);
    } else {
        csv_cell(out, is_first, node_kind(&n) == NODE_STRING ? node_string(&n, 0, SIZE_MAX, NULL) : NULL);
    }
}

void export_list_line(enum export_list list, const char *row, struct buf *out)
{
    struct reader r;
    if (reader_open(&r, row, strlen(row)) != ERROR_NONE)
        out->failed = true;
    struct node root = reader_root(&r);
    for (const char *const *name = lists[list].columns; *name != NULL; name++)
        member_cell(&root, *name, name == lists[list].columns, out);
    csv_line_end(out);
    reader_close(&r);
}
