/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/scope.h"
#include "base/clock.h"
#include "base/file.h"
#include "command/command.h"
#include "command/key_files.h"
#include "command/token_order.h"
#include "command/token_revoke.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SCOPE_LISTED(name, word) " " word
static const struct config_flag token_flags[] = {
    {"controller", "K", "the key of the controller it is for"},
    {"scope", "WORDS",
     "what it may do, one or more in quotes, separated by spaces:\n     " SCOPES(SCOPE_LISTED)},
    {"ttl", "TIME", "how long it is good for: 90s, 30m, 1h, 2d"},
    {"client", "NAME", "what the events will name as their actor; cli where nothing is said"},
    {"token-file", "FILE", "revoke: the token itself; - for standard input"},
    {"id", "JTI", "revoke: or the jti of one of --controller"},
    {0}};

static int token_print(const struct config *config, struct token_order *order)
{
    struct buf secret;
    char fault[KEY_FILES_FAULT];
    int rc = jwt_secret_load(config, &secret, fault);
    if (rc != 0) {
        command_failed("token", fault);
    } else {
        order->secret = secret.data != NULL ? secret.data : "";
        order->secret_len = secret.len;
        const char *refusal = token_issue(order, clock_wall(), stdout);
        rc = refusal != NULL ? command_failed("token", refusal) : 0;
    }
    file_wipe(&secret);
    return rc != 0;
}

static int lifetime_refuse(const char *ttl, int64_t longest)
{
    char fault[200];
    snprintf(fault, sizeof fault,
             "--ttl %.20s is longer than AKKOORD_JWT_MAX_LIFETIME, %" PRId64
             " seconds: ask for less, or raise that here and where the service runs",
             ttl, longest);
    return command_failed("token", fault);
}

static int token_run(const struct config *config, const struct arguments *args)
{
    const char *client = arguments_flag(args, "client");
    const char *ttl = arguments_flag(args, "ttl");
    struct token_order order = {.issuer = config->jwt_issuer,
                                .controller = arguments_flag(args, "controller"),
                                .scope = arguments_flag(args, "scope"),
                                .client = client != NULL ? client : "cli",
                                .max_lifetime = config->jwt_max_lifetime};
    if (args->operand_count == 1 && strcmp(args->operands[0], "revoke") == 0)
        return revoke_command(config, args);
    if (order.controller == NULL || order.scope == NULL || ttl == NULL || args->operand_count != 0)
        return command_misused("token", "--controller, --scope and --ttl are needed, and nothing else");
    if (!ttl_parse(ttl, &order.ttl))
        return command_misused("token", "--ttl is not a time such as 90s, 30m, 1h or 2d");
    if (config->jwt_secret_file[0] == '\0')
        return command_misused("token", "AKKOORD_JWT_SECRET_FILE is needed");
    if (order.ttl > config->jwt_max_lifetime)
        return lifetime_refuse(ttl, config->jwt_max_lifetime);
    return token_print(config, &order);
}

static const char *const token_options[] = {"jwt-secret-file",  "jwks-file", "jwt-issuer", "jwt-max-lifetime",
                                            "subject-key-file", "database",  "log-level",  NULL};

const struct command token_command = {
    "token",     "[revoke]",    "prints a token signed with the shared secret; revoke: takes one back",
    token_flags, token_options, token_run};
