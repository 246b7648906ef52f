/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/key.h"
#include "base/limits.h"
#include "command/behind.h"
#include "command/command.h"
#include "command/on_database.h"
#include "domain/moment.h"
#include "store/blocking.h"
#include "store/erasures.h"
#include "wire/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* akkoord erase --list, --replay FILE: what a recovery to an earlier moment took back is erased again. */
enum { PAGE = 1000, ERASURE_TAGS_MAX = 1000 };

struct order {
    const char *controller, *path;
    instant since;
    char actor[CLAIMS_SUBJECT_MAX + 1];
};

/* ---- list ---- */

static int erasures_list(PGconn *pg, const struct numbered_keys *keys, void *cookie)
{
    const struct order *o = cookie;
    struct erasures_job job = {.controller = o->controller, .since = o->since, .limit = PAGE};
    bool good, more;
    (void)keys;
    do {
        erasures_job_prepare(&job);
        good = job_run_blocking(pg, &job.job) == ERROR_NONE && !job.broken;
        more = good && job.count > 0;
        for (size_t i = 0; good && i < job.count; i++)
            puts(job.rows[i].line);
        if (more) {
            job.after_controller = job.rows[job.count - 1].controller_id;
            job.after_revision = job.rows[job.count - 1].revision;
        }
        erasures_job_clear(&job);
    } while (more);
    if (!good)
        return command_failed("erase", "the database did not answer");
    return fflush(stdout) == 0 ? 0 : command_failed("erase", strerror(errno));
}

/* ---- replay ---- */

static void tags_judge(const struct node *list)
{
    size_t count = node_elements(list, 0, ERASURE_TAGS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node n = node_at(list, i);
        const char *text = node_string(&n, 2 * TAG_SIZE, 2 * TAG_SIZE, NULL);
        if (text[strspn(text, "0123456789abcdef")] != '\0')
            node_fault(&n, ERROR_INVALID, "must be a tag in hexadecimal digits");
    }
}

static void denied_judge(const struct node *list)
{
    size_t count = node_elements(list, 0, POLICY_PURPOSES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node n = node_at(list, i);
        node_int(&n, 1, INT32_MAX);
    }
}

/* Whether it is a line of the list, whole. */
static bool line_judge(const char *line, size_t len)
{
    static const char *const members[] = {"controller", "record_id", "subject", "erased_at", "keep_proof",
                                          "until",      "tags",      "denied",  NULL};
    uint8_t id[UUID_SIZE];
    struct reader r;
    reader_open(&r, line, len);
    struct node root = reader_root(&r);
    node_only(&root, members);
    struct node controller = node_member(&root, "controller"), record = node_member(&root, "record_id"),
                subject = node_member(&root, "subject"), at = node_member(&root, "erased_at"),
                proof = node_member(&root, "keep_proof"), until = node_member(&root, "until"),
                tags = node_member(&root, "tags"), denied = node_member(&root, "denied");
    node_string(&controller, 1, POLICY_KEY_MAX, NULL);
    bool is_id = uuid_parse(node_string(&record, UUID_TEXT, UUID_TEXT, NULL), UUID_TEXT, id);
    node_int(&subject, 0, INT64_MAX);
    node_moment(&at);
    node_bool(&proof);
    if (node_kind(&until) != NODE_NULL)
        node_moment(&until);
    tags_judge(&tags);
    denied_judge(&denied);
    bool is_good = reader_ok(&r) && is_id;
    reader_close(&r);
    return is_good;
}

/* Returns NULL, or why it ends here. */
static const char *line_replay(PGconn *pg, const char *actor, const char *line, size_t len,
                               int64_t counts[ERASED_OUTCOMES])
{
    struct erase_again_job job;
    if (!line_judge(line, len))
        return "is no line of `akkoord erase --list`";
    erase_again_job_init(&job, line, actor);
    if (job_run_blocking(pg, &job.job) != ERROR_NONE)
        return "the database did not take it: run it again, what is done already is passed over";
    counts[job.outcome]++;
    return NULL;
}

static int counts_print(const int64_t counts[ERASED_OUTCOMES])
{
    printf("%12lld  erased again\n%12lld  remembered: nobody was there, a tombstone is set\n"
           "%12lld  known already\n%12lld  nobody was there, and nothing is to be remembered\n",
           (long long)counts[ERASED_AGAIN], (long long)counts[ERASED_REMEMBERED],
           (long long)counts[ERASED_THERE], (long long)counts[ERASED_NOBODY]);
    if (counts[ERASED_FOREIGN] > 0)
        fprintf(stderr, "akkoord: erase: %lld are of controllers that this database does not have\n",
                (long long)counts[ERASED_FOREIGN]);
    if (counts[ERASED_OTHER_KEY] > 0)
        fprintf(stderr,
                "akkoord: erase: %lld are of another subject key than this database is under, and were not "
                "done: bring it under that one first (akkoord rotate), then replay the list again\n",
                (long long)counts[ERASED_OTHER_KEY]);
    return counts[ERASED_FOREIGN] + counts[ERASED_OTHER_KEY] > 0 ? 1 : 0;
}

static int erasures_replay(PGconn *pg, const struct numbered_keys *keys, void *cookie)
{
    const struct order *o = cookie;
    int64_t counts[ERASED_OUTCOMES] = {0}, number = 0;
    char *line = NULL;
    size_t capacity = 0;
    const char *fault = NULL;
    (void)keys;
    FILE *file = strcmp(o->path, "-") == 0 ? stdin : fopen(o->path, "re");
    if (file == NULL)
        return command_failed("erase", strerror(errno));
    while (fault == NULL && getline(&line, &capacity, file) > 0) {
        number++;
        line[strcspn(line, "\n")] = '\0';
        fault = line_replay(pg, o->actor, line, strlen(line), counts);
    }
    if (fault == NULL && ferror(file))
        fault = "the rest cannot be read";
    if (fault != NULL)
        fprintf(stderr, "akkoord: erase: %.300s: line %lld: %s\n", o->path, (long long)number, fault);
    free(line);
    if (file != stdin)
        fclose(file);
    int rc = counts_print(counts);
    return fault != NULL ? 1 : rc;
}

/* ---- the command ---- */

static int erase_run(const struct config *config, const struct arguments *args)
{
    const char *since = arguments_flag(args, "since");
    bool is_list = arguments_flag(args, "list") != NULL;
    struct order o = {.controller = arguments_flag(args, "controller"),
                      .path = arguments_flag(args, "replay")};
    if (args->operand_count != 0 || is_list == (o.path != NULL))
        return command_misused("erase",
                               "it is --list or --replay FILE; `akkoord subject erase` erases a person");
    if (o.path != NULL && (since != NULL || o.controller != NULL))
        return command_misused("erase", "--since and --controller go with --list");
    if (o.controller != NULL && !controller_key_valid(o.controller))
        return command_misused("erase", "--controller is 1 to 64 letters a-z, digits, _ and -");
    if (since != NULL && !moment_parse(since, strlen(since), &o.since))
        return command_misused("erase", "--since is a moment such as 2026-11-21T10:00:00Z");
    const char *fault = behind_actor(args, "erase --replay", o.actor);
    if (fault != NULL)
        return command_misused("erase", fault);
    return on_database(config, "erase", is_list ? erasures_list : erasures_replay, &o);
}

static const struct config_flag erase_flags[] = {
    {"list", NULL,
     "prints the erasures of this database, a line each: keyed hashes and numbers, no identifier"},
    {"since", "MOMENT", "those since then; all by default"},
    {"controller", "K", "those of this controller; of all by default"},
    {"replay", "FILE", "does those of a list again; what is done already is passed over"},
    BEHIND_FLAG,
    {0}};

const struct command erase_command = {
    "erase",
    "",
    "after a recovery to an earlier moment: does again what was erased since",
    erase_flags,
    on_database_options,
    erase_run};
