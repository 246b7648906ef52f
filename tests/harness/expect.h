/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <jansson.h>

/* JSON in tests is written with ' for ", and a text like printf's. Values live as long as the test. */

/* The text with " for each '. */
char *json_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, parsed; fails the test where it is no JSON. */
json_t *json_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What a JSON pointer leads to; fails the test where there is nothing. */
const json_t *json_at(const json_t *json, const char *pointer);
const char *string_at(const json_t *json, const char *pointer);
long number_at(const json_t *json, const char *pointer);
/* The lines of newline-delimited JSON, as an array; a line that is none fails the test. */
json_t *json_lines(const char *text);

/* Holds ${json} to what is expected: of an object the members named, of an array each element
 * and no more, of the rest all. */
#define expect(json, ...) expect_at(__FILE__, __LINE__, (json), __VA_ARGS__)
void expect_at(const char *file, int line, const json_t *json, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
