/* SPDX-License-Identifier: Apache-2.0 */
#include "store/kept_link.h"

#include "store/params.h"
#include "store/row.h"

#include <string.h>

/* ---- keeping ---- */

static void links_bind(const struct link_keep_job *k, struct params *params)
{
    struct param *ids = params_array(params, PARAM_BYTEA), *subjects = params_array(params, PARAM_INT8),
                 *contents = params_array(params, PARAM_BYTEA), *ends = params_array(params, PARAM_INT8);
    for (size_t i = 0; i < k->count; i++) {
        const struct kept_link *link = &k->links[i];
        param_bytes(ids, link->id, KEPT_LINK_ID_SIZE);
        param_int8(subjects, link->count == 0 ? link->subject_no : 0);
        param_bytes(contents, link->content, link->content_len);
        param_int8(ends, k->ends[i]);
    }
}

static void tags_bind(const struct link_keep_job *k, struct params *params)
{
    struct param *of = params_array(params, PARAM_BYTEA), *places = params_array(params, PARAM_INT4),
                 *tags = params_array(params, PARAM_BYTEA);
    for (size_t i = 0; i < k->count; i++) {
        for (size_t place = 0; place < k->links[i].count; place++) {
            param_bytes(of, k->links[i].id, KEPT_LINK_ID_SIZE);
            param_int4(places, (int32_t)place);
            param_bytes(tags, k->links[i].tags[place].bytes, TAG_SIZE);
        }
    }
}

static void keep_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct link_keep_job *k = list_entry(batch[0].job, struct link_keep_job, job);
    params_int4(params, k->job.controller_id);
    params_int8(params, k->generation);
    links_bind(k, params);
    tags_bind(k, params);
}

static void keep_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job != NULL && PQntuples(rows) == 1)
        list_entry(batch[0].job, struct link_keep_job, job)->kept = row_bool(rows, 0, 0);
}

void link_keep_job_init(struct link_keep_job *k, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "link_keep", .writes = true, .batch_max = 1, .bind = keep_bind, .take = keep_take};
    *k = (struct link_keep_job){.job = {.verb = &verb, .controller_id = controller_id, .weight = 1}};
}

/* ---- reading ---- */

enum { COLUMN_GENERATION, COLUMN_CONTENT, COLUMN_SUBJECT, COLUMN_TAG, COLUMN_PLACE };

static void kept_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct kept_link_job *k = list_entry(batch[0].job, struct kept_link_job, job);
    params_int4(params, k->job.controller_id);
    params_bytes(params, k->id, KEPT_LINK_ID_SIZE);
}

static void tag_take(struct kept_link *link, const PGresult *rows, int row)
{
    size_t len;
    const char *tag = row_bytes(rows, row, COLUMN_TAG, &len);
    if (row_is_null(rows, row, COLUMN_TAG) || len != TAG_SIZE || link->count == IDENTIFIERS_MAX)
        return;
    link->places[link->count] = (uint8_t)row_int2(rows, row, COLUMN_PLACE);
    memcpy(link->tags[link->count++].bytes, tag, TAG_SIZE);
}

static void kept_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct kept_link_job *k = list_entry(batch[0].job, struct kept_link_job, job);
    struct kept_link *link = &k->link;
    link->count = 0;
    for (int row = 0; row < PQntuples(rows); row++) {
        k->generation = row_int8(rows, row, COLUMN_GENERATION);
        const char *content = row_bytes(rows, row, COLUMN_CONTENT, &link->content_len);
        k->found = !row_is_null(rows, row, COLUMN_CONTENT) && link->content_len <= KEPT_LINK_CONTENT_MAX;
        if (!k->found)
            continue;
        memcpy(link->content, content, link->content_len);
        link->subject_no = row_int8(rows, row, COLUMN_SUBJECT);
        tag_take(link, rows, row);
    }
}

void kept_link_job_init(struct kept_link_job *k, int32_t controller_id, const uint8_t *id)
{
    static const struct verb verb = {
        .statement = "link_kept", .batch_max = 1, .bind = kept_bind, .take = kept_take};
    *k =
        (struct kept_link_job){.job = {.verb = &verb, .controller_id = controller_id, .weight = 1}, .id = id};
}
