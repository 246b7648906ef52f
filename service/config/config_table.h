/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "config/config.h"

/* What config.c and config_print.c share: the table itself. */

/* How a value is written, checked and kept. */
enum option_type {
    OPTION_TEXT,
    OPTION_FILE,
    OPTION_ADDRESSES,
    OPTION_NETWORKS,
    OPTION_URL,
    OPTION_NUMBER,
    OPTION_LEVEL
};

struct option {
    const char *name; /* the flag without its dashes; the variable is AKKOORD_ and the same in capitals */
    enum option_type type;
    size_t offset; /* in struct config: of a char *, an int64_t for OPTION_NUMBER, an enum log_level for
                      OPTION_LEVEL */
    int64_t min, max;
    const char *value;  /* when nothing is set, as if it had been given; NULL: see ${absent} */
    const char *absent; /* the default in words, where it is not a value */
    const char *unit;
    bool secret; /* never shown; NAME_FILE and --NAME-file name a file that holds it */
    const char *text;
};

/* Ends with an option without a name. */
extern const struct option options[];

/* Whether ${o} is among ${names}, as in struct arguments. */
bool option_is_read(const struct option *o, const char *const *names);

enum { OPTION_NAME_MAX = 48 }; /* bytes of a variable's name, with its NUL */
/* "AKKOORD_LISTEN" of "listen". */
void option_variable(const struct option *o, char ret_name[OPTION_NAME_MAX]);
