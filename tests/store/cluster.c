/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"

#include "base/buf.h"
#include "base/file.h"
#include "store/database.h"
#include "store/migration.h"

#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Set by CMake: TEST_CLUSTER, the folder of this program's cluster, and CLUSTER_SCRIPT. */
enum { OUTPUT_MAX = 4096, ARGUMENTS_MAX = 8 };

extern char **environ;

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "test cluster: %s\n", what);
    exit(1);
}

static void output_read(int fd, char ret_output[OUTPUT_MAX])
{
    size_t len = 0;
    ssize_t n;
    while (len + 1 < OUTPUT_MAX && (n = read(fd, ret_output + len, OUTPUT_MAX - 1 - len)) > 0)
        len += (size_t)n;
    ret_output[len] = '\0';
}

/* Runs script/lib/cluster with ${input} on stdin; the rest, up to NULL, are its arguments. */
static void script_run(char *const *arguments, const char *input, char ret_output[OUTPUT_MAX])
{
    int in[2], out[2], status = 0;
    pid_t pid;
    posix_spawn_file_actions_t files;
    must(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 &&
             posix_spawn_file_actions_init(&files) == 0,
         "no pipe");
    posix_spawn_file_actions_adddup2(&files, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
    must(posix_spawn(&pid, CLUSTER_SCRIPT, &files, NULL, arguments, environ) == 0,
         "script/lib/cluster cannot be run");
    posix_spawn_file_actions_destroy(&files);
    close(in[0]);
    close(out[1]);
    must(write(in[1], input, strlen(input)) == (ssize_t)strlen(input), "script/lib/cluster does not read");
    close(in[1]);
    output_read(out[0], ret_output);
    close(out[0]);
    must(waitpid(pid, &status, 0) == pid && status == 0, "script/lib/cluster failed");
}

static void script(const char *command, const char *argument, const char *input, char ret_output[OUTPUT_MAX])
{
    char *arguments[] = {(char[]){CLUSTER_SCRIPT}, strdup(command), (char[]){TEST_CLUSTER},
                         argument != NULL ? strdup(argument) : NULL, NULL};
    script_run(arguments, input, ret_output);
    free(arguments[1]);
    free(arguments[3]);
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    must(value != NULL, "it was not made");
    return value;
}

const char *cluster_owner(void)
{
    return variable("TEST_CLUSTER_OWNER");
}

const char *cluster_service(void)
{
    return variable("TEST_CLUSTER_SERVICE");
}

int cluster_port(void)
{
    const char *port = strstr(cluster_owner(), "port=");
    must(port != NULL, "its conninfo has no port");
    return (int)strtol(port + strlen("port="), NULL, 10);
}

void cluster_stop(void)
{
    char output[OUTPUT_MAX];
    script("stop", "--now", "", output);
}

void cluster_start(void)
{
    char output[OUTPUT_MAX];
    script("start", NULL, "", output);
}

void cluster_sql(const char *sql)
{
    char output[OUTPUT_MAX];
    script("sql", "akkoord", sql, output);
}

/* The line `NAME=CONNINFO` of ${output} becomes the environment's, where the tests' processes find it. */
static void conninfo_keep(const char *output, const char *name, const char *key)
{
    const char *line = strstr(output, name);
    must(line != NULL, "no conninfo was printed");
    line += strlen(name);
    char *conninfo = strndup(line, strcspn(line, "\n"));
    setenv(key, conninfo, 1);
    free(conninfo);
}

static void migrate(void)
{
    char *fault = NULL;
    struct database *db = database_create(cluster_owner(), NULL, &fault);
    must(db != NULL, "its conninfo cannot be read");
    PGconn *pg = database_connect(db);
    FILE *nowhere = fopen("/dev/null", "w");
    must(PQstatus(pg) == CONNECTION_OK && nowhere != NULL, "it cannot be reached");
    must(migration_run(pg, "akkoord", nowhere) == 0, "it cannot be migrated");
    fclose(nowhere);
    PQfinish(pg);
    database_destroy(db);
}

/* From here on no test leaves a state untouched. */
static void guard(void)
{
    struct buf sql;
    buf_init(&sql, OUTPUT_MAX);
    must(file_read(CLUSTER_GUARD, &sql) == NULL, "the guard cannot be read");
    buf_byte(&sql, '\0');
    cluster_sql(sql.data);
    buf_free(&sql);
}

/* Nothing here must outlive the machine, so nothing waits for its disk. */
ReportHook(PRE_ALL)(struct criterion_test_set *tests)
{
    (void)tests;
    char output[OUTPUT_MAX];
    script("destroy", NULL, "", output);
    script("create", "fsync=off", "", output);
    conninfo_keep(output, "owner=", "TEST_CLUSTER_OWNER");
    conninfo_keep(output, "service=", "TEST_CLUSTER_SERVICE");
    migrate();
    guard();
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    (void)stats;
    char output[OUTPUT_MAX];
    script("destroy", NULL, "", output);
}
