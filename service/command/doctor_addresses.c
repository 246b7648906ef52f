/* SPDX-License-Identifier: Apache-2.0 */
#include "command/doctor.h"
#include "command/probe.h"

#include <errno.h>
#include <netdb.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the service answers there, so that it is known when it runs. */
struct way {
    const char *option;
    const char *path;
    bool over_tls;
    const char *database_id; /* of the doctor's own settings; "" where it is not known */
};

/* Returns 0, or errno. */
static int bind_try(const struct addrinfo *at)
{
    int on = 1;
    int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
    if (fd < 0)
        return errno;
    bool bound = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                 bind(fd, at->ai_addr, at->ai_addrlen) == 0;
    int fault = bound ? 0 : errno;
    close(fd);
    return fault;
}

/* Whether the service shows another certificate than lies in the file. */
static bool certificate_is_old(const struct config *config, const X509 *shown)
{
    FILE *file = shown != NULL ? fopen(config->tls_cert_file, "re") : NULL;
    X509 *lies = file != NULL ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    bool old = lies != NULL && X509_cmp(lies, shown) != 0;
    X509_free(lies);
    if (file != NULL)
        fclose(file);
    return old;
}

static void answer_judge(const struct config *config, const struct way *way, const char *place,
                         struct probe_answer *answer, struct findings *f)
{
    static const char good[] = "HTTP/1.1 200";
    char theirs[DATABASE_ID_SIZE];
    if (!probe_is_akkoord(answer)) {
        findings_say(f, FINDING_BROKEN,
                     "%s is held by a program that is not akkoord: end that, or choose another port in %s",
                     place, way->option);
        return;
    }

    /* what it says of itself */
    probe_database(answer, theirs);
    answer->text[strcspn(answer->text, "\r\n")] = '\0';

    /* the first of these that is so */
    if (strncmp(answer->text, good, strlen(good)) != 0)
        findings_say(f, FINDING_WARNING, "%s is held by an akkoord that answers %s with %s", place, way->path,
                     answer->text);
    else if (certificate_is_old(config, answer->certificate))
        findings_say(f, FINDING_WARNING,
                     "%s is held by an akkoord that shows another certificate than lies in "
                     "AKKOORD_TLS_CERT_FILE: send it SIGHUP",
                     place);
    else if (theirs[0] != '\0' && way->database_id[0] != '\0' && strcmp(theirs, way->database_id) != 0)
        findings_say(f, FINDING_BROKEN,
                     "%s is held by an akkoord that has another database: correct AKKOORD_DATABASE, or name "
                     "another port "
                     "in %s",
                     place, way->option);
    else
        findings_say(f, FINDING_OK, "%s is held by an akkoord that runs: it answers %s", place, way->path);
}

static void holder_check(const struct config *config, const struct way *way, const struct address *a,
                         const char *place, struct findings *f)
{
    struct probe_answer answer;
    if (probe_get(a, way->over_tls, way->path, &answer) == PROBE_ANSWERED) {
        answer_judge(config, way, place, &answer, f);
        X509_free(answer.certificate);
        return;
    }
    findings_say(f, FINDING_BROKEN,
                 "%s is held by a program that does not answer %s%s: end that, or choose another port in %s",
                 place, way->path, way->over_tls ? " over TLS" : "", way->option);
}

static void address_check(const struct config *config, const struct way *way, const struct address *a,
                          struct findings *f)
{
    char port[8], place[CONFIG_HOST_MAX + 16];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    snprintf(port, sizeof port, "%d", a->port);
    snprintf(place, sizeof place, "%s port %s", a->host[0] != '\0' ? a->host : "*", port);
    int fault = getaddrinfo(a->host[0] != '\0' ? a->host : NULL, port, &hints, &found);
    if (fault != 0) {
        findings_say(f, FINDING_BROKEN, "%s: there is no such host: %s, in %s", place, gai_strerror(fault),
                     way->option);
        return;
    }
    fault = bind_try(found);
    freeaddrinfo(found);
    if (fault == 0)
        findings_say(f, FINDING_OK, "%s is free", place);
    else if (fault == EADDRINUSE)
        holder_check(config, way, a, place, f);
    else if (fault == EADDRNOTAVAIL)
        findings_say(f, FINDING_BROKEN, "%s is not an address of this machine: see %s", place, way->option);
    else if (fault == EACCES)
        findings_say(f, FINDING_BROKEN,
                     "%s is a port that only root, or CAP_NET_BIND_SERVICE, may have: see %s", place,
                     way->option);
    else
        findings_say(f, FINDING_BROKEN, "%s cannot be had: %s", place, strerror(fault));
}

void doctor_addresses(const struct config *config, const char *database_id, struct findings *f)
{
    const struct {
        const char *list;
        struct way way;
    } places[] = {{config->listen, {"AKKOORD_LISTEN", "/healthz", false, database_id}},
                  {config->tls_listen, {"AKKOORD_TLS_LISTEN", "/healthz", true, database_id}},
                  {config->metrics_listen, {"AKKOORD_METRICS_LISTEN", "/metrics", false, database_id}}};
    struct address address;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        for (const char *cursor = places[i].list; address_next(&cursor, &address);)
            address_check(config, &places[i].way, &address, f);
    }
}
