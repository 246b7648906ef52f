/* SPDX-License-Identifier: Apache-2.0 */
/* What is masked holds nothing that is found, is its own mask, and is what it was where nothing was found. */
#include "domain/personal.h"
#include "fuzz.h"

static const char *const countries[] = {"NL", "BE", "DE", "FR", "GB", "IT", "US", "AT"};
enum { COUNTRIES = sizeof countries / sizeof *countries };

/* A byte for the country, then the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char masked[PERSONAL_TEXT_MAX], again[PERSONAL_TEXT_MAX];
    if (size < 1 || size - 1 > PERSONAL_TEXT_MAX)
        return 0;
    const char *country = countries[data[0] % COUNTRIES], *text = (const char *)data + 1;
    size_t len = personal_mask(text, size - 1, country, masked);
    bool found = personal_find(text, size - 1, country) != PERSONAL_NONE;
    REQUIRE(len <= size - 1);
    REQUIRE(found == (len != size - 1 || memcmp(masked, text, len) != 0));
    REQUIRE(personal_find(masked, len, country) == PERSONAL_NONE);
    REQUIRE(personal_mask(masked, len, country, again) == len && memcmp(masked, again, len) == 0);
    return 0;
}
