/* SPDX-License-Identifier: Apache-2.0 */
#include "store/policy.h"

#include "store/params.h"
#include "store/row.h"

#include <stdlib.h>
#include <string.h>

static void read_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct policy_read_job *p = list_entry(batch[0].job, struct policy_read_job, job);
    params_text(params, p->controller);
    if (p->wanted != 0)
        params_int4(params, p->wanted);
    else
        params_null(params);
}

static void read_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL || PQntuples(rows) != 1)
        return;
    struct policy_read_job *p = list_entry(batch[0].job, struct policy_read_job, job);
    policy_read_job_clear(p);
    size_t len;
    p->version = row_int4(rows, 0, 0);
    p->document = row_text(rows, 0, 1);
    const char *hash = row_bytes(rows, 0, 2, &len);
    if (len == sizeof p->sha256)
        memcpy(p->sha256, hash, len);
}

void policy_read_job_init(struct policy_read_job *p, const char *controller, int32_t wanted)
{
    static const struct verb verb = {
        .statement = "policy_read", .batch_max = 1, .bind = read_bind, .take = read_take};
    *p = (struct policy_read_job){
        .job = {.verb = &verb, .weight = 1}, .controller = controller, .wanted = wanted};
}

void policy_read_job_clear(struct policy_read_job *p)
{
    free(p->document);
    p->document = NULL;
}

/* Each purpose, for all entities and for each; then each entity, whose number is that of * for it. */
static void purposes_bind(const struct policy *policy, struct params *params)
{
    struct param *keys = params_array(params, PARAM_TEXT);
    struct param *entities = params_array(params, PARAM_TEXT);
    struct param *bases = params_array(params, PARAM_TEXT);
    struct param *stops = params_array(params, PARAM_BOOL);
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *p = &policy->purposes[i];
        for (size_t e = 0; e <= policy->entity_count; e++) {
            param_text(keys, p->key);
            param_text(entities, e == 0 ? "" : policy->entities[e - 1].key);
            param_text(bases, lawful_basis_words[p->basis]);
            param_bool(stops, purpose_stopped_by_all(p));
        }
    }
    for (size_t e = 0; e < policy->entity_count; e++) {
        param_text(keys, "*");
        param_text(entities, policy->entities[e].key);
        param_text(bases, "");
        param_bool(stops, true);
    }
}

static void numbers_bind(const struct policy *policy, struct params *params)
{
    purposes_bind(policy, params);
    struct param *ids = params_array(params, PARAM_TEXT);
    for (size_t i = 0; i < policy->notice_count; i++)
        param_text(ids, policy->notices[i].id);
    struct param *versions = params_array(params, PARAM_TEXT);
    for (size_t i = 0; i < policy->notice_count; i++)
        param_text(versions, policy->notices[i].version);
    struct param *hashes = params_array(params, PARAM_BYTEA);
    for (size_t i = 0; i < policy->notice_count; i++) {
        uint8_t hash[NOTICE_HASH_SIZE];
        notice_hash(&policy->notices[i], hash);
        param_bytes(hashes, hash, sizeof hash);
    }
}

static void precondition_bind(const struct policy_precondition *seen, struct params *params)
{
    if (!seen->is_set) {
        params_null(params);
        return;
    }
    struct param *versions = params_array(params, PARAM_INT4);
    for (size_t i = 0; i < seen->count; i++)
        param_int4(versions, seen->versions[i]);
}

static void apply_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct policy_apply_job *p = list_entry(batch[0].job, struct policy_apply_job, job);
    params_text(params, p->policy->controller);
    params_text(params, p->policy->country);
    params_text(params, p->policy->time_zone);
    params_text(params, p->document);
    params_bytes(params, p->sha256, POLICY_HASH_SIZE);
    params_text(params, p->actor);
    precondition_bind(&p->seen, params);
    params_int4(params, p->key);
    numbers_bind(p->policy, params);
    params_bool(params, p->retire);
    params_idempotency(params, &p->idempotency);
}

static void apply_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL || PQntuples(rows) != 1)
        return;
    struct policy_apply_job *p = list_entry(batch[0].job, struct policy_apply_job, job);
    p->outcome = (enum apply_outcome)row_int2(rows, 0, 0);
    p->version = row_int4(rows, 0, 1);
    p->offender = (size_t)row_int4(rows, 0, 2);
    free(p->stranded);
    p->stranded = row_text(rows, 0, 3);
    free(p->left);
    p->left = row_text(rows, 0, 4);
    if (p->outcome == APPLY_BASIS_FIXED)
        p->offender /= p->policy->entity_count + 1;
}

static void rehearse_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct policy_apply_job *p = list_entry(batch[0].job, struct policy_apply_job, job);
    params_text(params, p->policy->controller);
    params_text(params, p->policy->country);
    params_text(params, p->policy->time_zone);
    params_bytes(params, p->sha256, POLICY_HASH_SIZE);
    numbers_bind(p->policy, params);
    params_text(params, p->document);
}

void policy_apply_job_rehearse(struct policy_apply_job *p)
{
    static const struct verb verb = {
        .statement = "policy_rehearse", .batch_max = 1, .bind = rehearse_bind, .take = apply_take};
    p->job.verb = &verb;
    p->job.weight = 1;
}

void policy_apply_job_clear(struct policy_apply_job *p)
{
    free(p->stranded);
    free(p->left);
    p->stranded = p->left = NULL;
}

void policy_apply_job_prepare(struct policy_apply_job *p)
{
    static const struct verb verb = {
        .statement = "policy_apply", .writes = true, .batch_max = 1, .bind = apply_bind, .take = apply_take};
    p->job.verb = &verb;
    p->job.weight = 1;
}
