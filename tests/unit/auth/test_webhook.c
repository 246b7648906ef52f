/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/webhook.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* 32 bytes of zero, and 24 of "b". */
#define SECRET "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define OTHER  "whsec_YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJi"

static struct webhook_secrets *secrets;

static void forget(void)
{
    webhook_secrets_free(secrets);
    secrets = NULL;
}

TestSuite(webhook, .fini = forget);

static const char *parse(const char *text)
{
    return webhook_secrets_parse(text, strlen(text), &secrets);
}

Test(webhook, a_signature_is_that_of_the_specification)
{
    /* the example of the specification's own libraries */
    cr_assert_null(parse("mailer:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"));
    char signature[WEBHOOK_SIGNATURE_MAX + 1];
    const char body[] = "{\"test\": 2432232314}";
    cr_assert_eq(webhook_sign(secrets, "mailer", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body,
                              strlen(body), signature),
                 0);
    cr_assert_str_eq(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

Test(webhook, every_secret_of_a_name_signs_and_no_other)
{
    char both[WEBHOOK_SIGNATURE_MAX + 1], one[WEBHOOK_SIGNATURE_MAX + 1];
    cr_assert_null(parse("# of the mailer\nmailer:" SECRET "\r\n\nmailer:" OTHER "\ntool:" OTHER "\n"));
    cr_assert_eq(webhook_sign(secrets, "mailer", "id", 1, "body", 4, both), 0);
    cr_assert_eq(webhook_sign(secrets, "tool", "id", 1, "body", 4, one), 0);
    cr_assert_eq(strlen(both), 2 * strlen(one) + 1);
    cr_assert_str_eq(strchr(both, ' ') + 1, one);
    cr_assert_eq(webhook_sign(secrets, "mail", "id", 1, "body", 4, one), -1);
    cr_assert_eq(webhook_sign(NULL, "mailer", "id", 1, "body", 4, one), -1);
}

Test(webhook, whatever_is_signed_changes_the_signature)
{
    char first[WEBHOOK_SIGNATURE_MAX + 1], second[WEBHOOK_SIGNATURE_MAX + 1];
    cr_assert_null(parse("mailer:" SECRET));
    webhook_sign(secrets, "mailer", "id", 1, "body", 4, first);
    webhook_sign(secrets, "mailer", "ie", 1, "body", 4, second);
    cr_expect_str_neq(first, second);
    webhook_sign(secrets, "mailer", "id", 2, "body", 4, second);
    cr_expect_str_neq(first, second);
    webhook_sign(secrets, "mailer", "id", 1, "bodz", 4, second);
    cr_expect_str_neq(first, second);
}

Test(webhook, a_file_that_is_wrong_is_refused)
{
    static const char *const wrong[] = {
        "",
        "# nothing\n",
        "mailer\n",
        "mailer:AAAA\n",
        "Mailer:" SECRET "\n",
        "_mailer:" SECRET "\n",
        ":" SECRET "\n",
        "mailer: " SECRET "\n",
        "mailer:whsec_\n",
        "mailer:whsec_YmJiYmJiYmJiYmJiYmJiYmJiYmJiYg==\n", /* 23 bytes */
        "mailer:" SECRET "=\n",
        "mailer:whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n", /* loose bits */
        "a:" OTHER "\na:" OTHER "\na:" OTHER "\na:" OTHER "\na:" OTHER "\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_not_null(parse(wrong[i]), "%s", wrong[i]);
        cr_expect_null(secrets);
    }
}
