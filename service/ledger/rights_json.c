/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/rights_json.h"

#include "domain/moment.h"

#include <string.h>

static void day_write(struct writer *w, const char *key, int32_t day)
{
    char text[MOMENT_TEXT + 1];
    if (day == DAY_NONE) {
        writer_null(w, key);
        return;
    }
    moment_format((instant)day * 86400 * SECOND, text);
    writer_string(w, key, text, strlen("2026-11-21"));
}

static void duration_write(struct writer *w, const char *key, struct duration d)
{
    char text[DURATION_TEXT + 1];
    writer_string(w, key, text, duration_format(d, text));
}

static void clock_write(struct writer *w, const struct rights_row *r, instant as_of)
{
    writer_moment(w, "received_at", r->received);
    duration_write(w, "term", r->term);
    day_write(w, "due_on", r->due.day);
    writer_moment(w, "due_at", r->due.at);
    writer_bool(w, "overdue", r->closed_at == INSTANT_NONE && r->due.at != INSTANT_NONE && r->due.at < as_of);
    if (r->extended_at != INSTANT_NONE) {
        writer_object_begin(w, "extension");
        duration_write(w, "by", r->extension);
        writer_moment(w, "at", r->extended_at);
        writer_text(w, "reason", r->extension_reason);
        writer_object_end(w);
    } else {
        writer_null(w, "extension");
    }
    if (r->paused_at != INSTANT_NONE) {
        writer_object_begin(w, "pause");
        writer_moment(w, "since", r->paused_at);
        writer_text(w, "reason", r->pause_reason);
        writer_object_end(w);
    } else {
        writer_null(w, "pause");
    }
    writer_int(w, "paused_days", r->paused_days);
}

static void end_write(struct writer *w, const struct rights_row *r)
{
    writer_moment(w, "closed_at", r->closed_at);
    writer_text(w, "closed_by", r->closed_by);
    writer_text(w, "answer", r->answer);
    if (strcmp(r->state, "refused") == 0) {
        writer_object_begin(w, "refusal");
        writer_text(w, "reason", r->refusal_reason);
        writer_text(w, "complaint", r->complaint);
        writer_object_end(w);
    } else {
        writer_null(w, "refusal");
    }
}

void rights_request_write(struct writer *w, struct subject_ids *ids, const struct rights_row *r,
                          instant as_of)
{
    char subject[SUBJECT_ID_TEXT + 1];
    if (r->subject_no != 0)
        subject_id_format(ids, r->subject_no, subject);
    writer_object_begin(w, NULL);
    writer_uuid(w, "request_id", r->id);
    writer_text(w, "kind", r->kind);
    writer_text(w, "state", r->state);
    writer_text(w, "subject_id", r->subject_no != 0 ? subject : NULL);
    writer_text(w, "client", r->client);
    clock_write(w, r, as_of);
    writer_object_begin(w, "identity");
    writer_text(w, "method", r->identity_method);
    writer_text(w, "outcome", r->identity_outcome);
    writer_moment(w, "at", r->identity_at);
    writer_object_end(w);
    end_write(w, r);
    writer_text(w, "medium", r->medium);
    writer_text(w, "on_behalf_of", r->on_behalf_of);
    writer_text(w, "ref", r->ref);
    writer_moment(w, "recorded_at", r->recorded_at);
    writer_text(w, "recorded_by", r->recorded_by);
    writer_object_end(w);
}

enum error rights_misfit(enum rights_answered answered, const char **ret_detail)
{
    static const struct {
        enum error error;
        const char *detail;
    } misfits[] = {
        [RIGHTS_ANSWERED] = {ERROR_NONE, NULL},
        [RIGHTS_UNKNOWN] = {ERROR_INVALID, "There is no such rights-request."},
        [RIGHTS_CLOSED] = {ERROR_CONFLICT, "The rights-request is closed already."},
        [RIGHTS_OTHER_KIND] = {ERROR_INVALID, "The rights-request asks for something else."},
        [RIGHTS_OTHER_SUBJECT] = {ERROR_INVALID,
                                  "The rights-request is another subject's, or of nobody known."},
        [RIGHTS_NOT_THEM] = {ERROR_CONFLICT,
                             "Who asked was found not to be the subject (identity.outcome is failed): refuse "
                             "the rights-request, or tell its identity anew."},
    };
    *ret_detail = misfits[answered].detail;
    return misfits[answered].error;
}

void retention_item_begin(struct writer *w, struct subject_ids *ids, const struct retention_item *i)
{
    char subject[SUBJECT_ID_TEXT + 1];
    subject_id_format(ids, i->subject_no, subject);
    writer_object_begin(w, NULL);
    writer_text(w, "subject_id", subject);
    writer_text(w, "ref", i->ref[0] != '\0' ? i->ref : NULL);
    writer_text(w, "client", i->client);
    writer_text(w, "purpose", i->purpose);
    writer_text(w, "data_class", i->data_class);
    writer_moment(w, "due_at", i->due_at);
    writer_text(w, "event", i->event);
    writer_moment(w, "began_at", i->began_at);
    writer_text(w, "source", i->source);
}
