/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stddef.h>
#include <sys/types.h>

/* Programs that the tests run. Texts and values that the harness returns live as long as the process, and
 * a test is one: nothing here is freed. */

/* A text like printf's. */
char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The whole of a file, with a NUL behind it; "" where it cannot be read. */
char *file_read(const char *path);
/* Writes a file that only its owner may read; returns -1 where that fails. */
int file_write(const char *path, const char *text);

/* Starts ${argv}, with the variables of ${settings} (NAME=value, NULL-terminated) and of the caller's only
 * those that a program needs to run at all. stdout goes to ${output_fd}, stderr to the end of the file
 * ${log}, NULL: to the caller's. It is killed when the calling process ends. Returns its id, or -1. */
pid_t process_start(const char *const argv[], const char *const settings[], int output_fd, const char *log);
/* Waits up to ${ms} for it to end. Returns its exit status, 128 and the signal's number where
 * one ended it, or -1: it runs on. */
int process_wait(pid_t pid, int ms);
/* Runs ${argv} to its end. Returns its exit status, with what it printed on stdout. */
int process_run(const char *const argv[], const char *const settings[], char **ret_output);

/* Milliseconds of a clock that never jumps. */
long clock_ms(void);
void sleep_ms(int ms);
