/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the lines of numbers.js, and says which of them are read otherwise. */
#include "domain/identifier.h"

#include <stdio.h>
#include <string.h>

struct counts {
    size_t lines, refused, wrong;
};

static void line_try(char *line, struct counts *c)
{
    char *rest = line;
    const char *duty = strsep(&rest, "\t"), *country = strsep(&rest, "\t"), *raw = strsep(&rest, "\t");
    const char *normal = strsep(&rest, "\n");
    struct identifier made;
    if (normal == NULL) {
        c->wrong++;
        return;
    }
    const char *fault = identifier_normalise(IDENTIFIER_PHONE, raw, strlen(raw), country, &made);
    c->lines++;
    if (fault != NULL) {
        c->refused++;
        if (strcmp(duty, "may") == 0)
            return;
        printf("%s %s: %s\n", country, raw, fault);
    } else if (made.len == strlen(normal) && memcmp(made.value, normal, made.len) == 0) {
        return;
    } else {
        printf("%s %s: %.*s, not %s\n", country, raw, (int)made.len, made.value, normal);
    }
    c->wrong++;
}

int main(void)
{
    char line[256];
    struct counts c = {0};
    while (fgets(line, sizeof line, stdin) != NULL)
        line_try(line, &c);
    printf("%zu numbers: %zu refused, %zu wrong\n", c.lines, c.refused, c.wrong);
    return c.wrong > 0 || c.lines < 50000;
}
