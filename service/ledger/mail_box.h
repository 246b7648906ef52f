/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/identifier.h"
#include "ledger/controller.h"
#include "wire/reader.h"

/* Where a mail or a message is read, and by whom else: what proves a guardian's consent by their mail box
 * proves nothing where it is the child's own (GDPR art. 8(2): reasonable efforts to verify). */

/* Reads an identifier that can be written to, an e-mail address or a phone number; false for another one, and
 * for one that is none, of which a fault is told where it is read as a subject. */
bool mail_box_read(const struct node *n, const struct controller *controller, struct identifier *ret_address);
/* The mail box of ${address}, where what stands behind a plus is another word for it; else itself. */
struct identifier mail_box_of(const struct identifier *address);
/* Whether ${subject}, one identifier or an array, has that very mail box, be it under another word behind a
 * plus, or that phone. */
bool mail_box_is_of(const struct node *subject, const struct controller *controller,
                    const struct identifier *address);
