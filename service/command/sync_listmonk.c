/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/limits.h"
#include "command/sync.h"
#include "domain/subject_id.h"
#include "wire/ndjson.h"
#include "wire/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The target `listmonk`, by its documented API: GET /api/subscribers, PUT /api/subscribers/lists. Whoever is
 * on the list and may not be mailed is unsubscribed from it. Nobody is put on: who unsubscribed at listmonk
 * itself stays off.
 *
 * (1) Who is on the list is known by subject_id, in memory alone: what the last look at the whole list found.
 * (2) Of each change those are checked again, by their address, whom it touches; and where somebody may not
 *     be mailed any more, the list is looked at again, since who was put on it meanwhile is not known yet.
 * (3) A look checks who is new, by number and address, and who belongs to no person that is known; everybody
 *     only where a change may have touched everybody: each check counts against AKKOORD_CLIENT_LIMIT. */

enum {
    LIST_PAGE = 1000,
    LIST_READS =
        3, /* of a list that shrinks while it is read: what it hides from all is left to the next look */
    NUMBER_TEXT = 24,
    PATH_TEXT = 64,
    LINES_MAX = 8 * 1024 * 1024,
    LIST_ANSWER_MAX = 64 * 1024 * 1024
};

struct listed {
    char subject[SUBJECT_ID_TEXT + 1]; /* "": nobody knows the address, or not yet */
    int64_t id;                        /* listmonk's */
    size_t email;                      /* in ${emails} */
    bool off;                          /* was taken off: if they are there again, they are new */
};

struct roll {
    struct listed *people;
    size_t count, capacity;
    struct buf emails;
};

struct listmonk {
    int64_t list;
    struct client *client;
    struct roll known;
    bool sorted;        /* ${known}, by subject: what the last look found */
    bool whole;         /* the next look checks everybody */
    struct buf answer;  /* listmonk's */
    struct buf lines;   /* of a check */
    struct listed **of; /* whose line each is */
    size_t line_count;
};

static const char *list_path(struct listmonk *l)
{
    char path[PATH_TEXT];
    snprintf(path, sizeof path, "/api/lists/%lld", (long long)l->list);
    return client_path(l->client, path, (const char *[]){NULL});
}

/* Of a list that is not there, or that we may not see, listmonk would tell that nobody is on it. */
const char *listmonk_open(struct sync *s)
{
    struct listmonk *l = s->listmonk = calloc(1, sizeof *l);
    const char *fault = "out of memory";
    if (l == NULL)
        return fault;
    l->list = s->listmonk_options.list;
    buf_init(&l->known.emails, SYNC_ANSWER_MAX);
    buf_init(&l->answer, LIST_ANSWER_MAX);
    buf_init(&l->lines, LINES_MAX);
    l->of = calloc(LIST_PAGE, sizeof(struct listed *));
    l->client = l->of != NULL ? client_open(&s->listmonk_options.client, &fault) : NULL;
    if (l->client == NULL)
        return fault;
    fault = list_path(l);
    fault = fault != NULL ? fault : client_get(l->client, &l->answer);
    return fault != NULL ? sync_fault(s, "--list", fault) : NULL;
}

static void roll_free(struct roll *r)
{
    buf_free(&r->emails);
    free(r->people);
    *r = (struct roll){0};
}

void listmonk_close(struct listmonk *l)
{
    if (l == NULL)
        return;
    if (l->client != NULL)
        client_close(l->client);
    roll_free(&l->known);
    buf_free(&l->answer);
    buf_free(&l->lines);
    free(l->of);
    free(l);
}

/* ---- checked, and taken off ---- */

struct denied {
    struct buf ids;
    int64_t count;
};

static const char *unsubscribe(struct sync *s, const struct denied *denied)
{
    struct listmonk *l = s->listmonk;
    struct buf body;
    buf_init(&body, LINES_MAX);
    buf_printf(&body, "{\"ids\":[%.*s],\"action\":\"unsubscribe\",\"target_list_ids\":[%lld]}",
               (int)denied->ids.len, denied->ids.data, (long long)l->list);
    const char *fault = buf_failed(&body) || buf_failed(&denied->ids) ? "out of memory" : NULL;
    fault = fault != NULL ? fault : client_path(l->client, "/api/subscribers/lists", (const char *[]){NULL});
    fault = fault != NULL ? fault : client_put(l->client, body.data, body.len, &l->answer);
    buf_free(&body);
    if (fault == NULL)
        s->changed += denied->count;
    return fault;
}

static void deny(struct listed *of, struct denied *denied)
{
    buf_printf(&denied->ids, "%s%lld", denied->count++ > 0 ? "," : "", (long long)of->id);
    of->off = true;
}

/* What the service says of a line it refuses. An address that cannot be read is nobody's who agreed; any
 * other question that is refused says nothing of who is asked for. */
static const char *refusal_take(struct sync *s, const struct node *root, struct listed *of,
                                struct denied *denied)
{
    static const char place[] = "/subject";
    struct node error = node_member(root, "error"), title = node_member(&error, "title"),
                errors = node_optional(&error, "errors"), first = {0}, pointer = {0};
    if (node_is_array(&errors))
        first = node_at(&errors, 0);
    if (node_is_object(&first))
        pointer = node_optional(&first, "pointer");
    const char *told = node_present(&pointer) ? node_string(&pointer, 0, SIZE_MAX, NULL) : "";
    if (strncmp(told, place, sizeof place - 1) != 0)
        return sync_fault(s, "the service does not say who may be mailed",
                          node_string(&title, 0, SIZE_MAX, NULL));
    deny(of, denied);
    return NULL;
}

static const char *verdict_take(struct sync *s, const struct node *root, size_t place, struct denied *denied)
{
    struct listmonk *l = s->listmonk;
    struct listed *of = l->of[place];
    struct node number = node_member(root, "line"), allow = {0}, subject = {0};
    if (node_is_object(root)) {
        allow = node_optional(root, "allow");
        subject = node_optional(root, "subject_id");
    }
    if (node_int(&number, 1, LIST_PAGE) != (int64_t)place + 1)
        return SYNC_NOT_UNDERSTOOD;
    if (!node_present(&allow))
        return refusal_take(s, root, of, denied);
    if (!node_bool(&allow))
        deny(of, denied);
    if (node_kind(&subject) != NODE_STRING)
        return NULL;
    const char *id = node_string(&subject, 1, SUBJECT_ID_TEXT, NULL);
    if (l->sorted && strcmp(of->subject, id) != 0)
        s->state.lists = l->whole = true; /* the address has become another person's */
    snprintf(of->subject, sizeof of->subject, "%s", id);
    return NULL;
}

static const char *verdicts_take(struct sync *s, struct denied *denied)
{
    struct ndjson lines = ndjson_of(s->answer.data, s->answer.len, LIST_PAGE + 1, BATCH_LINE_BYTES_MAX);
    struct ndjson_line line;
    size_t place = 0;
    const char *fault = NULL;
    while (fault == NULL && place < s->listmonk->line_count && ndjson_next(&lines, &line) == NDJSON_LINE) {
        struct reader r;
        reader_open(&r, line.bytes, line.len);
        struct node root = reader_root(&r);
        fault = verdict_take(s, &root, place++, denied);
        if (fault == NULL && !reader_ok(&r))
            fault = SYNC_NOT_UNDERSTOOD;
        reader_close(&r);
    }
    return fault != NULL || place == s->listmonk->line_count ? fault : "the answer was cut off";
}

/* Checks those whose lines are gathered, and takes off who is denied. */
static const char *lines_check(struct sync *s)
{
    struct listmonk *l = s->listmonk;
    struct denied denied = {0};
    if (l->line_count == 0)
        return NULL;
    buf_init(&denied.ids, LINES_MAX);
    const char *fault = buf_failed(&l->lines) ? "out of memory" : NULL;
    /* whose they are is a look-up, which is recorded and may need a reason */
    const char *const parameters[] = {"with", "subject_id", "reason", "akkoord sync keeps a list in step",
                                      NULL};
    fault = fault != NULL ? fault : client_path(s->client, "/v1/check/batch", parameters);
    fault = fault != NULL ? fault : client_post(s->client, l->lines.data, l->lines.len, &s->answer);
    fault = fault != NULL ? fault : verdicts_take(s, &denied);
    if (fault == NULL && denied.count > 0)
        fault = unsubscribe(s, &denied);
    buf_free(&denied.ids);
    buf_clear(&l->lines);
    l->line_count = 0;
    return fault;
}

static const char *line_add(struct sync *s, struct listed *of)
{
    struct listmonk *l = s->listmonk;
    struct writer w = writer_of(&l->lines);
    writer_object_begin(&w, NULL);
    writer_object_begin(&w, "subject");
    writer_text(&w, "type", "email");
    writer_text(&w, "value", l->known.emails.data + of->email);
    writer_object_end(&w);
    writer_text(&w, "purpose", s->purpose);
    writer_object_end(&w);
    buf_byte(&l->lines, '\n');
    l->of[l->line_count++] = of;
    return l->line_count == LIST_PAGE ? lines_check(s) : NULL;
}

/* ---- the list, read ---- */

/* Whether listmonk would mail them: it leaves out who is blocklisted, and who unsubscribed from this list. */
static bool is_mailed(const struct listmonk *l, const struct node *subscriber)
{
    struct node status = node_member(subscriber, "status"), lists = node_member(subscriber, "lists");
    size_t count = node_elements(&lists, 0, SIZE_MAX);
    if (strcmp(node_string(&status, 1, SIZE_MAX, NULL), "blocklisted") == 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct node one = node_at(&lists, i), id = node_member(&one, "id"),
                    subscription = node_member(&one, "subscription_status");
        if (node_int(&id, 0, INT64_MAX) == l->list)
            return strcmp(node_string(&subscription, 0, SIZE_MAX, NULL), "unsubscribed") != 0;
    }
    return false;
}

static bool known_add(struct roll *known, const struct node *subscriber)
{
    struct node id = node_member(subscriber, "id"), email = node_member(subscriber, "email");
    size_t len;
    const char *text = node_string(&email, 1, SIZE_MAX, &len);
    if (known->count == known->capacity) {
        size_t capacity = known->capacity == 0 ? LIST_PAGE : 2 * known->capacity;
        struct listed *more = reallocarray(known->people, capacity, sizeof *more);
        if (more == NULL)
            return false;
        known->people = more;
        known->capacity = capacity;
    }
    known->people[known->count++] =
        (struct listed){.id = node_int(&id, 1, INT64_MAX), .email = known->emails.len};
    buf_append(&known->emails, text, len + 1);
    return !buf_failed(&known->emails);
}

/* In the order of listmonk's numbers, which is its own where none is asked for by a name: what else it
 * sorts by may be the same for many, who are then on two pages or on none. */
static const char *page_ask(struct listmonk *l, int number)
{
    char list[NUMBER_TEXT], page[NUMBER_TEXT], per_page[NUMBER_TEXT];
    snprintf(list, sizeof list, "%lld", (long long)l->list);
    snprintf(page, sizeof page, "%d", number);
    snprintf(per_page, sizeof per_page, "%d", LIST_PAGE);
    const char *const parameters[] = {"list_id", list,    "page", page, "per_page",
                                      per_page,  "order", "asc",  NULL};
    const char *fault = client_path(l->client, "/api/subscribers", parameters);
    return fault != NULL ? fault : client_get(l->client, &l->answer);
}

/* ${ret_count}: how many are on the page, mailed or not. ${ret_total}: on the list. */
static const char *page_read(struct listmonk *l, int number, size_t *ret_count, int64_t *ret_total)
{
    const char *fault = page_ask(l, number);
    if (fault != NULL)
        return fault;
    struct reader r;
    reader_open(&r, l->answer.data, l->answer.len);
    struct node root = reader_root(&r), data = node_member(&root, "data"),
                results = node_member(&data, "results"), total = node_member(&data, "total");
    size_t count = node_elements(&results, 0, SIZE_MAX);
    for (size_t i = 0; i < count && fault == NULL; i++) {
        struct node one = node_at(&results, i);
        if (is_mailed(l, &one) && !known_add(&l->known, &one))
            fault = "out of memory";
    }
    *ret_count = count;
    *ret_total = node_int(&total, 0, INT64_MAX);
    if (fault == NULL && !reader_ok(&r))
        fault = "listmonk answers what is not understood";
    reader_close(&r);
    return fault;
}

/* A page begins behind so many people, so where one of those before was deleted meanwhile it begins too late.
 * ${ret_steady}: nobody was, so far as the totals tell. */
static const char *list_read(struct listmonk *l, bool *ret_steady)
{
    int64_t seen = 0, total = 0;
    size_t count = 1;
    const char *fault = NULL;
    l->known.count = 0;
    buf_clear(&l->known.emails);
    *ret_steady = true;
    for (int page = 1; count > 0 && fault == NULL; page++) {
        int64_t now = 0;
        fault = page_read(l, page, &count, &now);
        if (count == 0)
            break;
        *ret_steady = *ret_steady && now >= total;
        total = now;
        seen += (int64_t)count;
    }
    *ret_steady = *ret_steady && seen == total;
    return fault;
}

/* ---- looked at ---- */

static int by_subject(const void *a, const void *b)
{
    return strcmp(((const struct listed *)a)->subject, ((const struct listed *)b)->subject);
}

static int by_id(const void *a, const void *b)
{
    int64_t one = ((const struct listed *)a)->id, other = ((const struct listed *)b)->id;
    return (one > other) - (one < other);
}

static void roll_sort(struct roll *r, int (*order)(const void *, const void *))
{
    if (r->count > 0)
        qsort(r->people, r->count, sizeof *r->people, order);
}

/* Takes over whose address it is from ${before}, which is sorted by id. False: to be checked. */
static bool is_checked(struct listmonk *l, const struct roll *before, struct listed *of)
{
    const struct listed *found =
        before->count > 0 ? bsearch(of, before->people, before->count, sizeof *of, by_id) : NULL;
    if (found == NULL || found->off || found->subject[0] == '\0' ||
        strcmp(before->emails.data + found->email, l->known.emails.data + of->email) != 0)
        return false;
    memcpy(of->subject, found->subject, sizeof of->subject);
    return true;
}

static const char *new_check(struct sync *s, struct roll *before)
{
    struct listmonk *l = s->listmonk;
    const char *fault = NULL;
    if (l->whole)
        before->count = 0;
    roll_sort(before, by_id);
    l->whole = false;
    for (size_t i = 0; i < l->known.count && fault == NULL; i++) {
        if (!is_checked(l, before, &l->known.people[i]))
            fault = line_add(s, &l->known.people[i]);
    }
    return fault != NULL ? fault : lines_check(s);
}

static const char *listmonk_all(struct sync *s)
{
    struct listmonk *l = s->listmonk;
    struct roll before = l->known;
    const char *fault = NULL;
    l->known = (struct roll){0};
    buf_init(&l->known.emails, SYNC_ANSWER_MAX);
    l->sorted = false;
    bool steady = false;
    for (int reads = 0; reads < LIST_READS && !steady && fault == NULL; reads++)
        fault = list_read(l, &steady);
    fault = fault != NULL ? fault : new_check(s, &before);
    roll_sort(&l->known, by_subject);
    l->sorted = fault == NULL;
    roll_free(&before);
    return fault;
}

/* ---- a change ---- */

/* Has whoever is that person checked. Returns whether anybody is. */
static bool subject_check(struct sync *s, const struct node *subject, const char **fault)
{
    struct listmonk *l = s->listmonk;
    struct listed key = {0}, *people = l->known.people;
    size_t count = l->sorted ? l->known.count : 0;
    snprintf(key.subject, sizeof key.subject, "%s", node_string(subject, 1, SUBJECT_ID_TEXT, NULL));
    struct listed *found = count > 0 ? bsearch(&key, people, count, sizeof *people, by_subject) : NULL;
    if (found == NULL)
        return false;
    while (found > people && strcmp(found[-1].subject, key.subject) == 0)
        found--;
    for (; found < people + count && strcmp(found->subject, key.subject) == 0 && *fault == NULL; found++) {
        if (!found->off)
            *fault = line_add(s, found);
    }
    return true;
}

static const char *change_take(struct sync *s, const struct node *change)
{
    const char *fault = NULL;
    struct node subject = node_member(change, "subject_id"), reason = node_member(change, "reason"),
                recheck = node_member(change, "recheck"), many = node_optional(change, "many"),
                allow = node_member(change, "allow");
    bool known = true;
    subject_check(s, &subject, &fault);
    size_t count = node_elements(&recheck, 0, SIZE_MAX);
    for (size_t i = 0; i < count && fault == NULL; i++) {
        struct node one = node_at(&recheck, i);
        known = subject_check(s, &one, &fault) && known;
    }
    if (node_present(&many) || node_kind(&reason) != NODE_STRING)
        s->listmonk->whole = s->state.lists = true;
    if (!node_bool(&allow) || !known)
        s->state.lists = true; /* (2) */
    return fault;
}

static const char *listmonk_page(struct sync *s, const struct node *page)
{
    struct listmonk *l = s->listmonk;
    const char *fault = NULL;
    struct node changes = node_member(page, "changes"), policy = node_member(page, "policy"),
                changed = node_member(&policy, "changed");
    size_t count = node_elements(&changes, 0, SIZE_MAX);
    if (node_bool(&changed) || (count > 0 && !l->sorted))
        l->whole = s->state.lists = true; /* the policy is another one, or it was just started */
    for (size_t i = 0; i < count && fault == NULL; i++) {
        struct node one = node_at(&changes, i);
        fault = change_take(s, &one);
    }
    return fault != NULL ? fault : lines_check(s);
}

const struct sync_target sync_listmonk = {.all = listmonk_all, .page = listmonk_page};
