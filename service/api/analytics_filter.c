/* SPDX-License-Identifier: Apache-2.0 */
#include "api/batch.h"
#include "api/handlers.h"
#include "api/mask_fault.h"
#include "base/limits.h"
#include "wire/pointer.h"

#include <string.h>

/* POST /v1/analytics/filter: the consent gate of an analytics pipeline. Its own events come in, a line each;
 * those whose visitor may be counted go out, masked. */

#define VISITOR_DEFAULT "/visitor"

struct filter_call {
    struct batch batch;
    const char *purpose_key;
    const struct purpose *purpose; /* under the policy of this attempt */
    struct pointer visitor;
    bool counts_refused;
    struct pointer_list keep; /* of those */
    struct mask_json mask;
    struct buf masked; /* a line */
    struct buf subject;
};

static struct filter_call *filter_of(struct batch *b)
{
    return list_entry(b, struct filter_call, batch);
}

/* ---- read ---- */

/* The member as a check would have it: a text is a visitor's code, anything else must be a subject. */
static void subject_write(struct buf *out, const char *value, size_t len)
{
    bool is_code = value[0] == '"';
    buf_clear(out);
    buf_text(out, is_code ? "{\"subject\":{\"type\":\"visitor\",\"value\":" : "{\"subject\":");
    buf_append(out, value, len);
    buf_text(out, is_code ? "}}" : "}");
}

static void visitor_ask(struct batch *b, struct line *l, const char *value, size_t len)
{
    struct filter_call *f = filter_of(b);
    struct person person = {0};
    struct reader r;
    subject_write(&f->subject, value, len);
    reader_open(&r, f->subject.data, f->subject.len);
    struct node root = reader_root(&r);
    if (node_present(&root))
        person_read(&root, b->attempt.controller, &person);
    enum error e = buf_failed(&f->subject) ? ERROR_OVERLOADED : reader_error(&r);
    reader_close(&r);
    if (e == ERROR_NONE)
        batch_ask(b, l, &person);
    else if (error_status(e) >= 500)
        batch_fail(b, e);
    else
        line_fail(l, ERROR_INVALID, "The member that names the visitor is a code (a text) or a subject.",
                  NULL);
}

/* An event of nobody is what an event of somebody unknown is: a tag that no key makes stands for both. */
static void nobody_ask(struct batch *b, struct line *l)
{
    struct person nobody = {.count = 1, .rotating = b->attempt.controller->old_tagger != NULL};
    batch_ask(b, l, &nobody);
}

static void event_read(struct batch *b, struct line *l)
{
    struct filter_call *f = filter_of(b);
    const char *value;
    size_t len;
    l->purpose = f->purpose;
    l->entity = ENTITY_ANY;
    if (!pointer_find(&f->visitor, l->text.bytes, l->text.len, &value, &len) ||
        (len == 4 && memcmp(value, "null", 4) == 0))
        nobody_ask(b, l);
    else
        visitor_ask(b, l, value, len);
}

/* ---- write ---- */

/* Statistics that nobody is recognised in need no consent; an objection, a restriction and a child's
 * protection stand all the same. */
static bool may_be_counted(const struct filter_call *f, const struct verdict *v)
{
    switch (v->reason) {
    case REASON_RETIRED:
    case REASON_SUPPRESSED:
    case REASON_RESTRICTED:
    case REASON_OBJECTED:
    case REASON_GUARDIAN_REQUIRED:
        return false;
    default:
        return f->counts_refused && !v->minor;
    }
}

/* The line into ${f->masked}. Returns false when it is bad. */
static bool event_mask(struct filter_call *f, struct line *l)
{
    buf_clear(&f->masked);
    char *room = buf_extend(&f->masked, mask_room(l->text.len));
    if (room == NULL) {
        f->batch.out.failed = true;
        return true;
    }
    enum mask_json_fault fault = mask_json(&f->mask, l->text.bytes, l->text.len, room, &f->masked.len);
    if (fault == MASK_JSON_OK)
        return true;
    line_fail(l, mask_fault_error(fault), mask_json_fault_text(fault), NULL);
    return false;
}

static void event_write(struct batch *b, struct line *l)
{
    struct filter_call *f = filter_of(b);
    if (l->purpose == NULL || !event_mask(f, l)) {
        batch_write_fault(b, l);
        return;
    }
    b->verdicts[l->verdict.reason]++;
    if (l->has_verdict && reason_allows(l->verdict.reason))
        buf_append(&b->out, f->masked.data, f->masked.len);
    else if (l->has_verdict && may_be_counted(f, &l->verdict))
        pointers_keep(&f->keep, f->masked.data, f->masked.len, &b->out);
    else
        return;
    buf_byte(&b->out, '\n');
}

/* ---- the call ---- */

/* Returns what is wrong with the query, or NULL. */
static const char *query_read(struct call *call, struct filter_call *f)
{
    static const char *const allowed[] = {"purpose", "visitor", "refused", "keep", NULL};
    if (call_query_only(call, allowed) != 0)
        return "The query takes purpose, visitor, refused and keep, each once.";
    const char *visitor = call_query(call, "visitor"), *refused = call_query(call, "refused"),
               *keep = call_query(call, "keep");
    f->purpose_key = call_query(call, "purpose");
    f->counts_refused = refused != NULL && strcmp(refused, "count") == 0;
    visitor = visitor != NULL ? visitor : VISITOR_DEFAULT;
    if (f->purpose_key == NULL)
        return "The query names the purpose: purpose=analytics.";
    if (!pointer_parse(visitor, strlen(visitor), &f->visitor) || f->visitor.count == 0)
        return "visitor is a JSON pointer to a member, such as /user/id.";
    if (refused != NULL && !f->counts_refused && strcmp(refused, "drop") != 0)
        return "refused is drop or count.";
    if (f->counts_refused != (keep != NULL))
        return "keep, JSON pointers with a comma between them, goes with refused=count.";
    if (keep != NULL && !pointer_list_parse(keep, &f->keep))
        return "keep is a list of JSON pointers to members, with a comma between them: /event,/path.";
    for (size_t i = 0; i < f->keep.count; i++) {
        if (pointer_covers(&f->keep.pointers[i], &f->visitor) ||
            pointer_covers(&f->visitor, &f->keep.pointers[i]))
            return "keep must leave out the member that names the visitor.";
    }
    return NULL;
}

/* Called for each attempt: what the query asks for is judged by the policy in force. */
static const char *policy_take(struct batch *b, enum error *ret_error)
{
    struct filter_call *f = filter_of(b);
    const struct policy *policy = b->attempt.controller->policy;
    f->purpose = policy_purpose(policy, f->purpose_key);
    f->mask.prefixes = policy->mask;
    *ret_error = ERROR_INVALID;
    if (f->purpose == NULL) {
        *ret_error = ERROR_UNKNOWN_PURPOSE;
        return "The policy has no purpose of that key.";
    }
    if (f->counts_refused && !f->purpose->anonymous_statistics)
        return "Without consent only what is of cookie class statistics_anonymous may be counted; this "
               "purpose has other "
               "cookies, or none.";
    return NULL;
}

static void filter_dispose(struct batch *b)
{
    struct filter_call *f = filter_of(b);
    buf_free(&f->masked);
    buf_free(&f->subject);
}

void handle_analytics_filter(struct call *call)
{
    static const struct batch_kind kind = {.line_bytes_max = EVENT_LINE_BYTES_MAX,
                                           .too_long = "A line is at most 65536 bytes.",
                                           .begin = policy_take,
                                           .read = event_read,
                                           .write = event_write,
                                           .dispose = filter_dispose};
    struct filter_call *f = call_alloc(call, sizeof *f);
    const char *wrong = query_read(call, f);
    if (wrong != NULL) {
        call_problem(call, ERROR_INVALID, wrong, NULL);
        return;
    }
    buf_init(&f->masked, mask_room(EVENT_LINE_BYTES_MAX));
    buf_init(&f->subject, EVENT_LINE_BYTES_MAX + 64);
    batch_start(&f->batch, call, &kind);
}
