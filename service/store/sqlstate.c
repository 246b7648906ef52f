/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlstate.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *prefix;
    enum fate fate;
} table[] = {
    /* longer prefixes first */
    {"25006", FATE_RECONNECT}, /* read_only_sql_transaction: this was a primary once */
    {"57P02", FATE_UNKNOWN},   /* crash_shutdown: at any moment, also behind the commit */
    {"40003", FATE_UNKNOWN},   /* statement_completion_unknown */
    {"57P0", FATE_RECONNECT},  /* admin_shutdown, cannot_connect_now */
    {"08", FATE_UNKNOWN},      /* connection_exception: of somebody in between */
    {"0A000", FATE_RECONNECT}, /* a prepared plan whose result changed under it: the schema moved on */
    {"26000", FATE_RECONNECT}, /* invalid_sql_statement_name: likewise */
    {"54", FATE_SPLIT},        /* program_limit_exceeded */
    {"22", FATE_SPLIT},        /* data_exception */
    {"23", FATE_SPLIT},        /* integrity_constraint_violation */
    {"40", FATE_RETRY},        /* serialization_failure, deadlock_detected */
    {"53", FATE_UNAVAILABLE},  /* insufficient_resources: disk full, out of memory, too many connections */
    {"55", FATE_UNAVAILABLE},  /* lock_not_available */
    {"57", FATE_UNAVAILABLE},  /* query_canceled: statement_timeout */
    {"58", FATE_UNAVAILABLE},  /* system_error: I/O */
};

enum fate sqlstate_fate(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strncmp(sqlstate, table[i].prefix, strlen(table[i].prefix)) == 0)
            return table[i].fate;
    }
    return FATE_BUG;
}
