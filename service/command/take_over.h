/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "config/config.h"

enum { TAKE_OVER_FAULT = 512 }; /* bytes of a sentence, with its NUL */

/* `akkoord serve --take-over`: asks who listens at AKKOORD_LISTEN and AKKOORD_TLS_LISTEN. Two processes
 * share what comes to a port, so they must answer from one database: ${database_id} (store/identity; ""
 * where it is not known). Sets ${ret_beside} when somebody is there, who is to be joined. Returns -1 with
 * the reason in ${fault} when the place cannot be taken. */
int take_over_check(const struct config *config, const char *database_id, bool *ret_beside,
                    char fault[TAKE_OVER_FAULT]);
