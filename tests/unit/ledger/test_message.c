/* SPDX-License-Identifier: Apache-2.0 */
#include "stand.h"

#include "ledger/guardian_request.h"
#include "ledger/message.h"

#include <criterion/criterion.h>
#include <string.h>

/* What is sealed on its way through the outbox, and what is delivered in the end. */

static struct stand s;

static void open_stand(void)
{
    stand_open(&s);
}

static void close_stand(void)
{
    stand_close(&s);
}

TestSuite(message, .init = open_stand, .fini = close_stand);

static const struct tag guardian = {.bytes = {1, 2, 3}};

/* Sealed, and as the outbox gives it back. */
static struct message_due due_of(enum message_kind kind)
{
    static const char *const purposes[] = {"pupils", "news"};
    struct message m = {.kind = kind,
                        .language = "nl",
                        .span = 2,
                        .guardian = &guardian,
                        .purpose_count = 2,
                        .purposes = purposes};
    cr_assert_null(identifier_normalise(IDENTIFIER_EMAIL, "mum@example.nl", 14, "NL", &m.to));
    struct message_due due = {.kind = kind,
                              .controller_id = s.controller.controller_id,
                              .controller = "stand",
                              .subject_no = 5,
                              .revision = 9,
                              .put_at = STAND_NOW,
                              .valid_until = STAND_NOW + 86400 * SECOND};
    due.content = message_seal(&s.env, &m, &due.content_len);
    cr_assert_not_null(due.content);
    cr_expect_null(memmem(due.content, due.content_len, "mum@", 4));
    return due;
}

static int delivered(const struct message_due *due, struct buf *out)
{
    buf_init(out, 4096);
    return message_body_write(out, due, &s.keys, s.env.public_url);
}

Test(message, a_guardians_link_is_made_when_it_is_delivered_and_leads_to_what_was_asked)
{
    for (enum message_kind kind = MESSAGE_GUARDIAN_REQUEST; kind <= MESSAGE_GUARDIAN_SECOND; kind++) {
        struct message_due due = due_of(kind);
        struct buf out;
        cr_assert_eq(delivered(&due, &out), 0);
        buf_byte(&out, '\0');
        cr_expect_not_null(strstr(out.data, message_kind_word(kind)));
        cr_expect_not_null(strstr(out.data, "\"value\":\"mum@example.nl\""));
        cr_expect_not_null(strstr(out.data, "\"purposes\":[\"pupils\",\"news\"]"));
        const char *token = strstr(out.data, "https://consent.example/g/");
        cr_assert_not_null(token, "%s", out.data);
        token += strlen("https://consent.example/g/");
        struct guardian_link link;
        cr_assert_eq(guardian_link_open(&s.keys, token, strcspn(token, "\""), &link), 0);
        cr_expect_eq(link.controller_id, s.controller.controller_id);
        cr_expect_eq(link.which.subject_no, 5);
        cr_expect_eq(link.which.revision, 9);
        cr_expect_eq(link.which.count, 2);
        cr_expect_eq(link.expires, guardian_link_ends(STAND_NOW) / SECOND * SECOND);
        cr_expect_arr_eq(link.guardian.bytes, guardian.bytes, TAG_SIZE);
        buf_free(&out);
    }
}

Test(message, it_opens_as_its_own_kind_of_its_own_controller_and_not_otherwise)
{
    struct message_due due = due_of(MESSAGE_GUARDIAN_REQUEST), other = due;
    struct buf out;
    other.kind = MESSAGE_GUARDIAN_SECOND;
    cr_expect_neq(delivered(&other, &out), 0);
    buf_free(&out);
    other = due;
    other.controller_id++;
    cr_expect_neq(delivered(&other, &out), 0);
    buf_free(&out);
}
