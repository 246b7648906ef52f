/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What to do with a batch that the server answered with an error. It is surely not committed, but for
 * FATE_UNKNOWN. */
enum fate {
    FATE_SPLIT,       /* some value in it is at fault: halve until it is found */
    FATE_RETRY,       /* it met another transaction: send it again, whole */
    FATE_UNAVAILABLE, /* the server is short of something, or going: answer 503 */
    FATE_RECONNECT,   /* as UNAVAILABLE, and this connection is of no more use */
    FATE_UNKNOWN,     /* a write may be there or not: answer 504; nor is this connection of any more use */
    FATE_BUG          /* our own mistake: answer 500 and log the SQLSTATE */
};

/* By class: 22 and 23 split; 40 retry; 53, 55, 57, 58 unavailable; 25006 (a standby) and 57P0x reconnect.
 * Unknown are those that come from between us and whoever commits, or while they commit: 08 (said by a proxy,
 * or by a distributed server of one of its nodes), 40003 and 57P02. */
enum fate sqlstate_fate(const char *sqlstate);
