/* SPDX-License-Identifier: Apache-2.0 */
#include "command/officer.h"

#include <stdio.h>
#include <string.h>

enum { ANSWER_MAX = 1 << 30 }; /* bytes: the export of a person of a million events */

int officer_open(struct officer *o, const char *command, const struct arguments *args)
{
    const char *fault;
    *o = (struct officer){.command = command,
                          .options = {.url = arguments_flag(args, "url"),
                                      .token_file = arguments_flag(args, "token-file"),
                                      .ca_file = arguments_flag(args, "ca-file"),
                                      .media = "application/json"},
                          .json = arguments_flag(args, "json") != NULL};
    buf_init(&o->answer, ANSWER_MAX);
    if (o->options.url == NULL || o->options.token_file == NULL)
        return command_misused(command, "--url of the service and --token-file are needed");
    o->client = client_open(&o->options, &fault);
    return o->client != NULL ? 0 : command_failed(command, fault);
}

void officer_close(struct officer *o)
{
    if (o->client != NULL)
        client_close(o->client);
    reader_close(&o->reader);
    buf_free(&o->answer);
}

/* That the policy wants to know why, as somebody at a terminal says it. */
static bool reason_is_wanted(const struct officer *o)
{
    struct reader r;
    reader_open(&r, o->answer.data, o->answer.len);
    struct node root = reader_root(&r);
    const char *type = OFFICER_TEXT(&root, "type");
    bool is_wanted = type != NULL && strcmp(type, "urn:akkoord:problem:reason-required") == 0;
    reader_close(&r);
    return is_wanted;
}

bool officer_fetch(struct officer *o, const char *path, const char *const parameters[],
                   const struct buf *body)
{
    const char *fault = body != NULL && buf_failed(body) ? "what is asked for is too long"
                                                         : client_path(o->client, path, parameters);
    if (fault == NULL)
        fault = body != NULL ? client_post(o->client, body->data, body->len, &o->answer)
                             : client_get(o->client, &o->answer);
    if (fault != NULL)
        command_failed(o->command, reason_is_wanted(o)
                                       ? "the policy asks why it is looked at: say so by --reason TEXT, "
                                         "which is kept with who looked"
                                       : fault);
    return fault == NULL;
}

bool officer_ask(struct officer *o, const char *path, const char *const parameters[], const struct buf *body,
                 const char *needed)
{
    if (!officer_fetch(o, path, parameters, body))
        return false;
    reader_close(&o->reader);
    bool is_ours = reader_open(&o->reader, o->answer.data, o->answer.len) == ERROR_NONE;
    struct node root = reader_root(&o->reader), member = {0};
    if (is_ours && node_is_object(&root))
        member = node_optional(&root, needed);
    if (!node_present(&member))
        command_failed(o->command, "what answers at --url is not the service");
    return node_present(&member);
}

struct node officer_answer(struct officer *o)
{
    return reader_root(&o->reader);
}

void officer_print(const struct officer *o)
{
    fwrite(o->answer.data, 1, o->answer.len, stdout);
    putchar('\n');
}

/* The text, or (${ret_number}) the number, at the end of ${names}. */
static const char *member_at(const struct node *n, const char *const names[], int64_t *ret_number)
{
    struct node member = node_is_object(n) ? node_optional(n, names[0]) : (struct node){0};
    if (!node_present(&member))
        return NULL;
    if (names[1] != NULL)
        return member_at(&member, names + 1, ret_number);
    if (node_kind(&member) == NODE_NUMBER)
        *ret_number = node_int(&member, INT64_MIN, INT64_MAX);
    return node_kind(&member) == NODE_STRING ? node_string(&member, 0, SIZE_MAX, NULL) : NULL;
}

const char *officer_text(const struct node *n, const char *const names[])
{
    int64_t number;
    return member_at(n, names, &number);
}

int64_t officer_number(const struct node *n, const char *const names[])
{
    int64_t number = 0;
    member_at(n, names, &number);
    return number;
}
