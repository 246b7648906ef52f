/* SPDX-License-Identifier: Apache-2.0 */
#include "pressed.h"

#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>

const struct answer *page_send(const char *path, const char *body)
{
    return client_send(
        &(struct request){.service = stage_service(0),
                          .method = body != NULL ? "POST" : "GET",
                          .path = path,
                          .content_type = body != NULL ? "application/x-www-form-urlencoded" : "",
                          .body = body,
                          .foreign = true});
}

static const char *page_of(const char *path, const char *body)
{
    const struct answer *a = page_send(path, body);
    cr_assert_eq(a->status, 200, "%s: %d %s", path, a->status, a->body);
    return text_of("%s", a->body);
}

const char *look(const char *path)
{
    return page_of(path, NULL);
}

const char *press(const char *path, const char *body)
{
    return page_of(path, body);
}
