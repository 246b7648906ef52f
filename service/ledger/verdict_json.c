/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/verdict_json.h"

/* Consent Mode: what the purpose maps is granted by a verdict that allows, else denied. */
static void signals_write(struct writer *w, const struct verdict *v)
{
    if (v->purpose->signals == 0)
        return;
    writer_object_begin(w, "signals");
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        if ((v->purpose->signals & 1u << i) != 0)
            writer_text(w, signal_words[i], reason_allows(v->reason) ? "granted" : "denied");
    }
    writer_object_end(w);
}

/* What only some verdicts have to tell. */
static void notes_write(struct writer *w, const struct verdict *v, const struct policy *policy)
{
    if (v->entity != ENTITY_ANY)
        writer_text(w, "entity", policy->entities[v->entity].key);
    if (v->renew_by != INSTANT_NONE)
        writer_moment(w, "renew_by", v->renew_by);
    if (v->reconfirm_due)
        writer_bool(w, "reconfirm_due", true);
    if (v->renew_self)
        writer_text(w, "renew", "self");
}

void verdict_members(struct writer *w, const struct verdict *v, const struct policy *policy, instant as_of)
{
    writer_bool(w, "allow", reason_allows(v->reason));
    writer_text(w, "reason", reason_word(v->reason));
    writer_text(w, "purpose", v->purpose->key);
    writer_text(w, "lawful_basis", lawful_basis_words[v->purpose->basis]);
    writer_moment(w, "since", v->since);
    writer_moment(w, "valid_until", v->valid_until);
    writer_moment(w, "ask_again_after", v->ask_again_after);
    if (v->revision != 0) {
        writer_uuid(w, "record_id", v->record_id);
        writer_int(w, "revision", v->revision);
    } else {
        writer_null(w, "record_id");
        writer_null(w, "revision");
    }
    writer_moment(w, "as_of", as_of);
    signals_write(w, v);
    notes_write(w, v, policy);
}
