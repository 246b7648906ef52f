/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"
#include "ledger/site_choices.h"

/* What the requests that a site's pages send have in common: no token of a client's, but an Origin.
 * Answers depend on it (Vary) and are not kept; none says Access-Control-Allow-Credentials. */

/* Calls ${begin}, at once or later, when the controller that the path names is known to exist; else the
 * call ends: 404. Strangers name what they like: none of it pushes a controller out of those that the
 * thread holds. The call's claims are then those of a website of that controller. */
void site_begin(struct call *call, void (*begin)(struct call *call));
/* The page's Origin, which lives as long as the call; empty where there is none, or more than one. */
struct site_page site_page_of(struct call *call);
/* The policy names the page's origin: its scripts may read the answer. May be called again. */
void site_allow(struct call *call, const struct site_page *page);
/* Whether the site's own server passed the request on: a cookie in the answer is then the site's. */
bool site_is_passed_on(const struct call *call, const struct site_page *page);

/* For struct route. Of what pages send: an error, too, is told to the pages that the policy names, as far as
 * the thread holds it; without that a page's script is told of a network that failed. */
void site_problem_headers(struct worker *worker, h2o_req_t *req);
/* ... of what anybody's page reads. */
void site_problem_open(struct worker *worker, h2o_req_t *req);
