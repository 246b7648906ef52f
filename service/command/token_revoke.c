/* SPDX-License-Identifier: Apache-2.0 */
#include "command/token_revoke.h"

#include "auth/token.h"
#include "base/file.h"
#include "command/command.h"
#include "command/key_files.h"
#include "command/on_database.h"
#include "store/blocking.h"
#include "store/revoke.h"

#include <stdio.h>
#include <string.h>

/* ${cookie}: what the token says. */
static int token_revoke(PGconn *pg, const struct numbered_keys *keys, void *cookie)
{
    const struct claims *token = cookie;
    struct revoke_job job;
    (void)keys;
    revoke_job_init(&job, token->controller, token->id, token->expires);
    enum error e = job_run_blocking(pg, &job.job);
    if (e != ERROR_NONE)
        return command_failed("token revoke", "the database did not take it");
    if (!job.found)
        return command_failed("token revoke", "there is no such controller");
    printf("%s: token %s is revoked\n", token->controller, token->id);
    return 0;
}

/* What the token in a file says. Only a good one can be taken back: the others are refused anyway. */
static int token_read(const struct config *config, const char *path, struct claims *ret_token)
{
    struct buf text;
    struct keys *keys;
    char reason[KEY_FILES_FAULT];
    if (token_keys_load(config, NULL, &keys, reason) != 0)
        return command_failed("token revoke", reason);
    buf_init(&text, TOKEN_MAX + 2);
    const char *fault = file_read_word(path, &text);
    enum token_fault refused = TOKEN_OK;
    if (fault == NULL)
        refused = token_verify(keys, text.data, text.len, clock_wall(), ret_token);
    if (refused != TOKEN_OK)
        fault = token_fault_text(refused);
    else if (fault == NULL && ret_token->id[0] == '\0')
        fault = "it has no jti, and cannot be told from another: change the key";
    file_wipe(&text);
    keys_unref(keys);
    return fault == NULL ? 0 : command_failed("token revoke", fault);
}

/* A token that is named lives as long as any may. */
static int token_name(const struct config *config, const struct arguments *args, struct claims *ret_token)
{
    const char *controller = arguments_flag(args, "controller"), *id = arguments_flag(args, "id");
    if (controller == NULL || id == NULL)
        return command_misused("token revoke", "--token-file is needed, or --controller and --id");
    if (!controller_key_valid(controller) || id[0] == '\0' || strlen(id) > CLAIMS_ID_MAX)
        return command_misused("token revoke", "--controller or --id cannot be one");
    memcpy(ret_token->controller, controller, strlen(controller) + 1);
    memcpy(ret_token->id, id, strlen(id) + 1);
    ret_token->expires = clock_wall() + config->jwt_max_lifetime * SECOND;
    return 0;
}

int revoke_command(const struct config *config, const struct arguments *args)
{
    struct claims token = {0};
    const char *path = arguments_flag(args, "token-file");
    int rc = path != NULL ? token_read(config, path, &token) : token_name(config, args, &token);
    if (rc != 0)
        return rc;
    token.expires += CLAIMS_SKEW * SECOND;
    return on_database(config, "token revoke", token_revoke, &token);
}
