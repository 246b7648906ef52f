/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/controller.h"

#include "base/embedded.h"
#include "base/log.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct embedded demo_files[];

static const struct numbered_keys keys = {.count = 1, .keys = {{.number = 1, .bytes = {1}}}};
static struct controller_job job;

/* What is loaded of the controller of examples/demo.json, with one purpose that left the policy and one
 * token that was revoked. */
static void start(void)
{
    static const char *const purposes[] = {"newsletter", "marketing", "analytics", "functional", "former"};
    static const char *const notices[] = {"newsletter", "marketing", "analytics", "functional"};
    const struct embedded *demo = embedded_find(demo_files, "demo.json");
    log_set_level(LOG_LEVEL_ERROR);
    cr_assert_not_null(demo);
    controller_job_init(&job, "demo");
    job.found = true;
    job.controller_id = 3;
    job.generation = 8;
    job.policy_version = 2;
    job.key_first = job.key_oldest = job.key_last = 1;
    job.document = strndup(demo->data, demo->len);
    job.document_len = demo->len;
    job.numbers = calloc(9, sizeof *job.numbers);
    for (int32_t i = 0; i < 9; i++) {
        struct numbered *n = &job.numbers[job.number_count++];
        n->is_notice = i >= 5;
        n->number = i < 5 ? i + 1 : i - 4;
        snprintf(n->key, sizeof n->key, "%s", i < 5 ? purposes[i] : notices[i - 5]);
        snprintf(n->version, sizeof n->version, "%s", i < 5 ? "" : "1");
    }
    job.revoked = calloc(1, sizeof *job.revoked);
    job.revoked[job.revoked_count++] = strdup("token-1");
}

static void finish(void)
{
    controller_job_clear(&job);
}

TestSuite(controller, .init = start, .fini = finish);

static void expect_refused(const char *why)
{
    cr_expect_null(controller_of_job(&keys, &job), "%s", why);
}

Test(controller, is_what_was_loaded)
{
    struct controller *c = controller_of_job(&keys, &job);
    cr_assert_not_null(c);
    cr_expect_eq(c->controller_id, 3);
    cr_expect_eq(c->generation, 8);
    cr_expect_eq(c->policy->version, 2);
    cr_expect_eq(policy_purpose(c->policy, "marketing")->number, 2);
    cr_expect_null(c->old_tagger, "no rotation runs");
    controller_unref(c);
}

Test(controller, is_there_until_the_last_reference_is_gone)
{
    struct controller *c = controller_of_job(&keys, &job);
    cr_assert_not_null(c);
    cr_expect_eq(controller_ref(c), c);
    controller_unref(c);
    cr_expect(controller_revoked(c, "token-1"));
    controller_unref(c);
    controller_unref(NULL);
}

Test(controller, a_number_keeps_its_name_when_its_purpose_has_left_the_policy)
{
    struct controller *c = controller_of_job(&keys, &job);
    cr_assert_not_null(c);
    cr_expect_null(policy_purpose_numbered(c->policy, 5, NULL));
    const struct numbered *former = controller_numbered(c, false, 5);
    cr_assert_not_null(former);
    cr_expect_str_eq(former->key, "former");
    cr_expect_str_eq(controller_numbered(c, true, 1)->key, "newsletter", "notices are numbered apart");
    cr_expect_null(controller_numbered(c, true, 5));
    controller_unref(c);
}

Test(controller, knows_which_tokens_are_revoked)
{
    struct controller *c = controller_of_job(&keys, &job);
    cr_assert_not_null(c);
    cr_expect(controller_revoked(c, "token-1"));
    cr_expect_not(controller_revoked(c, "token-2"));
    cr_expect_not(controller_revoked(c, ""));
    controller_unref(c);
}

Test(controller, with_a_revoked_token_that_could_not_be_read_nothing_is_answered)
{
    free(job.revoked[0]);
    job.revoked[0] = NULL;
    expect_refused("its jti is not known");
    controller_job_clear(&job);
    start();
    free(job.revoked[0]);
    free(job.revoked);
    job.revoked = NULL;
    job.revoked_count = 0;
    expect_refused("nor are they all");
}

Test(controller, without_a_key_that_is_in_force_nothing_is_answered)
{
    job.key_last = 2;
    expect_refused("the newest");
    controller_job_clear(&job);
    start();
    job.key_first = job.key_oldest = job.key_last = 2;
    expect_refused("all");
}

Test(controller, with_a_document_or_numbers_that_cannot_be_used_nothing_is_answered)
{
    job.document[0] = '[';
    expect_refused("the document is none");
    controller_job_clear(&job);
    start();
    job.numbers[1].key[0] = 'x';
    expect_refused("a purpose without a number");
    controller_job_clear(&job);
    start();
    free(job.document);
    job.document = NULL;
    expect_refused("memory ran out");
}
