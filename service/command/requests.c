/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "command/officer.h"
#include "command/table.h"
#include "domain/moment.h"

#include <stdlib.h>
#include <string.h>

/* akkoord requests list|due: what people asked, and until when. */
enum { DUE_DAYS = 7, DAYS_MAX = 3650, REQUESTS_MAX = 100000 };

struct requests {
    struct officer officer;
    size_t count;
    char **lines; /* of JSON, a request each */
    const char *state, *kind, *reason;
    char due_before[MOMENT_TEXT + 1]; /* "": whenever */
};

/* ---- read ---- */

static bool request_keep(struct requests *r, const struct node *n)
{
    struct buf line;
    buf_init(&line, ANSWER_BYTES_MAX);
    node_dump(n, false, &line);
    buf_byte(&line, '\0');
    char **grown = buf_failed(&line) ? NULL : realloc(r->lines, (r->count + 1) * sizeof *grown);
    if (grown == NULL) {
        buf_free(&line);
        return false;
    }
    r->lines = grown;
    r->lines[r->count++] = line.data;
    return true;
}

/* A page behind ${after}. Returns the next one's; 0: it was the last; -1: it failed, and was told. */
static int64_t page_read(struct requests *r, int64_t after)
{
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)after);
    const char *const parameters[] = {
        "after",  number,    "limit", "1000",       "state",
        r->state, "kind",    r->kind, "due_before", r->due_before[0] != '\0' ? r->due_before : NULL,
        "reason", r->reason, NULL};
    if (!officer_ask(&r->officer, "/v1/rights-requests", parameters, NULL, "requests"))
        return -1;
    struct node root = officer_answer(&r->officer), list = node_optional(&root, "requests");
    size_t count = node_elements(&list, 0, REQUESTS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node n = node_at(&list, i);
        if (!request_keep(r, &n))
            return -command_failed("requests", "out of memory");
    }
    return OFFICER_NUMBER(&root, "next");
}

static bool requests_read(struct requests *r)
{
    int64_t after = 0;
    do {
        after = page_read(r, after);
    } while (after > 0);
    return after == 0;
}

/* ---- told ---- */

static void line_print(const char *line, struct table *t)
{
    struct reader reader;
    reader_open(&reader, line, strlen(line));
    struct node root = reader_root(&reader), overdue = node_optional(&root, "overdue");
    bool is_overdue = node_kind(&overdue) == NODE_BOOL && node_bool(&overdue);
    const char *due = OFFICER_TEXT(&root, "due_on"), *received = OFFICER_TEXT(&root, "received_at");
    char day[11];
    table_cell(t, due != NULL ? due : OFFICER_TEXT(&root, "due_at"));
    table_cell(t, is_overdue ? "overdue" : OFFICER_TEXT(&root, "state"));
    table_cell(t, OFFICER_TEXT(&root, "kind"));
    snprintf(day, sizeof day, "%s", received != NULL ? received : "-");
    table_cell(t, day);
    table_cell(t, OFFICER_TEXT(&root, "identity", "outcome"));
    table_cell(t, OFFICER_TEXT(&root, "subject_id"));
    table_cell(t, OFFICER_TEXT(&root, "request_id"));
    reader_close(&reader);
}

static int requests_print(const struct requests *r)
{
    static const char *const headings[] = {"DUE",      "STATE",   "KIND",    "RECEIVED",
                                           "IDENTITY", "SUBJECT", "REQUEST", NULL};
    struct table t;
    if (r->officer.json) {
        putchar('[');
        for (size_t i = 0; i < r->count; i++)
            printf("%s%s", i > 0 ? ",\n" : "", r->lines[i]);
        puts("]");
        return 0;
    }
    table_open(&t, headings);
    for (size_t i = 0; i < r->count; i++)
        line_print(r->lines[i], &t);
    int rc = table_print(&t, stdout) != 0 ? command_failed("requests", "out of memory") : 0;
    table_close(&t);
    return rc;
}

/* When it is due, as it stands in a line; "" for one whose clock stands. */
static const char *due_of(const char *line)
{
    static const char member[] = "\"due_at\":\"";
    const char *at = strstr(line, member);
    return at != NULL ? at + strlen(member) : "";
}

static int by_due(const void *a, const void *b)
{
    return strcmp(due_of(*(char *const *)a), due_of(*(char *const *)b));
}

/* ---- the command ---- */

static const char *days_read(const char *text, char due_before[MOMENT_TEXT + 1])
{
    char *end = NULL;
    long days = text != NULL ? strtol(text, &end, 10) : DUE_DAYS;
    if (text != NULL && (*text == '\0' || *end != '\0' || days < 0 || days > DAYS_MAX))
        return "--days is a number of days, 3650 at the most";
    moment_format(clock_wall() + days * 86400 * SECOND, due_before);
    return NULL;
}

static int requests_open(struct requests *r, const struct arguments *args)
{
    const char *verb = args->operand_count == 1 ? args->operands[0] : "",
               *days = arguments_flag(args, "days");
    bool is_due = strcmp(verb, "due") == 0;
    r->state = arguments_flag(args, "state");
    r->kind = arguments_flag(args, "kind");
    r->reason = arguments_flag(args, "reason");
    if (!is_due && strcmp(verb, "list") != 0)
        return command_misused("requests", "say list, or due");
    if (!is_due && days != NULL)
        return command_misused("requests", "--days goes with due");
    if (is_due && r->state != NULL)
        return command_misused("requests", "--state goes with list: what is due is open");
    const char *fault = is_due ? days_read(days, r->due_before) : NULL;
    return fault != NULL ? command_misused("requests", fault) : officer_open(&r->officer, "requests", args);
}

static int requests(const struct config *config, const struct arguments *args)
{
    (void)config;
    struct requests r = {0};
    int rc = requests_open(&r, args);
    if (rc == 0)
        rc = requests_read(&r) ? 0 : 1;
    if (rc == 0 && r.due_before[0] != '\0' && r.count > 1)
        qsort(r.lines, r.count, sizeof *r.lines, by_due);
    if (rc == 0)
        rc = requests_print(&r);
    for (size_t i = 0; i < r.count; i++)
        free(r.lines[i]);
    free(r.lines);
    officer_close(&r.officer);
    return rc;
}

static const struct config_flag requests_flags[] = {
    OFFICER_FLAGS,
    {"state", "open|paused|done|refused", "list: those alone"},
    {"kind", "KIND",
     "those alone: access, portability, rectification, erasure, restriction, objection, withdrawal, "
     "human_review"},
    {"reason", "TEXT", "why, in words; kept with who looked"},
    {"days", "N", "due: within so many days; 7 by default. What is overdue is always there"},
    {0}};

const struct command requests_command = {
    "requests",
    "list|due",
    "what people asked of the controller, and until when; due: first what is due first",
    requests_flags,
    command_no_options,
    requests};
