/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Fails the run: the fuzzer keeps the input, the replay its name. */
#define REQUIRE(condition)                                                                                   \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            abort();                                                                                         \
    } while (0)

/* The fuzzer's one entry. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
