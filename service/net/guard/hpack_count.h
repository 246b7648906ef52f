/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* How many fields a block of HPACK (RFC 7541) has, changes of the table's size counted too; nothing is
 * decoded. Stops behind ${max}, and where the block is broken: the decoder refuses it there. */
size_t hpack_count(const uint8_t *block, size_t len, size_t max);
