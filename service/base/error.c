/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <assert.h>

struct error_row {
    int status;
    const char *word;
    const char *title;
};

#define ERROR_ROW(code, status, word, title) [code] = {status, word, title},
static const struct error_row rows[ERROR_COUNT] = {ERRORS(ERROR_ROW)};
#undef ERROR_ROW

int error_status(enum error e)
{
    assert(e < ERROR_COUNT);
    return rows[e].status;
}

const char *error_word(enum error e)
{
    assert(e < ERROR_COUNT);
    return rows[e].word;
}

const char *error_title(enum error e)
{
    assert(e < ERROR_COUNT);
    return rows[e].title;
}
