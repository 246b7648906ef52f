/* SPDX-License-Identifier: Apache-2.0 */
#include "body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 20 }; /* of a uint64_t */

bool body_plan_read(struct body_plan *plan)
{
    const char *mark = strchr(plan->template, '%');
    if (mark == NULL || strchr(mark + 1, '%') != NULL)
        return false;
    char *end;
    unsigned long digits = strtoul(mark + 1, &end, 10);
    if (*end != 'd' || digits > DIGITS_MAX)
        return false;
    plan->head_len = (size_t)(mark - plan->template);
    plan->tail = end + 1;
    plan->digits = digits > 0 ? digits : 1;
    return true;
}

/* The whole of it, with a NUL; NULL where it cannot be read. */
static char *text_read(const char *path)
{
    char *text = NULL;
    size_t len = 0;
    FILE *file = fopen(path, "r");
    ssize_t got = file != NULL ? getdelim(&text, &len, '\0', file) : -1;
    if (file != NULL)
        fclose(file);
    return got > 0 ? text : NULL;
}

bool body_plan_lines(struct body_plan *plan, const char *path)
{
    plan->text = text_read(path);
    for (const char *at = plan->text; at != NULL && (at = strchr(at, '\n')) != NULL; at++)
        plan->lines++;
    plan->line = plan->lines > 0 ? calloc(plan->lines + 1, sizeof *plan->line) : NULL;
    if (plan->line == NULL)
        return false;
    plan->line[0] = plan->text;
    for (uint64_t i = 0; i < plan->lines; i++)
        plan->line[i + 1] = strchr(plan->line[i], '\n') + 1;
    return true;
}

size_t body_bytes_max(const struct body_plan *plan)
{
    size_t most = 0;
    for (uint64_t i = 0; i < plan->lines; i++) {
        size_t len = (size_t)(plan->line[i + 1] - plan->line[i]);
        most = len > most ? len : most;
    }
    if (plan->lines > 0)
        return most;
    size_t object = plan->head_len + DIGITS_MAX + strlen(plan->tail);
    return plan->array == 0 ? object : plan->array * (object + 1) + 1;
}

/* splitmix64 */
uint64_t scatter(uint64_t n)
{
    n += 0x9e3779b97f4a7c15u;
    n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9u;
    n = (n ^ (n >> 27)) * 0x94d049bb133111ebu;
    return n ^ (n >> 31);
}

static uint64_t subject_of(const struct body_plan *plan, uint64_t n)
{
    uint64_t at = plan->random ? scatter(n + plan->seed) : n;
    return plan->first + (plan->range == 0 ? at : at % plan->range);
}

static char *number_write(uint64_t number, size_t digits, char *out)
{
    char text[DIGITS_MAX];
    size_t len = 0;
    while (number != 0 || len < digits) {
        text[DIGITS_MAX - ++len] = (char)('0' + number % 10);
        number /= 10;
    }
    memcpy(out, text + DIGITS_MAX - len, len);
    return out + len;
}

static char *object_write(const struct body_plan *plan, uint64_t subject, char *out)
{
    memcpy(out, plan->template, plan->head_len);
    out = number_write(subject, plan->digits, out + plan->head_len);
    size_t tail_len = strlen(plan->tail);
    memcpy(out, plan->tail, tail_len);
    return out + tail_len;
}

size_t body_write(const struct body_plan *plan, uint64_t n, char *out)
{
    if (plan->lines > 0) {
        const char *const *line = &plan->line[n % plan->lines];
        memcpy(out, line[0], (size_t)(line[1] - line[0] - 1));
        return (size_t)(line[1] - line[0] - 1);
    }
    if (plan->array == 0)
        return (size_t)(object_write(plan, subject_of(plan, n), out) - out);
    char *at = out;
    for (unsigned i = 0; i < plan->array; i++) {
        *at++ = i == 0 ? '[' : ',';
        at = object_write(plan, subject_of(plan, n * plan->array + i), at);
    }
    *at++ = ']';
    return (size_t)(at - out);
}
