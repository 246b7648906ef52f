/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Structured lines on stderr: `time=… level=… event=… key=value …`.
 *   error  somebody must act          warn  the service copes, look into it
 *   info   a change of state          debug one line an act, off by default
 * What happened, never who: no identifier, address, token, body or libpq DETAIL may be passed in. */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above ${level} are dropped. Set it before threads start. */
void log_set_level(enum log_level level);
/* Reads "error", "warn", "info" or "debug". Returns -1 on another word. */
int log_level_parse(const char *word, enum log_level *ret_level);

/* Makes stderr one that nobody's writing blocks on, a library's included: what it cannot take is lost. A
 * pipe or a terminal is opened anew for that, so that others who hold it are not changed; where that is
 * not allowed it stays as it is. */
void log_unblock(void);

/* ${event} is a dotted name such as "conn.ready"; ${format} gives the key=value pairs, or "". A
 * control character in the line becomes '?', so one call is one line. Never blocks: a line that
 * stderr cannot take is dropped. */
void log_line(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)
