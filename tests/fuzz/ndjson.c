/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over lines gives what a plain split at newlines gives. */
#include "wire/ndjson.h"
#include "fuzz.h"

/* The line ${number} (from 1) as a plain split sees it, or false behind the last. */
static bool line_numbered(const char *text, size_t len, size_t number, const char **ret_line, size_t *ret_len)
{
    size_t start = 0;
    for (size_t n = 1; start < len; n++) {
        size_t end = start;
        while (end < len && text[end] != '\n')
            end++;
        if (n == number) {
            *ret_line = text + start;
            *ret_len = end - start - (end > start && text[end - 1] == '\r');
            return true;
        }
        start = end + 1;
    }
    return false;
}

static bool blank(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (line[i] != ' ' && line[i] != '\t')
            return false;
    return true;
}

/* Two bytes for the limits, then the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t lines_max = data[0] % 64 + 1u, line_max = data[1], len = size - 2, number = 0, bare_len = 0;
    const char *text = (const char *)data + 2, *bare = NULL;
    struct ndjson n = ndjson_of(text, len, lines_max, line_max);
    struct ndjson_line line;
    enum ndjson_step step;
    while ((step = ndjson_next(&n, &line)) == NDJSON_LINE || step == NDJSON_LONG) {
        do
            REQUIRE(line_numbered(text, len, ++number, &bare, &bare_len));
        while (blank(bare, bare_len));
        REQUIRE(line.number == number && line.bytes == bare && line.len == bare_len && number <= lines_max);
        REQUIRE((step == NDJSON_LONG) == (bare_len > line_max));
    }
    if (step == NDJSON_MANY) {
        REQUIRE(line_numbered(text, len, lines_max + 1, &bare, &bare_len));
        REQUIRE(ndjson_next(&n, &line) == NDJSON_MANY);
        return 0;
    }
    while (line_numbered(text, len, ++number, &bare, &bare_len))
        REQUIRE(number <= lines_max && blank(bare, bare_len));
    return 0;
}
