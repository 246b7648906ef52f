/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SETTINGS_MAX = 64, OUTPUT_MAX = 1 << 20 };

char *text_of(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    return text;
}

char *file_read(const char *path)
{
    char *text = calloc(1, 1);
    struct stat about;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return text;
    if (fstat(fileno(file), &about) == 0) {
        text = realloc(text, (size_t)about.st_size + 1);
        text[fread(text, 1, (size_t)about.st_size, file)] = '\0';
    }
    fclose(file);
    return text;
}

int file_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t len = strlen(text);
    if (fd < 0)
        return -1;
    ssize_t written = write(fd, text, len);
    return close(fd) == 0 && written == (ssize_t)len ? 0 : -1;
}

/* What a program is given beside its settings. */
static void environment_make(const char *const settings[], char *ret_env[SETTINGS_MAX])
{
    static const char *const passed[] = {"PATH", "HOME", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", NULL};
    size_t count = 0;
    for (size_t i = 0; passed[i] != NULL; i++) {
        if (getenv(passed[i]) != NULL)
            ret_env[count++] = text_of("%s=%s", passed[i], getenv(passed[i]));
    }
    for (size_t i = 0; settings != NULL && settings[i] != NULL && count < SETTINGS_MAX - 1; i++)
        ret_env[count++] = text_of("%s", settings[i]);
    ret_env[count] = NULL;
}

static void become(const char *const argv[], char *env[], int output_fd, const char *log)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int fd = log != NULL ? open(log, O_WRONLY | O_CREAT | O_APPEND, 0600) : STDERR_FILENO;
    if (fd < 0 || dup2(fd, STDERR_FILENO) < 0 || dup2(output_fd, STDOUT_FILENO) < 0)
        _exit(127);
    for (int other = STDERR_FILENO + 1; other < 256; other++)
        close(other);
    execve(argv[0], (char *const *)argv, env);
    _exit(127);
}

pid_t process_start(const char *const argv[], const char *const settings[], int output_fd, const char *log)
{
    char *env[SETTINGS_MAX];
    environment_make(settings, env);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become(argv, env, output_fd, log);
    return pid;
}

long clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void sleep_ms(int ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

int process_wait(pid_t pid, int ms)
{
    int status;
    for (long until = clock_ms() + ms;; sleep_ms(10)) {
        pid_t ended = waitpid(pid, &status, WNOHANG);
        if (ended == pid)
            return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        if ((ended < 0 && errno != EINTR) || clock_ms() >= until)
            return -1;
    }
}

int process_run(const char *const argv[], const char *const settings[], char **ret_output)
{
    int pipe_fds[2], status = -1;
    char *output = calloc(1, OUTPUT_MAX);
    if (pipe2(pipe_fds, O_CLOEXEC) != 0)
        return -1;
    pid_t pid = process_start(argv, settings, pipe_fds[1], NULL);
    close(pipe_fds[1]);
    size_t len = 0;
    for (ssize_t got; (got = read(pipe_fds[0], output + len, OUTPUT_MAX - 1 - len)) > 0;)
        len += (size_t)got;
    close(pipe_fds[0]);
    if (pid > 0)
        waitpid(pid, &status, 0);
    if (ret_output != NULL)
        *ret_output = output;
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
