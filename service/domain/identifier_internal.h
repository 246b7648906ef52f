/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/identifier.h"
#include "domain/identifier_text.h"

/* What the files of domain/identifier share. Nobody else includes this. */

/* One each of the types of identifier_normalise. They fill the value and length of ${ret_identifier}. */
const char *identifier_normalise_email(struct identifier_text raw, struct identifier *ret_identifier);
const char *identifier_normalise_phone(struct identifier_text raw, const char *country,
                                       struct identifier *ret_identifier);
const char *identifier_phone_readings(struct identifier_text raw, const char *country,
                                      struct identifier ret_readings[IDENTIFIER_READINGS], size_t *ret_count);
const char *identifier_normalise_postal(struct identifier_text raw, struct identifier *ret_identifier);
