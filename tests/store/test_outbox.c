/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"
#include "ledger.h"

#include "store/blocking.h"
#include "store/outbox.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Messages are put in the transaction of what they are about, or by themselves within limits. */

static struct ledger l;

static void stop(void)
{
    if (l.pg != NULL)
        ledger_close(&l);
}

TestSuite(outbox, .fini = stop, .timeout = 300);

/* A controller whose policy names an endpoint for messages. */
static void opened(const char *key)
{
    l = ledger_open(key);
    char sql[256];
    snprintf(sql, sizeof sql,
             "select name_endpoints(%d, '{\"messages\": {\"endpoint\": \"https://mail.example/in\", "
             "\"secret\": \"mailer\"}}')",
             l.controller);
    cr_assert_null(sql_refused(l.pg, sql));
}

static struct act request_act(const struct person *person, const char *message)
{
    struct act act = act_of(person, NEWSLETTER, EVENT_REQUESTED, INSTANT_NONE);
    act.effect = EFFECT_PENDING;
    act.has_end = true;
    act.validity = (struct duration){.days = 7};
    act.message = (const uint8_t *)message;
    act.message_len = message != NULL ? strlen(message) : 0;
    return act;
}

static int64_t waiting(void)
{
    return ledger_number(&l, "select count(*) from outbox where controller_id = $1 and status = 0");
}

static bool put(uint32_t to, enum message_kind kind, instant valid_until)
{
    struct outbox_put_job job = {.job.controller_id = l.controller,
                                 .kind = kind,
                                 .to = tag_numbered(to),
                                 .content = (const uint8_t *)"sealed",
                                 .content_len = 6,
                                 .valid_until = valid_until,
                                 .limit_count = 2,
                                 .limits = {{1, 600}, {3, 86400}}};
    outbox_put_job_prepare(&job);
    cr_assert_eq(job_run_blocking(l.pg, &job.job), ERROR_NONE);
    return job.put;
}

static bool put_link(uint32_t to)
{
    return put(to, MESSAGE_LINK, ledger_now(&l) + 86400 * SECOND);
}

Test(outbox, a_tag_of_the_key_before_is_not_put_behind_a_rotation)
{
    opened("rotated");
    cr_assert(put_link(1));
    ledger_number(&l, "update controller set key_last = key_last + 1 where controller_id = $1 returning 1");
    cr_assert_not(put_link(2));
    cr_assert_eq(waiting(), 1);
}

Test(outbox, an_acts_message_is_put_with_its_event)
{
    opened("act");
    const struct person one = person_numbered(1), two = person_of(2, 2);
    struct recorded e = ledger_record(&l, request_act(&one, "sealed"));
    cr_assert_eq(e.effect, EFFECT_PENDING);
    ledger_record(&l, request_act(&two, "sealed")); /* not apart: it names two identifiers */
    ledger_record(&l, request_act(&one, NULL));
    cr_assert_eq(waiting(), 2);
    cr_assert_eq(ledger_number(&l,
                               "select count(*) from outbox o join event e using (controller_id, revision) "
                               "where controller_id = $1 and o.subject_no = e.subject_no "
                               "and o.valid_until = e.valid_until and o.put_at = e.recorded_at "
                               "and o.ends_at = o.put_at + interval '3 days' and o.kind = 0"),
                 2);
}

Test(outbox, a_request_that_is_left_out_puts_nothing)
{
    opened("left out");
    const struct person one = person_numbered(1);
    struct act act = request_act(&one, "sealed");
    act.at = ledger_now(&l) + 3600 * SECOND;
    struct record_job r = request_of(&l, &act, 1);
    batch_run(l.pg, &r, 1);
    cr_assert_eq(r.outcome, RECORD_IN_FUTURE);
    record_job_clear(&r);
    cr_assert_eq(waiting(), 0);
}

Test(outbox, one_by_itself_is_put_within_its_limits)
{
    opened("limits");
    cr_assert(put_link(1));
    cr_assert_not(put_link(1), "one in ten minutes");
    cr_assert(put_link(2), "another address");
    cr_assert(put(1, MESSAGE_GUARDIAN_REQUEST, ledger_now(&l) + 60 * SECOND), "another kind");

    /* what is over counts too */
    for (int day = 2; day <= 4; day++) {
        ledger_number(&l, "update outbox set put_at = put_at - interval '11 minutes', status = 1, "
                          "over_at = clock_timestamp() where controller_id = $1");
        cr_assert_eq(put_link(1), day <= 3, "three a day");
    }
}

Test(outbox, nothing_is_put_where_the_policy_names_no_endpoint)
{
    l = ledger_open("no endpoint");
    cr_assert_not(put_link(1));
    cr_assert_eq(waiting(), 0);
}

Test(outbox, an_endpoint_is_kept_while_its_policy_says_the_same)
{
    opened("kept");
    ledger_number(&l, "update endpoint set failures = 3, stopped_at = clock_timestamp() "
                      "where controller_id = $1");
    char sql[256];
    snprintf(sql, sizeof sql,
             "select name_endpoints(%d, '{\"messages\": {\"endpoint\": \"https://mail.example/in\", "
             "\"secret\": \"mailer\"}}')",
             l.controller);
    cr_assert_null(sql_refused(l.pg, sql));
    cr_assert_eq(ledger_number(&l, "select failures from endpoint where controller_id = $1"), 3);

    /* another place begins anew */
    snprintf(sql, sizeof sql,
             "select name_endpoints(%d, '{\"messages\": {\"endpoint\": \"https://mail.example/other\", "
             "\"secret\": \"mailer\"}}')",
             l.controller);
    cr_assert_null(sql_refused(l.pg, sql));
    cr_assert_eq(ledger_number(&l, "select failures from endpoint where controller_id = $1"), 0);
    snprintf(sql, sizeof sql, "select name_endpoints(%d, '{}')", l.controller);
    cr_assert_null(sql_refused(l.pg, sql));
    cr_assert_eq(ledger_number(&l, "select count(*) from endpoint where controller_id = $1"), 0);
}
