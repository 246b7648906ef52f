/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/link.h"
#include "base/arena.h"
#include "ledger/controller.h"
#include "store/record.h"

/* What reading and writing for the ledger needs of whoever calls it. All it points at outlives the call. */
/* Of an act that a page's form tells, and no client's body. */
struct page_act {
    const struct person *person;
    const char *evidence; /* JSON */
    bool confirmed;       /* whoever acts reads the mail box already: a Yes waits for nothing */
};

struct ledger_env {
    struct arena *arena; /* what is read lives there; its owner ends the process when memory has run out */
    const struct controller *controller;
    const struct link_keys *link_keys; /* links are sealed with them */
    const char *public_url;            /* the base of links */
    const struct page_act *page;       /* NULL: the body tells it */
    instant now;                       /* the database's clock, as of its last answer */
    /* of the lines of an import: which system they come from, and by which batch; else NULL */
    const char *import_source, *import_batch;
};
