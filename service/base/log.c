/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/clock.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOG_LINE_MAX = 1024 }; /* bytes; below PIPE_BUF, so lines of several threads never mix */

static const char *const words[] = {"error", "warn", "info", "debug"};
static enum log_level threshold = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    threshold = level;
}

int log_level_parse(const char *word, enum log_level *ret_level)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i]) == 0) {
            *ret_level = (enum log_level)i;
            return 0;
        }
    }
    return -1;
}

void log_unblock(void)
{
    struct stat what;
    if (fstat(STDERR_FILENO, &what) != 0)
        return;
    if (S_ISSOCK(what.st_mode)) { /* cannot be opened; a supervisor gives each service its own */
        fcntl(STDERR_FILENO, F_SETFL, fcntl(STDERR_FILENO, F_GETFL) | O_NONBLOCK);
    } else if (S_ISFIFO(what.st_mode) || S_ISCHR(what.st_mode)) {
        int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
            return;
        dup2(fd, STDERR_FILENO);
        close(fd);
    }
}

static size_t log_clip(int written, size_t room)
{
    return written < 0 ? 0 : (size_t)written < room ? (size_t)written : room - 1;
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
    if (level > threshold)
        return;
    char line[LOG_LINE_MAX];

    /* When, how bad and what. */
    instant now = clock_wall();
    time_t seconds = (time_t)(now / SECOND);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t len = strftime(line, sizeof line, "time=%Y-%m-%dT%H:%M:%S", &tm);
    len += log_clip(snprintf(line + len, sizeof line - len, ".%03dZ level=%s event=%s ",
                             (int)(now % SECOND / 1000), words[level], event),
                    sizeof line - len);

    /* What the caller adds, as one line, whatever is in it. */
    va_list args;
    va_start(args, format);
    len += log_clip(vsnprintf(line + len, sizeof line - len, format, args), sizeof line - len);
    va_end(args);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    }
    line[len < sizeof line - 1 ? len : sizeof line - 2] = '\n';

    /* In one write, or not at all. */
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0) {
        ssize_t ignored = write(STDERR_FILENO, line, len < sizeof line - 1 ? len + 1 : sizeof line - 1);
        (void)ignored;
    }
}
