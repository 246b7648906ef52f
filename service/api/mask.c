/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "api/mask_fault.h"
#include "base/limits.h"
#include "http/attempt.h"
#include "wire/problem.h"

#include <stdlib.h>
#include <string.h>

/* POST /v1/mask: the masking filter over HTTP, with the code of `akkoord mask`. What the query does not say
 * the policy in force does. */

/* Where there is no policy yet, as one that does not say. */
static struct mask_prefixes policy_prefixes(const struct attempt *attempt)
{
    const struct mask_prefixes unsaid = {MASK_IPV4_DEFAULT, MASK_IPV6_DEFAULT};
    return attempt->controller != NULL ? attempt->controller->policy->mask : unsaid;
}

/* What the query asks for. */
struct masking {
    struct mask_prefixes prefixes;
    bool bad_lines_masked, bad_lines_given;
};

static int masking_read(struct call *call, struct masking *ret_masking)
{
    static const char *const allowed[] = {"ipv4_prefix", "ipv6_prefix", "bad_lines", NULL};
    struct mask_prefixes unsaid = policy_prefixes(call->state);
    int64_t ipv4, ipv6;
    if (call_query_only(call, allowed) != 0 ||
        call_query_int(call, "ipv4_prefix", unsaid.ipv4, 0, 32, &ipv4) != 0 ||
        call_query_int(call, "ipv6_prefix", unsaid.ipv6, 0, 128, &ipv6) != 0)
        return -1;
    const char *bad_lines = call_query(call, "bad_lines");
    bool masked = bad_lines != NULL && strcmp(bad_lines, "mask") == 0;
    if (bad_lines != NULL && !masked && strcmp(bad_lines, "drop") != 0)
        return -1;
    *ret_masking = (struct masking){.prefixes = {(uint8_t)ipv4, (uint8_t)ipv6},
                                    .bad_lines_masked = masked,
                                    .bad_lines_given = bad_lines != NULL};
    return 0;
}

static bool type_is(h2o_iovec_t type, const char *wanted)
{
    size_t len = strlen(wanted);
    return type.len >= len && strncasecmp(type.base, wanted, len) == 0;
}

static void text_mask(h2o_iovec_t body, struct mask_prefixes prefixes, struct buf *out)
{
    char *room = buf_extend(out, mask_room(body.len));
    if (room != NULL)
        out->len = mask_text(body.base, body.len, prefixes, room);
}

static void json_fault(struct call *call, const struct mask_json *j, enum mask_json_fault fault)
{
    char detail[160];
    snprintf(detail, sizeof detail, "At byte %zu: %s.", j->fault_at, mask_json_fault_text(fault));
    call_problem(call, mask_fault_error(fault), detail, NULL);
}

/* Writes why a line is none. */
static void line_fault_write(uint64_t number, enum mask_json_fault fault, struct buf *out)
{
    struct writer w = writer_of(out);
    writer_object_begin(&w, NULL);
    writer_int(&w, "line", (int64_t)number);
    problem_value(&w, "error", mask_fault_error(fault), mask_json_fault_text(fault), NULL);
    writer_object_end(&w);
}

/* Appends the masked line, or what stands in its place. Returns whether it could be read. */
static bool line_mask(struct mask_json *j, const char *line, size_t len, uint64_t number, bool bad_masked,
                      struct buf *out)
{
    size_t before = out->len, masked = 0;
    char *room = buf_extend(out, mask_room(len));
    if (room == NULL)
        return true;
    enum mask_json_fault fault = mask_json(j, line, len, room, &masked);
    if (fault != MASK_JSON_OK)
        masked = bad_masked ? mask_json_as_text(j, line, len, room) : 0;
    out->len = before + masked;
    if (fault != MASK_JSON_OK && !bad_masked)
        line_fault_write(number, fault, out);
    buf_byte(out, '\n');
    return fault == MASK_JSON_OK;
}

/* Tells how many lines could not be read. */
static void lines_mask(struct call *call, struct mask_json *j, h2o_iovec_t body, bool bad_masked,
                       struct buf *out)
{
    struct mask_lines lines = {.at = body.base, .end = body.base + body.len};
    const char *line;
    size_t len, bad = 0;
    char count[24];
    while (mask_lines_next(&lines, &line, &len)) {
        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
            len--;
        bad += !line_mask(j, line, len, lines.number, bad_masked, out);
        if (!call_hold(call, out->len)) {
            out->failed = true;
            return;
        }
    }
    snprintf(count, sizeof count, "%zu", bad);
    call_set_header(call, "akkoord-bad-lines", count);
}

static void ndjson_answer(struct call *call, struct mask_json *j, h2o_iovec_t body, bool bad_masked)
{
    struct buf out;
    buf_init(&out, BATCH_ANSWER_BYTES_MAX);
    lines_mask(call, j, body, bad_masked, &out);
    if (buf_failed(&out))
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
    else
        call_answer_buf(call, 200, "application/x-ndjson", &out);
    buf_free(&out);
}

static void text_answer(struct call *call, h2o_iovec_t body, struct mask_prefixes prefixes)
{
    struct buf out;
    buf_init(&out, BATCH_ANSWER_BYTES_MAX);
    text_mask(body, prefixes, &out);
    if (buf_failed(&out))
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
    else
        call_answer_buf(call, 200, "text/plain; charset=utf-8", &out);
    buf_free(&out);
}

static void json_answer(struct call *call, struct mask_json *j, h2o_iovec_t body)
{
    struct buf out;
    buf_init(&out, BATCH_ANSWER_BYTES_MAX);
    char *room = buf_extend(&out, mask_room(body.len));
    enum mask_json_fault fault = MASK_JSON_OK;
    if (room != NULL)
        fault = mask_json(j, body.base, body.len, room, &out.len);
    if (buf_failed(&out))
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
    else if (fault != MASK_JSON_OK)
        json_fault(call, j, fault);
    else
        call_answer_buf(call, 200, "application/json", &out);
    buf_free(&out);
}

static void mask_begin(struct call *call)
{
    struct masking m;
    if (call->req == NULL) {
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }

    /* what is asked */
    h2o_iovec_t body = call_body(call), type = call_header(call, "content-type");
    bool ndjson = type_is(type, "application/x-ndjson");
    if (masking_read(call, &m) != 0 || (m.bad_lines_given && !ndjson)) {
        call_problem(call, ERROR_INVALID,
                     "The query takes ipv4_prefix=0..32, ipv6_prefix=0..128 and, with "
                     "application/x-ndjson, bad_lines=drop or mask, each once.",
                     NULL);
        return;
    }

    /* a body that there is room for, in bytes that can be read */
    if (!call_hold(call, body.len)) { /* as long as its answer, but for a few bytes */
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    if (mask_wide_seen(&(struct mask_wide){0}, body.base, body.len)) {
        call_problem(call, ERROR_UNSUPPORTED_MEDIA_TYPE,
                     "The body is UTF-16 or UTF-32, in which no address is found; send UTF-8.", NULL);
        return;
    }

    /* text, lines of JSON, or one document of it */
    if (type_is(type, "text/plain")) {
        text_answer(call, body, m.prefixes);
        return;
    }
    struct mask_json *j = call_alloc(call, sizeof *j);
    j->prefixes = m.prefixes;
    if (ndjson)
        ndjson_answer(call, j, body, m.bad_lines_masked);
    else
        json_answer(call, j, body);
}

static void mask_dispose(void *state)
{
    attempt_end(state);
}

static bool mask_abandon(struct call *call)
{
    attempt_abandon(call->state);
    return true;
}

void handle_mask(struct call *call)
{
    struct attempt *attempt = call_alloc(call, sizeof *attempt);
    call->state = attempt;
    call->dispose = mask_dispose;
    call->abandon = mask_abandon;
    attempt_admit(attempt, call, mask_begin);
}
