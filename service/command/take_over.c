/* SPDX-License-Identifier: Apache-2.0 */
#include "command/take_over.h"

#include "command/probe.h"

#include <stdio.h>
#include <string.h>

/* What an option lists, and how one asks there. */
struct place {
    const char *option;
    const char *list;
    bool over_tls;
};

static const char *answer_fault(const struct probe_answer *answer, const char *database_id)
{
    char theirs[DATABASE_ID_SIZE];
    probe_database(answer, theirs);
    if (!probe_is_akkoord(answer))
        return "a program listens there that is not akkoord: end that, or name another port";
    if (theirs[0] == '\0')
        return "who listens there does not say which database it has: end it first, then start without "
               "--take-over";
    if (database_id[0] == '\0')
        return "this database does not say which it is, or cannot be reached: end who listens there first, "
               "then start "
               "without --take-over";
    if (strcmp(theirs, database_id) != 0)
        return "an akkoord listens there that has another database: two that share a port must have one; "
               "correct "
               "AKKOORD_DATABASE, or name another port";
    return NULL;
}

/* Returns NULL also where nobody is. */
static const char *address_fault(const struct address *a, bool over_tls, const char *database_id,
                                 bool *ret_beside)
{
    struct probe_answer answer;
    switch (probe_get(a, over_tls, "/healthz", &answer)) {
    case PROBE_REFUSED:
        return NULL;
    case PROBE_SILENT:
        return "a program listens there that does not answer /healthz: end that, or name another port";
    default:
        X509_free(answer.certificate);
        *ret_beside = true;
        return answer_fault(&answer, database_id);
    }
}

int take_over_check(const struct config *config, const char *database_id, bool *ret_beside,
                    char fault[TAKE_OVER_FAULT])
{
    const struct place places[] = {{"AKKOORD_LISTEN", config->listen, false},
                                   {"AKKOORD_TLS_LISTEN", config->tls_listen, true}};
    *ret_beside = false;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct address a;
        for (const char *list = places[i].list; address_next(&list, &a);) {
            const char *reason = address_fault(&a, places[i].over_tls, database_id, ret_beside);
            if (reason != NULL) {
                snprintf(fault, TAKE_OVER_FAULT, "%s: %s:%u: %s", places[i].option,
                         a.host[0] != '\0' ? a.host : "*", a.port, reason);
                return -1;
            }
        }
    }
    return 0;
}
