/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What to do with a batch that the server answered with an error (then it is surely not committed). */
enum fate {
    FATE_SPLIT,       /* some value in it is at fault: halve until it is found */
    FATE_RETRY,       /* it met another transaction: send it again, whole */
    FATE_UNAVAILABLE, /* the server is short of something, or going: answer 503 */
    FATE_RECONNECT,   /* as UNAVAILABLE, and this connection is of no more use */
    FATE_BUG          /* our own mistake: answer 500 and log the SQLSTATE */
};

/* By class: 22 and 23 split; 40 retry; 53, 55, 57, 58 unavailable; 08, 25006 (a
 * standby) and 57P0x reconnect. */
enum fate sqlstate_fate(const char *sqlstate);
