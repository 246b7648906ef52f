/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "wire/policy_document.h"
#include "wire/policy_language.h"

/* What the banner of a controller's websites shows, out of its policy: public, and of no visitor. */
struct site_config {
    struct reader *document; /* one that was applied; stays as it is */
    const struct policy *policy;
    int32_t version;
    const char *language; /* wished for: any text, or NULL; where the policy does not speak it, its first */
    instant at;           /* the words in force then */
};

/* Appends the JSON of openapi/akkoord.yaml (`SiteConfig`); ${out} fails on lack of room or memory. */
void site_config_json(const struct site_config *c, struct buf *out);
/* The language that it is in, in lower case: lives in ${room}. */
void site_config_language(const struct site_config *c, char room[LANGUAGE_CHOSEN_SIZE]);
/* Whether words of a banner, or of a form, take effect after ${at}: it is then not the same for good. */
bool site_config_changes(const struct policy *policy, instant at);
