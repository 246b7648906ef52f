/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include "process.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LEAVE_MS = 15000 };

/* Criterion runs each test in a process of its own, made by exec: what it must
 * know it finds in its environment. */
#define STAGE_PORTS "STAGE_PORTS_%d"

/* A test's memory goes with its process. Leaks are looked for in the service. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

const struct database *stage_database(void)
{
    static struct database db;
    if (db.dir == NULL)
        db = database_at(STAGE_CLUSTER);
    return &db;
}

const struct keyring *stage_keyring(void)
{
    static struct keyring keyring;
    if (keyring.dir == NULL)
        keyring = keyring_at(STAGE_DIR);
    return &keyring;
}

const struct service *stage_service(int which)
{
    static struct service services[STAGE_SERVICES];
    struct service *s = &services[which];
    const char *ports = getenv(text_of(STAGE_PORTS, which));
    cr_assert_not_null(ports, "the stage is not set");
    cr_assert_eq(sscanf(ports, "%u %u %u", &s->port, &s->tls_port, &s->metrics_port), 3);
    s->log = text_of("%s/shared-%d.log", STAGE_DIR, which);
    s->cert_file = stage_keyring()->cert_file;
    return s;
}

struct service stage_start(const char *name, const char *const settings[])
{
    struct service service;
    struct service_options options = {.name = name, .db = stage_database(), .keyring = stage_keyring()};
    for (size_t i = 0; settings != NULL && settings[i] != NULL; i++)
        options.settings[i] = settings[i];
    cr_assert_eq(service_start(&options, &service), 0, "the service %s did not start", name);
    return service;
}

struct tenant stage_tenant(const char *key)
{
    return tenant_open(stage_service(0), stage_keyring(), key);
}

static int services_start(const struct database *db, const struct keyring *keyring,
                          struct service services[STAGE_SERVICES])
{
    for (int i = 0; i < STAGE_SERVICES; i++) {
        struct service_options options = {.name = text_of("shared-%d", i), .db = db, .keyring = keyring};
        if (service_start(&options, &services[i]) != 0)
            return -1;
        setenv(text_of(STAGE_PORTS, i),
               text_of("%u %u %u", services[i].port, services[i].tls_port, services[i].metrics_port), 1);
    }
    return 0;
}

static int log_check(const char *whose, const char *log)
{
    const char *mark = client_mark_in(log);
    if (mark != NULL)
        fprintf(stderr, "personal data (%s) in the log of %s: ...%.200s\n", mark, whose,
                strcasestr(log, mark));
    return mark != NULL;
}

static int services_leave(struct service services[STAGE_SERVICES])
{
    int faults = 0;
    for (int i = 0; i < STAGE_SERVICES; i++) {
        if (services[i].pid == 0)
            continue;
        int status = service_stop(&services[i], LEAVE_MS);
        const char *log = file_read(services[i].log);
        if (status != 0)
            fprintf(stderr, "the service left with status %d:\n%s\n", status, log);
        faults += (status != 0) + log_check("the service", log);
    }
    return faults;
}

static int database_check(const struct database *db)
{
    int faults = log_check("PostgreSQL", database_log(db));
    for (size_t i = 0; client_marks[i] != NULL; i++) {
        const char *table = database_mentions(db, client_marks[i]);
        if (table != NULL)
            fprintf(stderr, "personal data (%s) in the table %s\n", client_marks[i], table);
        faults += table != NULL;
    }
    return faults;
}

static int stage_run(const struct database *db, struct criterion_test_set *tests)
{
    struct service services[STAGE_SERVICES] = {0};
    struct keyring keyring;
    int faults = 1;
    if (keyring_create(STAGE_DIR, &keyring) != 0)
        fprintf(stderr, "the keys in %s could not be made\n", STAGE_DIR);
    else if (services_start(db, &keyring, services) == 0)
        faults = criterion_run_all_tests(tests) ? 0 : 1;
    faults += services_leave(services);
    return faults + database_check(db);
}

int main(int argc, char *argv[])
{
    static const char *const settings[] = {"fsync=off", "full_page_writes=off", NULL};
    struct criterion_test_set *tests = criterion_initialize();
    struct database db;
    int status = 0;
    const char *const remove[] = {"/bin/rm", "-rf", STAGE_DIR, NULL};
    process_run(remove, NULL, NULL);
    mkdir(STAGE_DIRS, 0700);
    if (criterion_handle_args(argc, argv, true)) {
        status = database_create(STAGE_CLUSTER, settings, &db) != 0;
        if (status == 0) {
            status = stage_run(&db, tests) != 0;
            database_destroy(&db);
        }
    }
    criterion_finalize(tests);
    return status;
}
