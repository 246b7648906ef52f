/* SPDX-License-Identifier: Apache-2.0 */
#include "mailed.h"

#include "auth/link.h"
#include "base/hex.h"
#include "harness/process.h"
#include "harness/stage.h"
#include "ledger/message.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

json_t *told_mailed(const struct tenant *t, enum message_kind kind)
{
    const char *row = database_value(stage_database(),
                                     "select concat_ws(' ', encode(o.content, 'hex'), controller_id, "
                                     "coalesce(o.subject_no, 0), coalesce(o.revision, 0)) from outbox o join "
                                     "controller c using (controller_id) where c.key = '%s' and o.kind = %d "
                                     "order by o.message_no desc limit 1",
                                     t->key, kind);
    cr_assert_not_null(row, "no such message");
    struct numbered_keys numbered;
    struct link_keys keys;
    const char *file = file_read(stage_keyring()->link_key_file);
    cr_assert_null(numbered_keys_parse(file, strlen(file), &numbered));
    cr_assert_eq(link_keys_make(&numbered, &keys), 0);
    size_t digits = strcspn(row, " ");
    uint8_t *content = malloc(digits / 2);
    cr_assert(hex_read_lower(row, digits, content, digits / 2));
    struct message_due due = {
        .kind = kind, .controller = t->key, .content = content, .content_len = digits / 2};
    char *rest;
    due.controller_id = (int32_t)strtol(row + digits, &rest, 10);
    due.subject_no = strtoll(rest, &rest, 10);
    due.revision = strtoll(rest, &rest, 10);
    due.valid_until = clock_wall() + 86400 * SECOND;

    struct buf body;
    buf_init(&body, 16 * 1024);
    cr_assert_eq(message_body_write(&body, &due, &keys, ""), 0);
    free(content);
    json_t *told = json_loadb(body.data, body.len, 0, NULL);
    buf_free(&body);
    expect(told, "{'type': '%s', 'data': {'controller': '%s', 'to': {'type': 'email'}}}",
           message_kind_word(kind), t->key);
    return told;
}

const char *path_mailed(const struct tenant *t, enum message_kind kind)
{
    json_t *told = told_mailed(t, kind);
    const char *url = string_at(told, "/data/url"), *host = strstr(url, "://");
    const char *path = text_of("%s", host != NULL ? strchr(host + 3, '/') : url);
    json_decref(told);
    return path;
}
