/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int kept; /* the real stderr */
static int out;  /* what stands in for it, to be read */
static char line[1 << 16];
static size_t len;

static void start(void)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    cr_assert_geq(kept = dup(STDERR_FILENO), 0);
    cr_assert_geq(dup2(ends[1], STDERR_FILENO), 0);
    close(ends[1]);
    out = ends[0];
    cr_assert_eq(fcntl(out, F_SETFL, O_NONBLOCK), 0);
}

static void finish(void)
{
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(out);
}

TestSuite(log, .init = start, .fini = finish, .timeout = 300);

/* Fills ${line} with what was logged since the last call. */
static void take(void)
{
    ssize_t n;
    len = 0;
    while (len < sizeof line - 1 && (n = read(out, line + len, sizeof line - 1 - len)) > 0)
        len += (size_t)n;
    line[len] = '\0';
}

static size_t lines(void)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += line[i] == '\n';
    return count;
}

/* The part behind the time. */
static const char *rest(void)
{
    const char *at = strstr(line, " level=");
    return at != NULL ? at : "";
}

Test(log, a_line_has_time_level_event_and_pairs)
{
    log_info("conn.ready", "lane=%s depth=%d", "read", 2);
    take();
    cr_expect_str_eq(rest(), " level=info event=conn.ready lane=read depth=2\n");
}

Test(log, the_time_is_utc_with_milliseconds)
{
    static const char shape[] = "time=0000-00-00T00:00:00.000Z level=";
    while (clock_wall() % SECOND > SECOND / 20) /* early in a second the milliseconds begin with a 0 */
        usleep(1000);
    log_info("a", "b=1");
    take();
    for (size_t i = 0; i < sizeof shape - 1; i++) {
        if (shape[i] == '0')
            cr_assert(line[i] >= '0' && line[i] <= '9', "%s", line);
        else
            cr_assert_eq(line[i], shape[i], "%s", line);
    }
}

Test(log, each_level_has_its_word)
{
    log_set_level(LOG_LEVEL_DEBUG);
    log_error("a", "b=1");
    log_warn("a", "b=1");
    log_info("a", "b=1");
    log_debug("a", "b=1");
    take();
    cr_expect_eq(lines(), 4);
    const char *at = line;
    static const char *const words[] = {"level=error ", "level=warn ", "level=info ", "level=debug "};
    for (size_t i = 0; i < 4; i++)
        cr_expect_not_null(at = strstr(at, words[i]), "%s, in this order", words[i]);
}

Test(log, lines_above_the_level_are_dropped)
{
    for (enum log_level set = LOG_LEVEL_ERROR; set <= LOG_LEVEL_DEBUG; set++) {
        log_set_level(set);
        for (enum log_level l = LOG_LEVEL_ERROR; l <= LOG_LEVEL_DEBUG; l++)
            log_line(l, "a", "b=1");
        take();
        cr_expect_eq(lines(), (size_t)set + 1);
    }
}

Test(log, debug_is_off_by_default)
{
    log_debug("a", "b=1");
    take();
    cr_expect_eq(len, 0);
}

Test(log, a_level_is_read_from_its_word_only)
{
    static const char *const words[] = {"error", "warn", "info", "debug"};
    static const char *const others[] = {"", "Error", "warning", "inf", "debug ", "2"};
    for (size_t i = 0; i < 4; i++) {
        enum log_level level = LOG_LEVEL_DEBUG - i;
        cr_expect_eq(log_level_parse(words[i], &level), 0);
        cr_expect_eq(level, i);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        enum log_level level = LOG_LEVEL_WARN;
        cr_expect_eq(log_level_parse(others[i], &level), -1, "%s", others[i]);
        cr_expect_eq(level, LOG_LEVEL_WARN);
    }
}

/* Else a value could forge a line of its own, or drive a terminal. */
Test(log, one_call_is_one_line_whatever_control_characters_are_in_it)
{
    for (int c = 1; c < 0x80; c++) {
        log_info("a", "b=<%c>", c);
        take();
        cr_expect_eq(lines(), 1, "character %d", c);
        char expected[64];
        snprintf(expected, sizeof expected, " level=info event=a b=<%c>\n", c < 0x20 || c == 0x7f ? '?' : c);
        cr_expect_str_eq(rest(), expected, "character %d", c);
    }
}

Test(log, a_control_character_in_the_event_is_taken_out_too)
{
    log_info("a\nlevel=error", "b=1");
    take();
    cr_expect_eq(lines(), 1);
    cr_expect_str_eq(rest(), " level=info event=a?level=error b=1\n");
}

Test(log, text_beyond_ascii_passes)
{
    log_info("a", "b=%s", "\xc3\xa9\xe2\x82\xac");
    take();
    cr_expect_str_eq(rest(), " level=info event=a b=\xc3\xa9\xe2\x82\xac\n");
}

Test(log, a_line_of_any_length_is_one_line_of_at_most_1023_bytes)
{
    char text[3000];
    memset(text, 'x', sizeof text);
    for (int size = 0; size<(int)sizeof text; size += size> 900 && size < 1030 ? 1 : 50) {
        log_info("a", "%.*s", size, text);
        take();
        cr_assert_eq(lines(), 1);
        cr_assert_leq(len, 1023);
        cr_assert_eq(line[len - 1], '\n');
        const char *x = strchr(line, 'x');
        if (len < 1023 && size > 0)
            cr_assert_eq(line + len - 1 - x, size, "shorter than the limit it is whole");
    }
}

Test(log, an_event_that_fills_the_line_is_cut)
{
    char event[3000];
    memset(event, 'e', sizeof event);
    event[sizeof event - 1] = '\0';
    log_info(event, "b=1");
    take();
    cr_expect_eq(lines(), 1);
    cr_expect_leq(len, 1023);
}

/* The suite's timeout is what fails when it does. */
Test(log, it_never_blocks_on_a_stderr_that_takes_nothing)
{
    cr_assert_eq(fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK), 0);
    while (write(STDERR_FILENO, line, sizeof line) > 0 || write(STDERR_FILENO, line, 1) > 0)
        continue;
    cr_assert_eq(errno, EAGAIN);
    cr_assert_eq(fcntl(STDERR_FILENO, F_SETFL, 0), 0);
    log_error("a", "b=1");
    take();
    cr_expect_null(strstr(line, "level="));
    while (len > 0)
        take();
    log_error("a", "b=2");
    take();
    cr_expect_str_eq(rest(), " level=error event=a b=2\n", "it goes on when it can");
}

Test(log, it_takes_a_closed_stderr)
{
    close(STDERR_FILENO);
    log_error("a", "b=1");
    take();
    cr_expect_eq(len, 0);
}

static int fill(void)
{
    while (write(STDERR_FILENO, line, sizeof line) > 0 || write(STDERR_FILENO, line, 1) > 0)
        continue;
    return errno;
}

Test(log, unblocked_nobody_blocks_on_it_and_others_are_not_changed)
{
    int others = dup(STDERR_FILENO);
    log_unblock();
    cr_assert_eq(fill(), EAGAIN);
    cr_assert_eq(fcntl(others, F_GETFL) & O_NONBLOCK, 0);
    do
        take();
    while (len > 0);
    log_error("a", "b=1");
    take();
    cr_assert_not_null(strstr(line, "event=a b=1"));
    close(others);
}

Test(log, a_socket_is_unblocked_too)
{
    int ends[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    dup2(ends[1], STDERR_FILENO);
    log_unblock();
    cr_assert_eq(fill(), EAGAIN);
    close(ends[0]);
    close(ends[1]);
}
