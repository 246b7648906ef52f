/* SPDX-License-Identifier: Apache-2.0 */
#include "command/findings.h"

#include <stdarg.h>
#include <stdio.h>

void findings_say(struct findings *f, enum finding finding, const char *format, ...)
{
    static const char *const words[] = {"ok     ", "warning", "PROBLEM"};
    va_list args;
    va_start(args, format);
    printf("%s  ", words[finding]);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
    if (finding > f->worst)
        f->worst = finding;
}
