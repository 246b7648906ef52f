/* SPDX-License-Identifier: Apache-2.0 */
#include "api/batch_internal.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What holds of a batch after each step: each number of api/batch_internal.h, broken by hand, is found. */

enum { LINES = 8, UNITS = 3 };

static struct batch b;
static struct line lines[LINES];
static struct unit units[2][UNITS];
static struct purpose purpose;

/* Lines 0 to 1 are written, 2 and 3 answered (one of them bad), 4 to 6 asked in one chunk, 7 is read. */
static void start(void)
{
    b = (struct batch){.line = lines, .line_room = LINES, .written = 2, .answered = 4, .line_count = 8};
    for (size_t i = 0; i < LINES; i++)
        lines[i] = (struct line){.purpose = &purpose, .has_verdict = i < 4};
    lines[3] = (struct line){.fault_len = 20};
    b.fault_bytes = 20;
    b.asking = &b.windows[1];
    b.reading = &b.windows[0];
    *b.asking = (struct batch_window){.line_end = 7, .count = UNITS, .asked = UNITS, .units = units[1]};
    *b.reading = (struct batch_window){.count = 1, .units = units[0]};
    for (uint32_t i = 0; i < UNITS; i++)
        units[1][i].line = 4 + i;
    b.chunks[0] = (struct batch_chunk){.is_sent = true, .units = units[1], .count = UNITS};
    b.in_flight = 1;
    b.confirmed = true;
}

TestSuite(batch, .init = start);

static bool holds(void)
{
    pid_t child = fork();
    if (child == 0) {
        fclose(stderr); /* assert's line */
        signal(SIGABRT, SIG_DFL);
        batch_check(&b);
        _exit(0);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) || WTERMSIG(status) == SIGABRT);
    return WIFEXITED(status);
}

#define expect_found(breaking)                                                                               \
    do {                                                                                                     \
        start();                                                                                             \
        breaking;                                                                                            \
        cr_expect_not(holds(), #breaking);                                                                   \
    } while (0)

Test(batch, what_is_in_order_is_not_found_fault_with)
{
    cr_expect(holds());
    b.failure = ERROR_UNAVAILABLE;
    lines[2].has_verdict = false; /* it is not going to be answered */
    cr_expect(holds());
}

Test(batch, an_order_of_lines_that_is_broken_is_found)
{
    expect_found(b.written = 5);
    expect_found(b.answered = 9);
    expect_found(b.line_room = 5);
    expect_found(b.line_room = BATCH_LINES_AHEAD + 1);
    expect_found(b.asking->line_end = 9);
    expect_found(b.asking->line_end = 3);
}

Test(batch, a_counter_that_is_wrong_is_found)
{
    expect_found(b.fault_bytes = 19);
    expect_found(b.in_flight = 0);
    expect_found(b.in_flight = 2);
    expect_found(b.chunks[1].is_sent = true);
}

Test(batch, windows_that_are_mixed_up_are_found)
{
    expect_found(b.reading = b.asking);
    expect_found(b.reading->asked = 1);
    expect_found(b.asking->asked = UNITS + 1);
    expect_found(b.reading->count = WINDOW_ROOM + 1);
    expect_found(b.chunks[0].units = units[0]);
    expect_found(b.asking->asked = UNITS - 1);
    expect_found(units[1][1].line = 3);
    expect_found(units[1][1].line = 7);
}

Test(batch, a_line_that_was_answered_without_being_asked_is_found)
{
    expect_found(lines[2].has_verdict = false);
    expect_found(b.confirmed = false);
    expect_found(b.in_flight = 0; b.chunks[0].is_sent = false; b.confirmed = false; b.stale = true);
    expect_found(b.misfit = "The policy has no purpose of that key.");
}
