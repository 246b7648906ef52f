/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum identifier_type {
    IDENTIFIER_EMAIL,
    IDENTIFIER_PHONE,
    IDENTIFIER_POSTAL,
    IDENTIFIER_CUSTOMER,
    IDENTIFIER_VISITOR,
    IDENTIFIER_TYPES
};

/* RFC 5321, 4.5.3.1: local part 64, '@', domain 255. No other type may be longer either. */
enum { IDENTIFIER_MAX = 320 }; /* bytes */

/* The rules of identifier_normalise have this number; it goes into every tag, so that a later change of the
 * rules cannot silently give a person a second tag. */
enum { IDENTIFIER_NORMALISATION = 1 };

/* What points at a subject, in its one normal form. Not NUL-terminated. Never stored: see domain/tag. */
struct identifier {
    enum identifier_type type;
    size_t len;
    char value[IDENTIFIER_MAX];
};

/* "email", "phone", ... */
const char *identifier_type_word(enum identifier_type type);
bool identifier_type_parse(const char *word, enum identifier_type *ret_type);

/* Brings ${raw}, valid UTF-8 of ${len} bytes without NUL, into its normal form:
 *
 *   email              trimmed; domain lower-cased and IDNA-folded (A-labels); local part lower-cased. No
 *                      quoted local part, no comment, no address literal; the domain has a dot inside
 *   phone              E.164; ${country} (ISO 3166-1 alpha-2, upper case) where no prefix is given. A country
 *                      that is NULL or has no plan (domain/phone_plan) takes only numbers with a +. tel: and
 *                      ;ext= (RFC 3966) come off: an extension is no part of what is dialled. Argentina's
 *                      mobile numbers without their 9 or 15, San Marino's fixed lines behind 0549
 *   postal             country;code;number;addition, upper-cased, without spaces; always three semicolons.
 *                      Digits of any width and script are ASCII's; a house number has no zero before it, and
 *                      what follows its digits (2A, 2-A) begins the addition
 *   customer, visitor  as they are
 *
 * Upper and lower case are Unicode's without a language, in NFC. The normal form is its own normal form.
 * Returns NULL and fills ${ret_identifier}, or returns a static sentence that says what is wrong (it never
 * repeats the value) and leaves ${ret_identifier} alone. Allocates nothing that outlives the call. */
const char *identifier_normalise(enum identifier_type type, const char *raw, size_t len, const char *country,
                                 struct identifier *ret_identifier);

/* For what is to be stopped: a No is never refused because a number is not in the plan of its country; one
 * that stands beside a Yes in the same body is read as that is (ledger/person.h). Reads as
 * identifier_normalise does; a telephone number of 6 to 15 digits (calling code included) that is in no
 * plan is read as well as can be, and one that could be either of two numbers is both. Fills
 * ${ret_readings} from the first on and sets ${ret_count}; or returns what is wrong, and neither is of
 * use. */
enum { IDENTIFIER_READINGS = 2 };
const char *identifier_readings(enum identifier_type type, const char *raw, size_t len, const char *country,
                                struct identifier ret_readings[IDENTIFIER_READINGS], size_t *ret_count);
