/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

/* What a form in a page sends: application/x-www-form-urlencoded (WHATWG URL, 5) or multipart/form-data
 * (RFC 7578). Names and values are UTF-8 without a NUL; a file is none that is read here. */

enum {
    FORM_FIELDS_MAX = 1536, /* three for each purpose that a policy may have */
    FORM_NAME_MAX = 128     /* bytes of a name */
};

struct form_field {
    const char *name;
    const char *value;
};

struct form {
    size_t count;
    struct form_field *fields; /* in the order they came */
};

/* Reads ${len} bytes of a body that ${content_type} (with its parameters) says what it is. What is read lives
 * in ${arena}, whose owner ends the process when memory has run out. Returns false where it is neither of
 * the two, is malformed, has a file in it or more than FORM_FIELDS_MAX fields; ${ret_form} is untouched then.
 */
bool form_read(struct arena *arena, const char *content_type, size_t content_type_len, const char *body,
               size_t len, struct form *ret_form);
/* The value of the field of that name; NULL where there is none, or more than one: which of them was meant
 * must not be a guess. */
const char *form_value(const struct form *form, const char *name);
