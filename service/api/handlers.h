/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"

/* Of ERROR_NOT_FOUND, for a subject_id that leads to nobody. */
#define NO_SUBJECT                                                                                           \
    "There is no such subject: it was erased or merged, or never was. An identifier finds who it is now "    \
    "(POST /v1/subjects/lookup)."

/* What the routes run, a file a resource: consents.c and so on. Each ends its call. */
void handle_record(struct call *call);
void handle_import(struct call *call);
void handle_import_undo(struct call *call);
void handle_invalidate(struct call *call);
void handle_withdraw(struct call *call);
void handle_confirm(struct call *call);
void handle_objection(struct call *call);
void handle_guardian_request(struct call *call);
void handle_check(struct call *call);
/* Whether the body of a check asks about a moment: then it is for the next. */
bool check_has_as_of(struct call *call);
void handle_check_as_of(struct call *call);
void handle_check_batch(struct call *call);
void handle_policy_get(struct call *call);
void handle_policy_put(struct call *call);
void handle_policy_rehearse(struct call *call);
void handle_policy_schema(struct call *call);
void handle_policy_register(struct call *call);
void handle_lookup(struct call *call);
void handle_lookup_batch(struct call *call);
void handle_consents(struct call *call);
void handle_history(struct call *call);
void handle_export(struct call *call);
void handle_retention_event(struct call *call);
void handle_retention_due(struct call *call);
void handle_retention_runs(struct call *call);
void handle_restrict(struct call *call);
void handle_lift(struct call *call);
void handle_identifier_add(struct call *call);
void handle_identifier_end(struct call *call);
void handle_correct(struct call *call);
void handle_merge(struct call *call);
void handle_split(struct call *call);
void handle_erase(struct call *call);
void handle_renewals(struct call *call);
void handle_changes(struct call *call);
void handle_check_traces(struct call *call);
void handle_policy_versions(struct call *call);
void handle_policy_changes(struct call *call);
void handle_audit(struct call *call);
void handle_breach_add(struct call *call);
void handle_breach_set(struct call *call);
void handle_breach(struct call *call);
void handle_breaches(struct call *call);
void handle_breach_subjects(struct call *call);
void handle_rights_request(struct call *call);
void handle_rights_requests(struct call *call);
void handle_rights_request_get(struct call *call);
void handle_rights_extend(struct call *call);
void handle_rights_pause(struct call *call);
void handle_rights_resume(struct call *call);
void handle_rights_refuse(struct call *call);
void handle_rights_close(struct call *call);
void handle_rights_identity(struct call *call);
void handle_rights_identity_link(struct call *call);
void handle_key_add(struct call *call);
void handle_keys(struct call *call);
void handle_key_revoke(struct call *call);
void handle_deliveries(struct call *call);
void handle_resend(struct call *call);
void handle_recipients(struct call *call);
void handle_jwks(struct call *call);
void handle_links(struct call *call);
void handle_mask(struct call *call);
void handle_analytics_filter(struct call *call);
void handle_live(struct call *call);
void handle_ready(struct call *call);
void handle_openapi(struct call *call);
void handle_docs(struct call *call);
void handle_docs_file(struct call *call);
void handle_root(struct call *call);
