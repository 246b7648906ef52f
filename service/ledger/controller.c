/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/controller.h"

#include "base/file.h"
#include "base/log.h"
#include "store/numbering.h"
#include "wire/policy_document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct controller_texts {
    char *document; /* until it is read */
    size_t document_len;
    struct policy_texts *read;
};

static void texts_free(struct controller_texts *t)
{
    if (t == NULL)
        return;
    free(t->document);
    policy_texts_free(t->read);
    free(t);
}

/* The document goes from ${job} to ${c}. */
static void texts_move(struct controller *c, struct controller_job *job)
{
    c->texts = malloc(sizeof *c->texts);
    if (c->texts == NULL)
        abort();
    *c->texts = (struct controller_texts){.document = job->document, .document_len = job->document_len};
    job->document = NULL;
}

/* By the machine's tz database. Nothing of libc's: what it knows of time zones is the whole process's. */
static void zone_find(struct policy_texts *texts)
{
    enum { ZONE_BYTES_MAX = 64 * 1024 };
    char path[sizeof "/usr/share/zoneinfo/" + TIME_ZONE_NAME_MAX];
    struct buf file;
    if (!time_zone_is_name(texts->time_zone, strlen(texts->time_zone)))
        return;
    buf_init(&file, ZONE_BYTES_MAX);
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", texts->time_zone);
    if (file_read(path, &file) == NULL && !buf_failed(&file)) {
        const char *kept = arena_copy(&texts->arena, file.data, file.len);
        (void)time_zone_open((const uint8_t *)kept, file.len, &texts->zone);
    }
    buf_free(&file);
}

const struct policy_texts *controller_texts(const struct controller *c)
{
    struct controller_texts *t = c->texts;
    if (t->read != NULL)
        return t->read;
    t->read = policy_texts_read(t->document, t->document_len);
    if (t->read == NULL)
        abort();
    t->read->controller_id = c->controller_id;
    zone_find(t->read);
    free(t->document);
    t->document = NULL;
    return t->read;
}

struct controller *controller_ref(struct controller *c)
{
    c->refs++;
    return c;
}

void controller_unref(struct controller *c)
{
    if (c == NULL || --c->refs > 0)
        return;
    policy_free(c->policy);
    texts_free(c->texts);
    tagger_destroy(c->tagger);
    tagger_destroy(c->old_tagger);
    subject_ids_destroy(c->ids);
    for (size_t i = 0; i < c->revoked_count; i++)
        free(c->revoked[i]);
    free(c->revoked);
    free(c->numbers);
    free(c);
}

const struct numbered *controller_numbered(const struct controller *c, bool is_notice, int32_t number)
{
    for (size_t i = 0; i < c->number_count; i++) {
        if (c->numbers[i].is_notice == is_notice && c->numbers[i].number == number)
            return &c->numbers[i];
    }
    return NULL;
}

bool controller_revoked(const struct controller *c, const char *token_id)
{
    for (size_t i = 0; i < c->revoked_count; i++) {
        if (strcmp(c->revoked[i], token_id) == 0)
            return true;
    }
    return false;
}

/* Whether all of them could be read: with one that is missing, a revoked token would pass. */
static bool revoked_move(struct controller *c, struct controller_job *job)
{
    bool whole = job->revoked != NULL;
    c->revoked = job->revoked;
    c->revoked_count = job->revoked_count;
    job->revoked = NULL;
    job->revoked_count = 0;
    for (size_t i = 0; i < c->revoked_count; i++)
        whole = whole && c->revoked[i] != NULL;
    return whole;
}

static void numbers_move(struct controller *c, struct controller_job *job)
{
    c->numbers = job->numbers;
    c->number_count = job->number_count;
    job->numbers = NULL;
    job->number_count = 0;
}

static struct policy *policy_of(const struct controller_job *job)
{
    struct reader reader;
    struct policy *policy = policy_document_read(&reader, job->document, job->document_len);
    reader_close(&reader);
    if (policy == NULL)
        return NULL;
    policy->version = job->policy_version;
    if (policy_keep_retired(policy, job->numbers, job->number_count) != 0 ||
        policy_number(policy, job->numbers, job->number_count) != 0 || policy_index(policy) != 0) {
        policy_free(policy);
        return NULL;
    }
    return policy;
}

struct controller *controller_of_job(const struct numbered_keys *keys, struct controller_job *job)
{
    struct controller *c = malloc(sizeof *c);
    if (c == NULL)
        abort(); /* as libh2o does */
    *c = (struct controller){.refs = 1, .controller_id = job->controller_id, .generation = job->generation};
    c->policy = job->document != NULL && job->numbers != NULL ? policy_of(job) : NULL;
    if (c->policy != NULL)
        texts_move(c, job);
    c->tagger = tagger_create(keys, job->key_first, job->key_last, job->key);
    if (job->key_oldest < job->key_last)
        c->old_tagger = tagger_create(keys, job->key_first, job->key_oldest, job->key);
    c->ids = subject_ids_create(job->subject_id_key, job->controller_id);
    memcpy(c->policy_hash, job->policy_hash, sizeof c->policy_hash);
    bool has_keys = c->tagger != NULL && (c->old_tagger != NULL || job->key_oldest >= job->key_last);
    bool has_revoked = revoked_move(c, job);
    numbers_move(c, job);
    if (c->policy != NULL && has_keys && c->ids != NULL && has_revoked)
        return c;
    if (has_keys)
        log_error("controller.load", "policy=%d", c->policy != NULL);
    else
        log_error("controller.keys",
                  "first=%d oldest=%d last=%d reason=\"the subject key file lacks a key that is in force, or "
                  "did when this "
                  "process started: start it again on the new file\"",
                  job->key_first, job->key_oldest, job->key_last);
    controller_unref(c);
    return NULL;
}
