/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <criterion/criterion.h>
#include <string.h>

/* What a client may rely on: a word it can compare and the status that comes with it. */
static const struct {
    enum error code;
    int status;
    const char *word;
} promised[] = {
    {ERROR_NOT_JSON, 400, "not-json"},
    {ERROR_INVALID_TOKEN, 401, "invalid-token"},
    {ERROR_INSUFFICIENT_SCOPE, 403, "insufficient-scope"},
    {ERROR_NOT_FOUND, 404, "not-found"},
    {ERROR_METHOD_NOT_ALLOWED, 405, "method-not-allowed"},
    {ERROR_CONFLICT, 409, "conflict"},
    {ERROR_IN_PROGRESS, 409, "in-progress"},
    {ERROR_GONE, 410, "gone"},
    {ERROR_PRECONDITION_FAILED, 412, "precondition-failed"},
    {ERROR_TOO_LARGE, 413, "too-large"},
    {ERROR_UNSUPPORTED_MEDIA_TYPE, 415, "unsupported-media-type"},
    {ERROR_INVALID, 422, "invalid"},
    {ERROR_UNKNOWN_PURPOSE, 422, "unknown-purpose"},
    {ERROR_UNKNOWN_NOTICE, 422, "unknown-notice"},
    {ERROR_EVENT_IN_FUTURE, 422, "event-in-future"},
    {ERROR_NOT_WITHDRAWABLE, 422, "not-withdrawable"},
    {ERROR_KEY_REUSED, 422, "key-reused"},
    {ERROR_TOO_MANY_REQUESTS, 429, "too-many-requests"},
    {ERROR_OVERLOADED, 503, "overloaded"},
    {ERROR_UNAVAILABLE, 503, "unavailable"},
    {ERROR_OUTCOME_UNKNOWN, 504, "outcome-unknown"},
};

Test(error, each_has_the_word_and_status_of_the_contract)
{
    for (size_t i = 0; i < sizeof promised / sizeof *promised; i++) {
        cr_expect_eq(error_status(promised[i].code), promised[i].status, "%s", promised[i].word);
        cr_expect_str_eq(error_word(promised[i].code), promised[i].word);
    }
}

Test(error, none_is_no_failure)
{
    cr_expect_eq(ERROR_NONE, 0);
    cr_expect_eq(error_status(ERROR_NONE), 200);
}

Test(error, every_other_is_a_failure_of_the_client_or_of_the_service)
{
    for (enum error e = ERROR_NONE + 1; e < ERROR_COUNT; e++)
        cr_expect(error_status(e) >= 400 && error_status(e) <= 599, "%s: %d", error_word(e), error_status(e));
}

Test(error, no_two_have_one_word)
{
    for (enum error a = 0; a < ERROR_COUNT; a++) {
        for (enum error b = 0; b < a; b++)
            cr_expect_str_neq(error_word(a), error_word(b));
    }
}

/* The word ends a URN (RFC 8141): lower-case letters with hyphens inside. */
Test(error, each_word_can_end_a_urn)
{
    for (enum error e = 0; e < ERROR_COUNT; e++) {
        const char *word = error_word(e);
        size_t len = strlen(word);
        cr_expect_gt(len, 0);
        cr_expect_eq(strspn(word, "abcdefghijklmnopqrstuvwxyz-"), len, "%s", word);
        cr_expect(word[0] != '-' && word[len - 1] != '-', "%s", word);
    }
}

Test(error, each_title_is_a_line_of_its_own_that_takes_nothing_in)
{
    for (enum error e = 0; e < ERROR_COUNT; e++) {
        cr_expect_gt(strlen(error_title(e)), 5, "%s", error_word(e));
        cr_expect_null(strpbrk(error_title(e), "%\n\r\t\""), "%s", error_title(e));
        for (enum error other = 0; other < e; other++)
            cr_expect_str_neq(error_title(e), error_title(other));
    }
}
