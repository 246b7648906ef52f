/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "wire/reader.h"

/* A contact or an address of a policy document as one line: its parts in a fixed order, with a comma between.
 * What is absent or empty adds nothing. */

/* Bytes of a contact that was checked: four lines and the four of its address
 * (POLICY_LINE_MAX), with commas and a NUL. */
enum { CONTACT_MAX = 8 * (500 + 2) + 1 };

void contact_join(struct buf *b, const struct node *contact);
void address_join(struct buf *b, const struct node *address);
/* Appends ${text} behind a comma, unless it is the first or empty. */
void text_join(struct buf *b, const char *text);
