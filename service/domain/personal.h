/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Who somebody is, where it must not stand: a caller's own reference, a file's name, the path of a URL. Those
 * are told, exported and kept longer than the person may be; identifiers belong into `subject`, of which no
 * value is kept. Found is
 *
 *   e-mail   what stands round an @, where the part behind it has the shape of a domain name, whose last
 *            label begins with a letter: `x@1.2.3`, `x@1.0.0-rc1` and `image@sha256` are none
 *   phone    what begins with a +, or with a 0 at the beginning of a word and another digit, and is in the
 *            plan of its country (domain/identifier): 8 digits at least with a +, 9 to 12 with a 0, more only
 *            behind an international prefix. So an order number is one only where it begins with a zero and
 *            has as many digits as a number of that country: 0612345678 in NL. What has neither is never
 *            asked about: 4711, 31612345678, 20261121. A date (06-12-2026) is none
 *   BSN      in NL: nine digits that pass its eleven-test, as one in eleven does; that do not begin with 00,
 *            which no letter or digit touches and no - . , or : joins to a digit. They may stand in three
 *            groups or more with a space, a dot or a dash between: 111 222 333, but not 2026-11-001, which
 *            has a year in it, nor 2026-12345
 *
 * and never within a UUID. A byte written %XX (%25XX) counts as what it stands for, and so do full-width
 * letters and signs, other scripts' digits, spaces and dashes. Letters are ASCII's; other scripts' letters
 * may stand in an address. Pure, allocates nothing. */

enum personal { PERSONAL_NONE, PERSONAL_EMAIL, PERSONAL_PHONE, PERSONAL_BSN, PERSONAL_KINDS };

enum { PERSONAL_TEXT_MAX = 4096 }; /* bytes of a text: above every text that is looked through */

/* The first that is found in ${text}, of at most PERSONAL_TEXT_MAX bytes. ${country}: of the controller (ISO
 * 3166-1 alpha-2). */
enum personal personal_find(const char *text, size_t len, const char *country);
/* A static sentence, for a client. */
const char *personal_fault(enum personal kind);
/* Writes the text with *** for each that is found into ${out}, which has ${len} bytes and does not overlap.
 * Returns the bytes written. Masking what is masked changes nothing. */
size_t personal_mask(const char *text, size_t len, const char *country, char *out);
