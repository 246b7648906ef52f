/* SPDX-License-Identifier: Apache-2.0 */
#include "command/sync.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The target `command`: a program is run for each page, with the page's changes on its stdin, a line each,
 * and the policy where that changed. Where it exits with 0 it has taken them. */

static const char *lines_write(const struct node *page, struct buf *out)
{
    struct node changes = node_member(page, "changes"), policy = node_member(page, "policy"),
                changed = node_member(&policy, "changed");
    size_t count = node_elements(&changes, 0, SIZE_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node one = node_at(&changes, i);
        node_dump(&one, false, out);
        buf_byte(out, '\n');
    }
    if (node_bool(&changed)) {
        buf_text(out, "{\"policy\":");
        node_dump(&policy, false, out);
        buf_text(out, "}\n");
    }
    return buf_failed(out) ? "out of memory" : NULL;
}

/* A program that reads no further is judged by how it exits. */
static void pipe_write(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        bytes += n;
        len -= (size_t)n;
    }
    close(fd);
}

/* Starts it with ${ends}[0] for its stdin. Returns an errno. */
static int program_start(char **words, const int ends[2], pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attributes);
    if (rc != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return rc;
    }
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE); /* which we ignore, and would else be ignored there too */
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    rc = posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_addclose(&actions, ends[1]);
    if (rc == 0)
        rc = posix_spawnp(ret_pid, words[0], &actions, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

static const char *program_run(char **words, const struct buf *lines)
{
    int ends[2], status = -1;
    pid_t pid = 0;
    if (pipe(ends) != 0)
        return strerror(errno);
    int rc = program_start(words, ends, &pid);
    close(ends[0]);
    if (rc != 0) {
        close(ends[1]);
        return strerror(rc);
    }
    pipe_write(ends[1], lines->data, lines->len);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0
               ? NULL
               : "it did not exit with 0: what it was given comes again";
}

static const char *program_page(struct sync *s, const struct node *page)
{
    struct buf lines;
    buf_init(&lines, SYNC_ANSWER_MAX);
    const char *fault = lines_write(page, &lines);
    if (fault == NULL && lines.len > 0)
        fault = program_run(s->program, &lines);
    if (fault != NULL)
        fault = sync_fault(s, s->program[0], fault);
    buf_free(&lines);
    return fault;
}

const struct sync_target sync_program = {.page = program_page};
