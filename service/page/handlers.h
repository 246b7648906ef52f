/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"

/* What the routes of pages run. Each ends its call. */
void handle_page_style(struct call *call);
void handle_page_colour(struct call *call);
void handle_page_logo(struct call *call);
void handle_confirm_page(struct call *call);
void handle_confirm_form(struct call *call);
void handle_unsubscribe_page(struct call *call);
void handle_unsubscribe_form(struct call *call);
void handle_preferences_page(struct call *call);
void handle_preferences_form(struct call *call);
void handle_guardian_page(struct call *call);
void handle_guardian_form(struct call *call);
void handle_identity_page(struct call *call);
void handle_identity_form(struct call *call);
