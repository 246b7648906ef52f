/* SPDX-License-Identifier: Apache-2.0 */
#include "page/routes.h"

#include "base/limits.h"
#include "page/demo_mail.h"
#include "page/demo_site.h"
#include "page/frame.h"
#include "page/handlers.h"

#define PAGE .cost = COST_ADDRESS, .problem = page_problem

const struct route page_routes[] = {
    {"GET", "/page.css", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS, PAGE, .handle = handle_page_style},
    {"GET", "/page-{colour}.css", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS, PAGE,
     .handle = handle_page_colour},
    {"GET", "/logo/{controller}/{hash}", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS, PAGE,
     .handle = handle_page_logo},
    {"GET", "/c/{token}", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS, PAGE, .handle = handle_confirm_page},
    {"POST", "/c/{token}", SCOPE_NONE, MEDIA_ANY, FORM_BODY_BYTES_MAX, CALL_DEADLINE_MS, PAGE,
     .handle = handle_confirm_form},
    {"GET", "/u/{token}", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS, PAGE,
     .handle = handle_unsubscribe_page},
    {"POST", "/u/{token}", SCOPE_NONE, MEDIA_ANY, FORM_BODY_BYTES_MAX, CALL_DEADLINE_MS, PAGE,
     .handle = handle_unsubscribe_form},
    {"GET", "/p/{token}", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS, PAGE,
     .handle = handle_preferences_page},
    {"POST", "/p/{token}", SCOPE_NONE, MEDIA_ANY, FORM_BODY_BYTES_MAX, CALL_DEADLINE_MS, PAGE,
     .handle = handle_preferences_form},
    {"GET", "/g/{token}", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS, PAGE, .handle = handle_guardian_page},
    {"POST", "/g/{token}", SCOPE_NONE, MEDIA_ANY, FORM_BODY_BYTES_MAX, CALL_DEADLINE_MS, PAGE,
     .handle = handle_guardian_form},
    {"GET", "/i/{token}", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS, PAGE, .handle = handle_identity_page},
    {"POST", "/i/{token}", SCOPE_NONE, MEDIA_ANY, FORM_BODY_BYTES_MAX, CALL_DEADLINE_MS, PAGE,
     .handle = handle_identity_form},
    {"GET", "/demo", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS, PAGE, .handle = handle_demo_site},
    {"GET", "/demo/mail", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS, PAGE, .handle = handle_demo_mail},
    {"POST", "/demo/mail", SCOPE_NONE, MEDIA_JSON, DEMO_MAIL_BYTES_MAX, CALL_DEADLINE_MS,
     .cost = COST_ADDRESS, .handle = handle_demo_mail_add},
    {0}};
