/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Hexadecimal digits. */

/* Writes two lower-case digits for each of ${count} bytes, and no NUL. */
void hex_write(const void *bytes, size_t count, char *ret_digits);
/* The value of one digit, of either case; -1: it is none. */
int hex_digit(char c);
/* Reads the ${count} bytes that twice as many digits stand for, of either case. Returns false where one is
 * none; then ${ret_bytes} is untouched. */
bool hex_read(const char *digits, void *ret_bytes, size_t count);
/* As hex_read, and false unless there are just ${len} = 2 * ${count} digits, as hex_write writes them. */
bool hex_read_lower(const char *digits, size_t len, void *ret_bytes, size_t count);
/* Whether there is nothing in ${text} but digits as hex_write writes them. */
bool hex_is_lower(const char *text, size_t len);
