/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"

/* GET /demo: leads to the website of a demonstration (examples/site), which has an origin and a server of its
 * own, as a real one has. With AKKOORD_DEMO=1 and AKKOORD_DEMO_SITE alone; else there is no such page. */
void handle_demo_site(struct call *call);
