/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "api/staffing.h"
#include "auth/jws.h"
#include "base/limits.h"

#include <string.h>

/* POST /v1/subjects/{id}/erase: what is tied to a person goes, from every table at once (GDPR art. 17). The
 * answer certifies what was removed and what was kept and why: counts only, signed with the controller's key
 * where it has one. */

static void erasure_read(struct staffing *s, const struct node *root, struct writer *detail)
{
    static const char *const members[] = {"keep_proof",   "remember_no", "reason",
                                          "on_behalf_of", "request",     NULL};
    node_only(root, members);
    struct node proof = node_optional(root, "keep_proof"), no = node_optional(root, "remember_no");
    s->job.keeps_proof_told = node_present(&proof);
    s->job.keeps_proof = s->job.keeps_proof_told && node_bool(&proof);
    s->job.remembers_no = !node_present(&no) || node_bool(&no);
    s->job.term = s->attempt.controller->policy->tombstone;
    if (duration_is_zero(s->job.term))
        s->job.term = (struct duration){.months = TOMBSTONE_MONTHS};
    staffing_reason(s, root, detail);
    staffing_request(s, root);
}

static void kept_write(struct writer *w, const char *key, int64_t count, const char *why)
{
    writer_object_begin(w, key);
    writer_int(w, "count", count);
    writer_text(w, "why", why);
    writer_object_end(w);
}

static void certificate_write(const struct staffing *s, struct writer *w)
{
    const int64_t *n = s->job.counts;
    writer_text(w, "iss", s->attempt.controller->policy->controller);
    writer_uuid(w, "jti", s->job.record_id);
    writer_int(w, "iat", s->job.recorded_at / SECOND);
    writer_moment(w, "erased_at", s->job.recorded_at);
    writer_object_begin(w, "removed");
    writer_int(w, "identifiers", n[ERASED_IDENTIFIERS]);
    writer_int(w, "events", n[ERASED_EVENTS]);
    writer_int(w, "evidence", n[ERASED_EVIDENCE]);
    writer_int(w, "guardians", n[ERASED_GUARDIANS]);
    writer_int(w, "messages", n[ERASED_MESSAGES]);
    writer_object_end(w);
    writer_object_begin(w, "kept");
    kept_write(w, "proofs", n[ERASED_PROOFS],
               "What was agreed to and when, without whose it was: the controller has to be able to show it "
               "(GDPR art. 7(1), 17(3)(e)). Only its record_id still finds it.");
    kept_write(w, "refusals", n[ERASED_REFUSALS],
               "Noes that reach what another person has too: no erasure turns one into a Yes.");
    kept_write(w, "shared_identifiers", n[ERASED_SHARED], "Another person has them too.");
    kept_write(w, "tombstones", n[ERASED_TOMBSTONES],
               "Keyed hashes of the identifiers, and what the person had said No to, so that no import "
               "brings them back.");
    writer_object_end(w);
    writer_moment(w, "tombstones_until", s->job.until);
}

/* The certificate as a JWS in the compact form; null where the controller has no key that signs. */
static void signature_write(const struct staffing *s, struct writer *w, const struct buf *certificate)
{
    const struct receipt_key *key =
        receipt_keys_find(s->attempt.call->worker->keys.receipts, s->attempt.controller->policy->controller);
    struct jws j = {0};
    struct buf text;
    buf_init(&text, ANSWER_BYTES_MAX);
    if (key != NULL) {
        jws_begin(&j, key, JWS_CERTIFICATE, &text);
        jws_add(&j, certificate->data, certificate->len, &text);
    }
    if (key != NULL && jws_end(&j, &text) == 0)
        writer_string(w, "jws", text.data, text.len);
    else
        writer_null(w, "jws");
    jws_abandon(&j);
    buf_free(&text);
}

static void erased_write(const struct staffing *s, struct writer *w)
{
    struct buf certificate;
    buf_init(&certificate, ANSWER_BYTES_MAX);
    struct writer inner = writer_of(&certificate);
    writer_object_begin(&inner, NULL);
    certificate_write(s, &inner);
    writer_object_end(&inner);
    writer_raw(w, "certificate", certificate.data, certificate.len);
    signature_write(s, w, &certificate);
    buf_free(&certificate);
}

void handle_erase(struct call *call)
{
    static const struct staff_kind kind = {
        .act = STAFF_ERASED, .status = 200, .read = erasure_read, .answer = erased_write};
    staffing_start(call, &kind);
}
