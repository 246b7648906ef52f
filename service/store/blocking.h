/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/lane.h"

/* Runs one job over a blocking connection, for commands: the same statement, parameters and reading as in a
 * lane, in its own transaction. job->done is not called. Returns ERROR_NONE, ERROR_UNAVAILABLE, or
 * ERROR_INTERNAL with the SQLSTATE logged. */
enum error job_run_blocking(PGconn *pg, struct job *job);

/* As job_run_blocking, but it waits for the answer until the job's deadline at most, and half a second
 * from when ${wake_fd} can be read (it is not read here). Where it waited in vain, or the connection is gone,
 * ERROR_OUTCOME_UNKNOWN: ${pg} is then only to be closed. */
enum error job_run_bounded(PGconn *pg, struct job *job, int wake_fd);
