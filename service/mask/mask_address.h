/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "mask/mask.h"

/* Private to the mask: one address read, masked and printed. */
struct ipv6 {
    uint8_t bytes[16];
};

/* Up to three digits, at most 255; ${zeros} allows a leading zero. Returns -1 when it is no octet. */
int octet_read(const char *text, size_t len, bool zeros);
/* Four octets with dots between, and nothing else. */
bool ipv4_read(const char *text, size_t len, bool zeros, uint8_t ret_bytes[4]);
/* RFC 4291 section 2.2, and nothing else. ${lenient}: also with leading zeros in the octets of form 3, and
 * with "::" beside eight groups, where it stands for nothing. */
bool ipv6_read(const char *text, size_t len, bool lenient, struct ipv6 *ret_address);

/* The byte ${i} of an address of which ${prefix} bits are kept. */
uint8_t byte_mask(uint8_t byte, unsigned i, unsigned prefix);
void ipv6_mask(struct ipv6 *address, struct mask_prefixes prefixes);

/* Decimal, no leading zero. Returns the end of what was written. */
char *octet_print(char *out, uint8_t octet);
/* RFC 5952, without a NUL; at most MASK_ADDRESS_SIZE - 1 bytes. ${mixed}: a mapped address in form 3
 * (section 5). Returns the length. */
size_t ipv6_print(const struct ipv6 *address, bool mixed, char *out);
