/* SPDX-License-Identifier: Apache-2.0 */
#include "net/guard/guard_cause.h"

const char *guard_cause_word(enum guard_cause cause)
{
#define WORD(name, word) [name] = word,
    static const char *const words[] = {GUARD_CAUSES(WORD)};
#undef WORD
    return words[cause];
}
