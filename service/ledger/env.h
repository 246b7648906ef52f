/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "ledger/controller.h"

/* What reading and writing for the ledger needs of whoever calls it. All it points at outlives the call. */
struct ledger_env {
    struct arena *arena; /* what is read lives there; its owner ends the process when memory has run out */
    const struct controller *controller;
    const struct subject_keys *keys; /* links are sealed with them */
    const char *public_url;          /* the base of links */
    instant now;                     /* the database's clock, as of its last answer */
};
