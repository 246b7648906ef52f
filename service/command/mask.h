/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* `akkoord mask`: masks standard input, or the files named, to standard output. ${argv}[0] is the subcommand's name.
 * Memory does not grow with the input. Ignores SIGPIPE from then on; not thread-safe (getopt). Returns the exit status:
 *   0  all is masked, or nobody reads the output any more
 *   1  reading or writing failed; stderr says which
 *   2  wrong usage
 *   3  NDJSON only: lines were left out; stderr names each by its number, never by its content */
int mask_command(int argc, char **argv);
