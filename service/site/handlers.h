/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"

/* What the routes of websites run. Each ends its call. */
void handle_site_cookies(struct call *call);
void handle_site_config(struct call *call);
void handle_site_script(struct call *call);
void handle_site_token(struct call *call);
void handle_site_choices(struct call *call);
void handle_site_read(struct call *call);
void handle_site_form(struct call *call);
void handle_site_stats(struct call *call);
void handle_site_preflight(struct call *call);
void handle_lost_link(struct call *call);
void handle_site_lost_link(struct call *call);
