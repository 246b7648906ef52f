/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/lane.h"

/* Runs one job over a blocking connection, for commands: the same statement, parameters and reading as in a
 * lane, in its own transaction. job->done is not called. Returns ERROR_NONE, ERROR_UNAVAILABLE, or
 * ERROR_INTERNAL with the SQLSTATE logged. */
enum error job_run_blocking(PGconn *pg, struct job *job);
