/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"

/* What the routes run, a file a resource: consents.c and so on. Each ends its call. */
void handle_record(struct call *call);
void handle_invalidate(struct call *call);
void handle_withdraw(struct call *call);
void handle_confirm(struct call *call);
void handle_objection(struct call *call);
void handle_check(struct call *call);
void handle_check_batch(struct call *call);
void handle_policy_get(struct call *call);
void handle_policy_put(struct call *call);
void handle_policy_rehearse(struct call *call);
void handle_policy_schema(struct call *call);
void handle_policy_register(struct call *call);
void handle_site_cookies(struct call *call);
void handle_lookup(struct call *call);
void handle_consents(struct call *call);
void handle_history(struct call *call);
void handle_renewals(struct call *call);
void handle_changes(struct call *call);
void handle_key_add(struct call *call);
void handle_keys(struct call *call);
void handle_key_revoke(struct call *call);
void handle_mask(struct call *call);
void handle_analytics_filter(struct call *call);
void handle_live(struct call *call);
void handle_ready(struct call *call);
void handle_openapi(struct call *call);
void handle_docs(struct call *call);
