/* SPDX-License-Identifier: Apache-2.0 */
#include "command/sync.h"

#include "base/clock.h"
#include "command/command.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keeps another tool's list in step: follows GET /v1/changes, has the target act on each page, and notes how
 * far it is. */

enum { WAIT_SECONDS = 30, WAIT_LISTED_SECONDS = 5, NUMBER_TEXT = 24, LIST_DIGITS_MAX = 18 };
#define LIST_EVERY (30 * SECOND) /* the whole list is looked at again no more often */
#define LIST_ANYWAY                                                                                          \
    (3600 * SECOND) /* and without a cause: who was put on it since said No long ago, perhaps */

const char SYNC_NOT_UNDERSTOOD[] = "the service answers what is not understood";

const char *sync_fault(struct sync *s, const char *subject, const char *reason)
{
    snprintf(s->fault, sizeof s->fault, "%s: %s", subject, reason);
    return s->fault;
}

static const char *changes_get(struct sync *s, int wait, struct reader *r)
{
    char after[NUMBER_TEXT], seconds[NUMBER_TEXT], limit[NUMBER_TEXT];
    snprintf(after, sizeof after, "%lld", (long long)s->state.after);
    snprintf(seconds, sizeof seconds, "%d", wait);
    snprintf(limit, sizeof limit, "%d", SYNC_PAGE);
    const char *const parameters[] = {
        "after", after,     "limit",    limit,    "wait",
        seconds, "purpose", s->purpose, "policy", s->state.policy[0] != '\0' ? s->state.policy : NULL,
        NULL};
    const char *fault = client_path(s->client, "/v1/changes", parameters);
    fault = fault != NULL ? fault : client_get(s->client, &s->answer);
    if (fault != NULL)
        return fault;
    reader_open(r, s->answer.data, s->answer.len);
    return NULL;
}

/* What a page says of itself. */
struct place {
    int64_t next, head;
    char policy[SYNC_POLICY_TEXT + 1];
};

static struct place place_read(const struct node *page)
{
    struct place p;
    struct node next = node_member(page, "next"), head = node_member(page, "head"),
                policy = node_member(page, "policy"), state = node_member(&policy, "state");
    p.next = node_int(&next, 0, INT64_MAX);
    p.head = node_int(&head, 0, INT64_MAX);
    snprintf(p.policy, sizeof p.policy, "%s", node_string(&state, 1, SYNC_POLICY_TEXT, NULL));
    return p;
}

/* Writes what is not yet in the file. */
static const char *state_keep(struct sync *s)
{
    const struct sync_state *now = &s->state, *kept = &s->kept;
    if (now->after == kept->after && now->lists == kept->lists && now->looked == kept->looked &&
        strcmp(now->policy, kept->policy) == 0)
        return NULL;
    const char *fault = sync_state_write(now);
    if (fault != NULL)
        return sync_fault(s, now->path, fault);
    s->kept = *now;
    return NULL;
}

static const char *state_move(struct sync *s, const struct place *place, int64_t to)
{
    memcpy(s->state.policy, place->policy, sizeof s->state.policy);
    s->state.after = to;
    return state_keep(s);
}

/* The first time: what comes from here on is followed, and behind that the whole list is looked at. */
static const char *begin(struct sync *s, const struct sync_target *target)
{
    struct reader r;
    if (target->all == NULL)
        return NULL; /* from the ledger's first change on */
    const char *fault = changes_get(s, 0, &r);
    if (fault != NULL)
        return fault;
    struct node root = reader_root(&r);
    struct place place = place_read(&root);
    bool ok = reader_ok(&r);
    reader_close(&r);
    s->state.lists = true;
    return ok ? state_move(s, &place, place.head) : SYNC_NOT_UNDERSTOOD;
}

/* ${ret_more}: the ledger goes on. */
static const char *page_follow(struct sync *s, const struct sync_target *target, int wait, bool *ret_more)
{
    struct reader r;
    const char *fault = changes_get(s, wait, &r);
    if (fault != NULL)
        return fault;
    struct node root = reader_root(&r);
    struct place place = place_read(&root);
    fault = reader_ok(&r) ? target->page(s, &root) : NULL;
    if (fault == NULL && !reader_ok(&r))
        fault = SYNC_NOT_UNDERSTOOD;
    reader_close(&r);
    *ret_more = place.next < place.head;
    return fault != NULL ? fault : state_move(s, &place, place.next);
}

static bool look_is_due(const struct sync *s, const struct sync_target *target)
{
    instant ago = clock_wall() - s->state.looked;
    if (target->all == NULL || (!s->state.lists && ago >= 0 && ago < LIST_ANYWAY))
        return false;
    return s->looked == 0 || s->once || clock_monotonic() - s->looked >= LIST_EVERY;
}

static const char *list_look(struct sync *s, const struct sync_target *target)
{
    s->state.looked = clock_wall();
    s->state.lists = false;
    const char *fault = target->all(s);
    s->looked = clock_monotonic();
    return fault != NULL ? fault : state_keep(s);
}

static const char *follow(struct sync *s, const struct sync_target *target)
{
    int64_t told = 0;
    for (;;) {
        bool more = false;
        int wait = s->state.lists ? WAIT_LISTED_SECONDS : WAIT_SECONDS;
        bool at_once = s->once || look_is_due(s, target);
        const char *fault = page_follow(s, target, at_once ? 0 : wait, &more);
        if (fault == NULL && !more && look_is_due(s, target))
            fault = list_look(s, target);
        if (s->changed > told)
            fprintf(stderr, "%lld taken off the list, up to revision %lld\n", (long long)(s->changed - told),
                    (long long)s->state.after);
        told = s->changed;
        if (fault != NULL || (s->once && !more && !s->state.lists))
            return fault;
    }
}

/* ---- the command ---- */

/* 0: it is no number. */
static int64_t list_number(const char *text)
{
    size_t digits = text != NULL ? strspn(text, "0123456789") : 0;
    return digits > 0 && digits <= LIST_DIGITS_MAX && text[digits] == '\0' ? strtoll(text, NULL, 10) : 0;
}

static const char *target_choose(struct sync *s, const struct arguments *args,
                                 const struct sync_target **ret_target)
{
    if (args->operand_count >= 2 && strcmp(args->operands[0], "command") == 0) {
        *ret_target = &sync_program;
        s->program = calloc(args->operand_count, sizeof *s->program);
        if (s->program == NULL)
            return "out of memory";
        memcpy(s->program, args->operands + 1, (args->operand_count - 1) * sizeof *s->program);
        return NULL;
    }
    if (args->operand_count != 1 || strcmp(args->operands[0], "listmonk") != 0)
        return "it is `sync listmonk`, or `sync command -- PROGRAM...`";
    *ret_target = &sync_listmonk;
    struct listmonk_options *listmonk = &s->listmonk_options;
    listmonk->list = list_number(arguments_flag(args, "list"));
    listmonk->client = (struct client_options){.url = arguments_flag(args, "listmonk-url"),
                                               .token_file = arguments_flag(args, "listmonk-token-file"),
                                               .ca_file = arguments_flag(args, "ca-file"),
                                               .scheme = "token",
                                               .media = "application/json",
                                               .name = "listmonk"};
    if (listmonk->client.url == NULL || listmonk->client.token_file == NULL || listmonk->list <= 0 ||
        s->purpose == NULL)
        return "--listmonk-url, --listmonk-token-file, --list (its number) and --purpose are needed";
    return NULL;
}

static void state_name(struct sync *s, const struct sync_target *target, const char *url)
{
    const char *purpose = s->purpose != NULL ? s->purpose : "all purposes";
    if (target == &sync_listmonk)
        snprintf(s->state.of, sizeof s->state.of, "list %lld of %s: %s of %s",
                 (long long)s->listmonk_options.list, s->listmonk_options.client.url, purpose, url);
    else
        snprintf(s->state.of, sizeof s->state.of, "a program: %s of %s", purpose, url);
}

static int sync_run(struct sync *s, const struct arguments *args, const struct client_options *options)
{
    const struct sync_target *target = NULL;
    const char *fault = target_choose(s, args, &target);
    if (fault != NULL)
        return command_misused("sync", fault);
    state_name(s, target, options->url);
    bool found = sync_state_read(&s->state, &fault);
    if (fault != NULL)
        fault = sync_fault(s, s->state.path, fault);
    s->kept = s->state;
    if (fault == NULL && (s->client = client_open(options, &fault)) != NULL)
        fault = NULL;
    if (fault == NULL && target == &sync_listmonk)
        fault = listmonk_open(s);
    if (fault == NULL && !found)
        fault = begin(s, target);
    if (fault == NULL)
        fault = follow(s, target);
    return fault != NULL ? command_failed("sync", fault) : 0;
}

static int sync_command_run(const struct config *config, const struct arguments *args)
{
    (void)config;
    struct sync s = {.purpose = arguments_flag(args, "purpose"),
                     .state = {.path = arguments_flag(args, "state")},
                     .once = arguments_flag(args, "once") != NULL};
    struct client_options options = {.url = arguments_flag(args, "url"),
                                     .token_file = arguments_flag(args, "token-file"),
                                     .ca_file = arguments_flag(args, "ca-file")};
    if (options.url == NULL || options.token_file == NULL || s.state.path == NULL)
        return command_misused("sync", "--url of the service, --token-file and --state are needed");
    signal(SIGPIPE, SIG_IGN); /* a program that reads no further */
    buf_init(&s.answer, SYNC_ANSWER_MAX);
    int rc = sync_run(&s, args, &options);
    if (s.client != NULL)
        client_close(s.client);
    listmonk_close(s.listmonk);
    free(s.program);
    buf_free(&s.answer);
    return rc;
}

static const struct config_flag sync_flags[] = {
    {"url", "URL", "of the service"},
    {"token-file", "FILE",
     "a token or an API key with the scope changes:read; for listmonk consent:check and subject:read too"},
    {"ca-file", "FILE", "the authorities to believe; the system's by default"},
    {"state", "FILE", "how far it is, so that it goes on there"},
    {"purpose", "KEY", "only of this one; of listmonk's list: what it is for"},
    {"once", NULL, "until there is nothing more, and not for ever"},
    {"listmonk-url", "URL", "of listmonk"},
    {"listmonk-token-file", "FILE", "its API user and token: user:token"},
    {"list", "NUMBER", "of listmonk's list"},
    {0}};

const struct command sync_command = {
    "sync",     "TARGET",           "keeps another tool's list in step: listmonk, or command -- PROGRAM...",
    sync_flags, command_no_options, sync_command_run};
