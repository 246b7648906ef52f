/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Bytes of one kind that all clients together may make the process hold, such as bodies or answers.
 * Thread-safe. */
struct budget {
    size_t max;
    _Atomic size_t held;
};

/* Counts ${bytes}. Returns false, and counts nothing, when there would be more than the most. ${anyway}: they
 * are counted though there are more. */
bool budget_hold(struct budget *b, size_t bytes, bool anyway);
/* Of what was counted. */
void budget_release(struct budget *b, size_t bytes);
size_t budget_held(const struct budget *b);
