/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/limits.h"
#include "command/apply_rehearsal.h"
#include "command/behind.h"
#include "command/command.h"
#include "command/on_database.h"
#include "ledger/policy_warnings.h"
#include "store/blocking.h"
#include "store/policy.h"
#include "wire/policy_document.h"

#include <stdio.h>
#include <string.h>

/* A policy document, read: what the database is given. */
struct document {
    struct reader reader;
    struct buf canonical;
    uint8_t sha256[POLICY_DOCUMENT_HASH_SIZE];
    struct policy *policy; /* NULL: it has faults, all of them in the reader */
    bool retire;           /* purposes in use that it leaves out */
    bool rehearse;         /* tell what it would change, and change nothing */
    bool json;             /* as JSON */
    char actor[CLAIMS_SUBJECT_MAX + 1];
};

static void faults_print(const struct reader *r, const char *path)
{
    const char *syntax = reader_syntax(r);
    if (syntax != NULL)
        fprintf(stderr, "akkoord: apply: %s: %s\n", path, syntax);
    for (struct reader_fault fault = {0}; reader_fault_next(r, &fault);)
        fprintf(stderr, "akkoord: apply: %s: %s: %s\n", path, fault.pointer[0] != '\0' ? fault.pointer : "/",
                fault.detail);
}

static void document_close(struct document *d)
{
    policy_free(d->policy);
    reader_close(&d->reader);
    buf_free(&d->canonical);
}

/* Says on stderr what is wrong. Closes ${ret_document} itself then. */
static int document_read(const char *path, const struct buf *bytes, struct document *ret_document)
{
    struct document *d = ret_document;
    buf_init(&d->canonical, POLICY_BODY_BYTES_MAX);
    d->policy = policy_document_read(&d->reader, bytes->data != NULL ? bytes->data : "", bytes->len);
    if (d->policy == NULL || !policy_document_check(&d->reader, d->policy)) {
        faults_print(&d->reader, path);
        document_close(d);
        return -1;
    }
    policy_document_canonical(&d->reader, &d->canonical, d->sha256);
    buf_byte(&d->canonical, '\0');
    if (buf_failed(&d->canonical)) {
        document_close(d);
        return -command_failed("apply", "the document is too large");
    }
    return 0;
}

static void not_enforced_print(struct document *d)
{
    struct buf b;
    buf_init(&b, POLICY_BODY_BYTES_MAX);
    struct writer w = writer_of(&b);
    policy_document_not_enforced(&d->reader, &w, NULL);
    if (!buf_failed(&b) && b.len > strlen("[]"))
        printf("accepted, but not acted on yet: %.*s\n", (int)b.len, b.data);
    buf_free(&b);
}

static void warning_print(void *cookie, const char *pointer, const char *detail)
{
    (void)cookie;
    printf("warning: %s: %s\n", pointer, detail);
}

static int purpose_print(const struct policy *policy, const struct policy_apply_job *job, const char *why)
{
    fprintf(stderr, "akkoord: apply: purpose %s %s\n", policy->purposes[job->offender].key, why);
    return 1;
}

static int refusal_print(const struct policy *policy, const struct policy_apply_job *job)
{
    switch (job->outcome) {
    case APPLY_COUNTRY_FIXED:
        return command_failed("apply", "the country cannot change once there are phone numbers");
    case APPLY_BASIS_FIXED:
        return purpose_print(policy, job, "has events: its lawful basis cannot change; make a new purpose");
    case APPLY_CHANNEL_FIXED:
        return purpose_print(policy, job, "is in use: its channel cannot change; make a new purpose");
    case APPLY_REPLACES_FIXED:
        return purpose_print(
            policy, job,
            "goes on replacing what it replaced, which is in use; what came between stays in "
            "the document, retired");
    case APPLY_REPLACES_CHANNEL:
        return purpose_print(policy, job, "replaces one of another channel: name one of the same");
    case APPLY_ENTITY_ADDED:
        return purpose_print(
            policy, job,
            "is of an entity that people did not agree to: give its notice a new version that "
            "is material and in force, or make a new purpose");
    case APPLY_WORDS_FIXED:
        fprintf(
            stderr,
            "akkoord: apply: notice %s, version %s was applied before with other words: make a new version\n",
            policy->notices[job->offender].id, policy->notices[job->offender].version);
        return 1;
    case APPLY_STRANDS:
        return command_failed("apply", "it leaves out a purpose that has events: --retire retires it");
    case APPLY_NO_TIME_ZONE:
        return command_failed("apply", "the database does not know the time zone");
    default:
        return command_failed("apply", "another version was applied at the same time");
    }
}

static int outcome_print(struct document *d, const struct policy_apply_job *job)
{
    if (job->outcome != APPLY_DONE && job->outcome != APPLY_SAME)
        return refusal_print(d->policy, job);
    printf("%s: %sversion %d is in force\n", d->policy->controller,
           job->outcome == APPLY_SAME ? "unchanged, " : "", job->version);
    not_enforced_print(d);
    policy_warnings(&d->reader, job, warning_print, NULL);
    return 0;
}

static int applied_print(PGconn *pg, struct document *d, const struct policy_apply_job *job)
{
    if (!d->rehearse || (job->outcome != APPLY_DONE && job->outcome != APPLY_SAME))
        return outcome_print(d, job);
    int rc = apply_rehearse(pg, &d->reader, d->policy, job, d->json);
    if (rc == 0 && !d->json)
        policy_warnings(&d->reader, job, warning_print, NULL);
    return rc;
}

static int document_apply(PGconn *pg, const struct numbered_keys *keys, void *cookie)
{
    struct document *d = cookie;
    struct policy_apply_job job = {.policy = d->policy,
                                   .document = d->canonical.data,
                                   .sha256 = d->sha256,
                                   .actor = d->actor,
                                   .retire = d->retire,
                                   .key = keys->keys[0].number};
    if (d->rehearse)
        policy_apply_job_rehearse(&job);
    else
        policy_apply_job_prepare(&job);

    /* what the database says of it */
    enum error outcome = job_run_blocking(pg, &job.job);
    int rc =
        outcome != ERROR_NONE ? command_failed("apply", error_title(outcome)) : applied_print(pg, d, &job);
    policy_apply_job_clear(&job);
    return rc;
}

static int apply_bytes(const struct config *config, const struct arguments *args, const struct buf *bytes)
{
    const char *path = args->operands[0], *format = arguments_flag(args, "format");
    struct document document = {.retire = arguments_flag(args, "retire") != NULL,
                                .rehearse = arguments_flag(args, "rehearse") != NULL,
                                .json = format != NULL && strcmp(format, "json") == 0};
    const char *fault = behind_actor(args, "apply", document.actor);
    if (fault != NULL)
        return command_misused("apply", fault);
    if (document_read(path, bytes, &document) != 0)
        return 1;
    int rc = on_database(config, "apply", document_apply, &document);
    document_close(&document);
    return rc;
}

static int apply(const struct config *config, const struct arguments *args)
{
    if (args->operand_count != 1)
        return command_misused("apply", "one FILE is needed, - for stdin");
    const char *path = args->operands[0], *format = arguments_flag(args, "format");
    if (format != NULL && strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        return command_misused("apply", "--format is text or json");
    if (format != NULL && arguments_flag(args, "rehearse") == NULL)
        return command_misused("apply", "--format goes with --rehearse");

    /* the document */
    struct buf bytes;
    buf_init(&bytes, POLICY_BODY_BYTES_MAX);
    const char *reason = file_read(path, &bytes);
    int rc = 1;
    if (reason == NULL)
        rc = apply_bytes(config, args, &bytes);
    else
        fprintf(stderr, "akkoord: apply: %s: %s\n", path, reason);
    buf_free(&bytes);
    return rc;
}

static const struct config_flag apply_flags[] = {
    {"retire", NULL, "purposes that have events and are left out are retired; else they forbid it"},
    {"rehearse", NULL, "only tells what the document would change: purposes, notices, and people's verdicts"},
    {"format", "text|json", "how the rehearsal is told; text by default"},
    BEHIND_FLAG,
    {0}};

const struct command apply_command = {"apply",
                                      "FILE",
                                      "makes a controller's policy document the one in force",
                                      apply_flags,
                                      on_database_options,
                                      apply};
