/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "harness/client.h"

/* The pages behind a link, at the stage's first service, as a browser asks for them. */

/* ${body}: of a form, urlencoded; NULL: the page is only looked at. */
const struct answer *page_send(const char *path, const char *body);
/* Likewise where the answer must be 200, else the test fails; the page, which stays. */
const char *look(const char *path);
const char *press(const char *path, const char *body);
