/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/api_key.h"
#include "auth/claims.h"
#include "command/behind.h"
#include "command/command.h"
#include "command/on_database.h"
#include "domain/duration.h"
#include "domain/moment.h"
#include "store/api_key.h"
#include "store/blocking.h"

#include <stdio.h>
#include <string.h>

#define SCOPE_LISTED(name, word) " " word
static const struct config_flag key_flags[] = {
    {"controller", "K", "the key of the controller it is for; list, revoke: of all where none is named"},
    {"scope", "WORDS",
     "add: what it may do, one or more in quotes, separated by spaces:\n     " SCOPES(SCOPE_LISTED)},
    {"expires", "DURATION",
     "add: how long it is good for, such as P90D or P1Y; for good where nothing is said"},
    BEHIND_FLAG,
    {0}};

/* ---- add ---- */

/* Prints the key alone, so that it can be put into a file; nobody can have it told again. */
static int key_add(PGconn *pg, const struct numbered_keys *keys, void *cookie)
{
    struct api_key_add_job *add = cookie;
    char text[API_KEY_TEXT_MAX + 1];
    struct api_key key;
    (void)keys;
    if (api_key_make(text, &key) != 0)
        return command_failed("key add", "the system has no random bytes");
    add->id = key.id;
    add->hash = key.hash;
    api_key_add_job_prepare(add);
    enum error e = job_run_blocking(pg, &add->job);
    int rc = 0;
    if (e != ERROR_NONE)
        rc = command_failed("key add", "the database did not take it");
    else if (add->outcome == API_KEY_NO_CONTROLLER)
        rc = command_failed("key add", "there is no such controller: apply its policy first (akkoord apply)");
    else if (add->outcome == API_KEY_FULL)
        rc = command_failed("key add", "this controller has 100 keys: revoke one first");
    else if (add->outcome != API_KEY_ADDED)
        rc = command_failed("key add", "it would have ended already");
    else if (printf("%s\n", text) < 0 || fflush(stdout) != 0)
        rc = command_failed("key add", "the key could not be written: revoke it (akkoord key list)");
    explicit_bzero(text, sizeof text);
    return rc;
}

static int add_run(const struct config *config, const struct arguments *args)
{
    const char *controller = arguments_flag(args, "controller"), *scope = arguments_flag(args, "scope"),
               *expires = arguments_flag(args, "expires");
    struct duration term;
    char words[SCOPES_TEXT], actor[CLAIMS_SUBJECT_MAX + 1];
    bool unknown;

    /* whose, and for whom */
    if (args->operand_count != 2 || controller == NULL || scope == NULL)
        return command_misused("key add", "NAME, --controller and --scope are needed");
    if (!claims_subject_valid(args->operands[1]))
        return command_misused("key add", "NAME must be 1 to 128 printable ASCII characters");
    if (!controller_key_valid(controller))
        return command_misused("key add", "the controller must be 1 to 64 letters a-z, digits, _ and -");

    /* what it may do, and until when */
    uint32_t scopes = scopes_parse(scope, &unknown);
    if (unknown || scopes == SCOPE_NONE)
        return command_misused("key add",
                               "--scope must be words of `akkoord key --help`, separated by spaces");
    if (expires != NULL && (!duration_parse(expires, strlen(expires), &term) || duration_is_zero(term)))
        return command_misused("key add", "--expires is not an ISO 8601 duration such as P90D or P1Y");

    const char *fault = behind_actor(args, "key", actor);
    if (fault != NULL)
        return command_misused("key add", fault);

    /* as it is kept */
    scopes_format(scopes, words);
    struct api_key_add_job add = {.controller = controller,
                                  .name = args->operands[1],
                                  .scopes = words,
                                  .expires =
                                      expires != NULL ? duration_add(clock_wall(), term) : INSTANT_NONE,
                                  .actor = actor,
                                  .maker_ends = INSTANT_NONE};
    return on_database(config, "key add", key_add, &add);
}

/* ---- list ---- */

static const char *day_of(instant at, const char *otherwise, char text[MOMENT_TEXT + 1])
{
    if (at == INSTANT_NONE)
        return otherwise;
    moment_format(at, text);
    text[strlen("2026-11-21")] = '\0';
    return text;
}

static int key_list(PGconn *pg, const struct numbered_keys *keys, void *cookie)
{
    struct api_key_list_job list;
    char created[MOMENT_TEXT + 1], expires[MOMENT_TEXT + 1], used[MOMENT_TEXT + 1];
    (void)keys;
    api_key_list_job_init(&list, cookie);
    if (job_run_blocking(pg, &list.job) != ERROR_NONE || list.broken)
        return command_failed("key list", "the database did not answer");
    printf("ID\tCONTROLLER\tNAME\tCREATED\tEXPIRES\tLAST USED\tSCOPE\n");
    for (size_t i = 0; i < list.count; i++) {
        const struct api_key_row *key = &list.rows[i];
        printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", key->id, key->controller, key->name,
               day_of(key->created, "", created), day_of(key->expires, "never", expires),
               day_of(key->last_used, "never", used), key->scopes);
    }
    api_key_list_job_clear(&list);
    return 0;
}

/* ---- revoke ---- */

static int key_revoke(PGconn *pg, const struct numbered_keys *keys, void *cookie)
{
    struct api_key_revoke_job *revoke = cookie;
    (void)keys;
    if (job_run_blocking(pg, &revoke->job) != ERROR_NONE)
        return command_failed("key revoke", "the database did not take it");
    if (!revoke->found)
        return command_failed("key revoke", "there is no such key");
    printf("key %s is revoked\n", revoke->id);
    return 0;
}

static int revoke_run(const struct config *config, const struct arguments *args)
{
    struct api_key_revoke_job revoke;
    if (arguments_flag(args, "by") != NULL)
        return command_misused("key revoke",
                               "--by is of add: of a key that is taken back it is not kept who did");
    if (args->operand_count != 2 || !api_key_id_valid(args->operands[1], strlen(args->operands[1])))
        return command_misused("key revoke", "the ID of a key is needed, as `akkoord key list` tells it");
    api_key_revoke_job_init(&revoke, arguments_flag(args, "controller"), args->operands[1]);
    return on_database(config, "key revoke", key_revoke, &revoke);
}

static int key_run(const struct config *config, const struct arguments *args)
{
    const char *what = args->operand_count > 0 ? args->operands[0] : "";
    if (strcmp(what, "add") == 0)
        return add_run(config, args);
    if (strcmp(what, "revoke") == 0)
        return revoke_run(config, args);
    if (strcmp(what, "list") == 0 && args->operand_count == 1)
        return on_database(config, "key list", key_list,
                           (void *)(uintptr_t)arguments_flag(args, "controller"));
    return command_misused("key", "it is add NAME, list or revoke ID");
}

const struct command key_command = {
    "key",
    "add|list|revoke",
    "add NAME: makes an API key and prints it, this once; list: lists them; revoke ID: takes one back",
    key_flags,
    on_database_options,
    key_run};
