/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"
#include "ledger.h"

#include "base/clock.h"
#include "base/limits.h"
#include "loop/loop.h"
#include "store/lane.h"
#include "store/view.h"

#include <criterion/criterion.h>
#include <endian.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is answered from a view is held to what a probe answers: each line of view.h's list. No timing is
 * tested: waits poll, and end at this ceiling. */
enum { PATIENCE_MS = 30000, VIEW_BYTES = 1000000, ASKED_MAX = 64, TAG_TEXT = 48, SQL_MAX = 8192 };

static struct ledger l;
static struct loop *loop;
static struct database *db;
static struct lane *lane;
static struct view *view;
static const struct purpose_set sets[] = {
    {.count = 3, .numbers = {PURPOSE_ALL, OFFERS, PURPOSE_POINTER}},
    {.count = 3, .numbers = {PURPOSE_ALL, NEWSLETTER, PURPOSE_POINTER}}};
static const int32_t purposes[] = {OFFERS, NEWSLETTER};

static struct recorded one_says(uint32_t n, int32_t purpose, enum event_state state);

/* Its log is empty. */
static void start_empty(const char *controller, size_t bytes)
{
    char *fault = NULL;
    l = ledger_open(controller);
    loop = loop_create();
    db = database_create(cluster_service(), ledger_keys(), &fault);
    cr_assert_not_null(db, "%s", fault);
    lane = lane_create(loop, db, "test", READ_DEPTH, 60000);
    view = view_create(bytes);
    cr_assert_not_null(view);
    lane_join_view(lane, view);
}

/* Its log has a row, as that of a controller which anything was ever said to. */
enum { SOMEBODY = 999 };
static void start(const char *controller, size_t bytes)
{
    start_empty(controller, bytes);
    one_says(SOMEBODY, OFFERS, EVENT_GIVEN);
}

static void stop(void)
{
    if (lane != NULL)
        lane_destroy(lane);
    view_destroy(view);
    database_destroy(db);
    if (loop != NULL)
        loop_destroy(loop);
    if (l.pg != NULL)
        ledger_close(&l);
}

TestSuite(view, .fini = stop, .timeout = 600);

/* ---- asking ---- */

struct ask {
    struct probe probes[2]; /* of one tag, for each purpose */
    struct check_job check;
    bool done;
};

static void on_done(struct job *job, enum error outcome)
{
    struct ask *a = list_entry(list_entry(job, struct check_job, job), struct ask, check);
    cr_assert_eq(outcome, ERROR_NONE, "%s", error_word(outcome));
    cr_assert_not(a->check.broken);
    a->done = true;
}

static void ask_send(struct ask *a, struct tag tag)
{
    *a = (struct ask){.probes = {{.tag = tag, .set = 0}, {.tag = tag, .set = 1}}};
    check_job_init(&a->check, l.controller, a->probes, 2, sets, 2);
    check_job_hold(&a->check, lane_view_link(lane));
    a->check.job.deadline = clock_monotonic() + PATIENCE_MS * INT64_C(1000);
    a->check.job.done = on_done;
    lane_submit(lane, &a->check.job);
}

static void ask_await(struct ask *a)
{
    int64_t until = clock_monotonic() + PATIENCE_MS * INT64_C(1000);
    while (!a->done && clock_monotonic() < until)
        loop_run_once(loop, LOOP_BEAT_MS);
    cr_assert(a->done, "%s", lane_trouble(lane));
    view_check(view);
}

static bool ask_held(const struct ask *a)
{
    return a->probes[0].held && a->probes[1].held;
}

static bool same(const struct state *a, const struct state *b)
{
    return a->purpose == b->purpose && a->slot == b->slot && a->guardian == b->guardian &&
           a->rank == b->rank && a->revision == b->revision && a->valid_until == b->valid_until &&
           a->notice_number == b->notice_number && a->flags == b->flags &&
           memcmp(a->record_id, b->record_id, UUID_SIZE) == 0;
}

/* Asks the view of a tag and compares with a probe. Returns whether it was held. */
static bool tag_holds(struct tag tag)
{
    struct ask a;
    ask_send(&a, tag);
    ask_await(&a);
    for (size_t k = 0; k < 2; k++) {
        struct heard is = ledger_heard(&l, tag, purposes[k]);
        struct states told = check_states(&a.check, k);
        cr_assert_eq(told.count, is.count, "tag %02x%02x of %d: %zu states, and there are %zu", tag.bytes[3],
                     tag.bytes[4], purposes[k], told.count, is.count);
        for (size_t i = 0; i < is.count; i++)
            cr_assert(same(&told.list[i], &is.list[i]), "tag %02x%02x of %d", tag.bytes[3], tag.bytes[4],
                      purposes[k]);
    }
    bool held = ask_held(&a);
    check_job_clear(&a.check);
    return held;
}

static bool holds(uint32_t n)
{
    return tag_holds(tag_numbered(n));
}

/* Tags ${from} to ${to} are held from here on. */
static void warm(uint32_t from, uint32_t to)
{
    for (uint32_t n = from; n <= to; n++)
        holds(n);
    for (uint32_t n = from; n <= to; n++)
        cr_assert(holds(n), "%u is not held", n);
}

/* What is told of these is what is; of ${touched} of them it was not what was held. */
static void assert_current(uint32_t from, uint32_t to, size_t touched)
{
    size_t asked = 0;
    for (uint32_t n = from; n <= to; n++)
        asked += !holds(n);
    cr_assert_geq(asked, touched, "%zu tags were touched", asked);
}

/* ---- doing ---- */

__attribute__((format(printf, 1, 2))) static void does(const char *format, ...)
{
    char sql[SQL_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    cluster_sql(sql);
}

/* As a literal of SQL. */
static const char *tag_text(uint32_t n)
{
    static char texts[8][TAG_TEXT];
    static size_t next;
    char *text = texts[next++ % 8];
    snprintf(text, TAG_TEXT, "'\\x01%08x%024d'::bytea", n, 0);
    return text;
}

static struct recorded says(const struct person *person, int32_t purpose, enum event_state state)
{
    return ledger_record(&l, act_of(person, purpose, state, INSTANT_NONE));
}

static struct recorded one_says(uint32_t n, int32_t purpose, enum event_state state)
{
    struct person p = person_numbered(n);
    return says(&p, purpose, state);
}

/* Two identifiers that are one person's, who said Yes with both. Returns the person's number. */
static int64_t tie(uint32_t first)
{
    struct person p = person_of(first, 2);
    return says(&p, OFFERS, EVENT_GIVEN).subject_no;
}

/* What staff does; ${more} are members of staff_ask, as JSON. */
__attribute__((format(printf, 3, 4))) static void staff_does(int kind, int64_t subject, const char *more, ...)
{
    char members[1024];
    va_list args;
    va_start(args, more);
    vsnprintf(members, sizeof members, more, args);
    va_end(args);
    does("do $$ declare s staffed; begin s := staff(%d, %lld, 1, 'test', null, null, "
         "jsonb_populate_record(null::staff_ask, '{\"kind\": %d, \"subject_no\": %lld%s}')); "
         "if s.outcome <> 0 then raise exception 'outcome %%', s.outcome; end if; end $$",
         l.controller, (long long)l.generation, kind, (long long)subject, members);
}

static const char *tag_json(uint32_t n)
{
    static char texts[4][TAG_TEXT];
    static size_t next;
    char *text = texts[next++ % 4];
    snprintf(text, TAG_TEXT, "\"\\\\x01%08x%024d\"", n, 0);
    return text;
}

/* ---- acts and ties ---- */

Test(view, holds_what_was_asked_until_an_act_names_it)
{
    start("held", VIEW_BYTES);
    warm(1, 3);
    one_says(1, OFFERS, EVENT_GIVEN);
    assert_current(1, 1, 1);
    warm(1, 3);
    one_says(1, OFFERS, EVENT_WITHDRAWN);
    assert_current(1, 1, 1);
    cr_assert(holds(2));
}

/* They are found in one place, and are two people's. */
Test(view, tags_of_one_mark_stand_apart)
{
    start("one-mark", VIEW_BYTES);
    struct tag other = tag_numbered(1);
    other.bytes[TAG_SIZE - 1] = 1;
    one_says(1, OFFERS, EVENT_GIVEN);
    warm(1, 1);
    tag_holds(other);
    cr_assert(tag_holds(other) && holds(1));
    one_says(1, OFFERS, EVENT_WITHDRAWN);
    cr_assert_not(tag_holds(other));
    cr_assert_not(holds(1));
}

Test(view, several_identifiers_that_nobody_knew)
{
    start("several", VIEW_BYTES);
    warm(1, 3);
    tie(1);
    assert_current(1, 2, 2);
    cr_assert(holds(3));
}

Test(view, an_act_that_is_written_by_itself)
{
    start("by-itself", VIEW_BYTES);
    struct person p = person_numbered(1);
    struct act act = act_of(&p, PURPOSE_ALL, EVENT_WITHDRAWN, INSTANT_NONE);
    struct record_job r = request_of(&l, &act, 1);
    warm(1, 2);
    batch_run_one_by_one(l.pg, &r, 1);
    record_job_clear(&r);
    assert_current(1, 1, 1);
    cr_assert(holds(2));
}

Test(view, a_no_that_reaches_other_tags)
{
    start("reaches", VIEW_BYTES);
    tie(1);
    warm(1, 2);
    one_says(2, OFFERS, EVENT_WITHDRAWN);
    assert_current(1, 2, 2);
}

Test(view, a_tie_that_brings_a_no)
{
    start("ties", VIEW_BYTES);
    one_says(2, OFFERS, EVENT_WITHDRAWN);
    one_says(1, NEWSLETTER, EVENT_GIVEN);
    warm(1, 2);
    tie(1);
    assert_current(1, 2, 2);
}

/* Persons ${from} to ${to} have what 100 stands for too. From the 17th on it is crowded. */
static void crowd(uint32_t from, uint32_t to)
{
    for (uint32_t n = from; n <= to; n++) {
        struct person p = person_of(n, 2);
        p.tags[1] = tag_numbered(100);
        says(&p, OFFERS, EVENT_GIVEN);
    }
}

Test(view, a_tag_that_gets_a_pointer)
{
    start("crowds", VIEW_BYTES);
    crowd(1, 15);
    warm(1, 15);
    crowd(16, 18);
    assert_current(1, 15, 15);
    one_says(100, OFFERS, EVENT_WITHDRAWN);
    assert_current(1, 15, 15);
}

Test(view, a_tag_with_a_pointer_is_never_held)
{
    start("crowded", VIEW_BYTES);
    crowd(1, 18);
    holds(3);
    cr_assert_not(holds(3));
    one_says(100, OFFERS, EVENT_WITHDRAWN);
    cr_assert_not(holds(3));
    cr_assert_eq(ledger_reason(&l, tag_numbered(3), OFFERS), REASON_WITHDRAWN);
}

Test(view, a_guardians_word)
{
    start("guardian", VIEW_BYTES);
    struct person p = person_numbered(1);
    struct act act = act_of(&p, OFFERS, EVENT_WITHDRAWN, INSTANT_NONE);
    act.guardian_no = 1;
    warm(1, 1);
    ledger_record(&l, act);
    assert_current(1, 1, 1);
}

static void guardian_says(uint32_t n, uint32_t guardian, enum event_state state)
{
    struct guardian parent = {.is_named = true, .tag = tag_numbered(guardian)};
    struct person p = person_numbered(n);
    struct act act = act_of(&p, OFFERS, state, INSTANT_NONE);
    act.role = ROLE_PARENT;
    act.guardian = &parent;
    ledger_record(&l, act);
}

/* Whose slots they are is a number: it stays with what was said, whoever it leads to, and so nothing is
 * touched. What the guardian says as another is in slots of another number. */
Test(view, a_guardian_who_becomes_another)
{
    start("guardian-other", VIEW_BYTES);
    guardian_says(1, 90, EVENT_WITHDRAWN);
    warm(1, 1);
    does("select wrap_tags(%d, array[%s], array[%s])", l.controller, tag_text(90), tag_text(91));
    cr_assert(holds(1));
    does("select guardian_kill(%d, %s, now())", l.controller, tag_text(91));
    cr_assert(holds(1));
    guardian_says(1, 91, EVENT_GIVEN);
    assert_current(1, 1, 1);
    cr_assert_eq(ledger_heard(&l, tag_numbered(1), OFFERS).count, 2);
}

static struct recorded request(uint32_t n)
{
    struct person p = person_numbered(n);
    struct act act = act_of(&p, OFFERS, EVENT_REQUESTED, INSTANT_NONE);
    act.has_end = true;
    act.validity = (struct duration){.seconds = 1};
    return ledger_record(&l, act);
}

Test(view, a_confirmation_ends_what_waited)
{
    start("confirmed", VIEW_BYTES);
    struct recorded e = request(1);
    warm(1, 1);
    does("select end_requests(%d, array[%lld, %lld, 1], %lld)", l.controller, (long long)e.subject_no,
         (long long)e.revision, (long long)e.revision + 1);
    assert_current(1, 1, 1);
}

/* ---- staff ---- */

Test(view, an_erased_guardian_ends_what_waited)
{
    start("guardian-erased", VIEW_BYTES);
    struct guardian g = {.is_named = true, .tag = tag_numbered(90)};
    struct person p = person_numbered(1);
    struct act act = act_of(&p, OFFERS, EVENT_REQUESTED, INSTANT_NONE);
    act.has_end = true;
    act.validity = (struct duration){.seconds = 60};
    act.role = ROLE_PARENT;
    act.guardian = &g;
    ledger_record(&l, act);
    warm(1, 1);
    does("select guardian_kill(%d, %s, now())", l.controller, tag_text(90));
    assert_current(1, 1, 1);
}

Test(view, restriction_and_lift)
{
    start("restricted", VIEW_BYTES);
    int64_t subject = tie(1);
    warm(1, 2);
    staff_does(STAFF_RESTRICTED + GUARDIAN_STAFF * SLOT_COUNT, subject, " ");
    assert_current(1, 2, 2);
    warm(1, 2);
    staff_does(STAFF_LIFTED + GUARDIAN_STAFF * SLOT_COUNT, subject, " ");
    assert_current(1, 2, 2);
}

Test(view, an_identifier_that_ends)
{
    start("ended", VIEW_BYTES);
    int64_t subject = tie(1);
    warm(1, 2);
    staff_does(STAFF_ENDED + GUARDIAN_STAFF * SLOT_COUNT, subject, ", \"tags\": [%s]", tag_json(2));
    assert_current(1, 2, 1);
}

Test(view, an_identifier_that_is_added)
{
    start("added", VIEW_BYTES);
    int64_t subject = tie(1);
    one_says(1, OFFERS, EVENT_WITHDRAWN);
    warm(1, 3);
    staff_does(STAFF_ADDED + GUARDIAN_STAFF * SLOT_COUNT, subject, ", \"tags\": [%s], \"types\": [0]",
               tag_json(3));
    assert_current(1, 3, 1);
}

Test(view, an_identifier_that_was_wrong)
{
    start("corrected", VIEW_BYTES);
    int64_t subject = tie(1);
    warm(1, 3);
    staff_does(STAFF_CORRECTED + GUARDIAN_STAFF * SLOT_COUNT, subject,
               ", \"tags\": [%s, %s], \"types\": [0, 0], \"is_proven\": true", tag_json(2), tag_json(3));
    assert_current(1, 3, 2);
}

Test(view, persons_that_are_merged)
{
    start("merged", VIEW_BYTES);
    int64_t a = one_says(1, OFFERS, EVENT_GIVEN).subject_no;
    int64_t b = one_says(2, OFFERS, EVENT_WITHDRAWN).subject_no;
    warm(1, 2);
    staff_does(STAFF_MERGED + GUARDIAN_STAFF * SLOT_COUNT, a, ", \"other_no\": %lld", (long long)b);
    assert_current(1, 2, 1);
}

Test(view, persons_that_are_split)
{
    start("split", VIEW_BYTES);
    int64_t subject = tie(1);
    one_says(2, OFFERS, EVENT_WITHDRAWN);
    warm(1, 2);
    staff_does(STAFF_SPLIT + GUARDIAN_STAFF * SLOT_COUNT, subject, ", \"tags\": [%s]", tag_json(2));
    one_says(2, OFFERS, EVENT_GIVEN);
    assert_current(1, 2, 1);
}

Test(view, an_erasure_its_tombstone_and_the_end_of_that)
{
    start("erased", VIEW_BYTES);
    int64_t subject = tie(1);
    warm(1, 2);
    staff_does(STAFF_ERASED + GUARDIAN_STAFF * SLOT_COUNT, subject,
               ", \"remember_no\": true, \"term\": \"P1Y\"");
    assert_current(1, 2, 2);
    warm(1, 2);
    does("select purge_tombstones(%d, now() + interval '2 years')", l.controller);
    assert_current(1, 2, 2);
}

Test(view, an_erasure_that_leaves_nothing)
{
    start("erased-all", VIEW_BYTES);
    int64_t subject = tie(1);
    warm(1, 2);
    staff_does(STAFF_ERASED + GUARDIAN_STAFF * SLOT_COUNT, subject, " ");
    assert_current(1, 2, 2);
}

Test(view, an_erasure_that_is_done_again)
{
    start("erased-again", VIEW_BYTES);
    one_says(2, OFFERS, EVENT_GIVEN);
    warm(1, 1);
    does("do $$ begin if erase_again(jsonb_build_object('controller', 'erased-again', 'record_id', "
         "gen_random_uuid(), 'subject', 999, 'erased_at', now(), 'until', now() + interval '1 year', 'tags', "
         "jsonb_build_array(encode(%s, 'hex'))), 'test') <> 'remembered' then raise 'no'; end if; end $$",
         tag_text(1));
    assert_current(1, 1, 1);
}

/* ---- what is taken away, and what moves ---- */

/* Nothing comes in the place of what goes. */
Test(view, an_event_without_a_rank)
{
    start("unranked", VIEW_BYTES);
    struct recorded e = one_says(1, OFFERS, EVENT_WITHDRAWN);
    warm(1, 1);
    does("select unrank(%d, array[%lld]::bigint[], %lld)", l.controller, (long long)e.revision,
         (long long)e.revision);
    assert_current(1, 1, 1);
}

Test(view, an_import_that_is_undone)
{
    start("undone", VIEW_BYTES);
    struct recorded e = one_says(1, OFFERS, EVENT_GIVEN);
    does("insert into import_batch (controller_id, batch_no, source, batch) values (%d, 1, 's', 'b'); "
         "insert into imported (controller_id, subject_no, line, batch_no, revision) "
         "values (%d, %lld, gen_random_uuid(), 1, %lld)",
         l.controller, l.controller, (long long)e.subject_no, (long long)e.revision);
    warm(1, 1);
    does("select undo_import(%d, %lld, 1, 'test', 's', 'b', false, false, 10)", l.controller,
         (long long)l.generation);
    assert_current(1, 1, 1);
    cr_assert_eq(ledger_heard(&l, tag_numbered(1), OFFERS).count, 0);
}

/* Where the walk ended: of who is at the rim that goes which rests on the event. */
Test(view, an_event_without_a_rank_at_the_rim)
{
    start("rim", VIEW_BYTES);
    struct recorded e = one_says(1, OFFERS, EVENT_GIVEN);
    warm(1, 1);
    does("insert into unranked (controller_id, revision, by_revision) values (%d, %lld, %lld); "
         "select rim_rebuild(%d, %lld, now())",
         l.controller, (long long)e.revision, (long long)e.revision, l.controller, (long long)e.subject_no);
    assert_current(1, 1, 1);
}

Test(view, retention)
{
    start("retained", VIEW_BYTES);
    struct recorded e = one_says(1, OFFERS, EVENT_GIVEN);
    warm(1, 1);
    does("select purge_rows(%d, array[%lld]::bigint[], '{}', array[%s], array[%lld]::bigint[], now())",
         l.controller, (long long)e.revision, tag_text(1), (long long)e.subject_no);
    assert_current(1, 1, 1);
}

Test(view, a_tag_that_is_wrapped)
{
    start("wrapped", VIEW_BYTES);
    one_says(1, OFFERS, EVENT_GIVEN);
    warm(1, 2);
    does("select wrap_tags(%d, array[%s], array[%s])", l.controller, tag_text(1), tag_text(2));
    assert_current(1, 2, 2);
}

/* ---- the clock ---- */

static void clock_passes(instant at)
{
    while (ledger_now(&l) <= at)
        loop_run_once(loop, LOOP_BEAT_MS);
}

Test(view, what_is_over_by_the_clock_is_held_and_over)
{
    start("over", VIEW_BYTES);
    struct recorded e = request(1);
    struct ask a;
    warm(1, 1);
    clock_passes(e.valid_until);
    ask_send(&a, tag_numbered(1));
    ask_await(&a);
    cr_assert(ask_held(&a));
    cr_assert_gt(a.check.as_of, e.valid_until);
    struct states s = check_states(&a.check, 0);
    const struct purpose *offers = policy_purpose_numbered(ledger_policy(), OFFERS, NULL);
    enum reason held = verdict_of(ledger_policy(), offers, ENTITY_ANY, &s, a.check.as_of).reason;
    check_job_clear(&a.check);
    cr_assert_eq(held, ledger_reason(&l, tag_numbered(1), OFFERS));

    /* and so it stays when its row goes */
    does("select expire_pending()");
    cr_assert_eq(ledger_number(&l, "select count(*) from consent where controller_id = $1 and slot = 6"), 0);
    cr_assert_eq(ledger_reason(&l, tag_numbered(1), OFFERS), held);
}

/* ---- the generation ---- */

Test(view, what_is_held_comes_with_the_generation_in_force)
{
    struct ask a;
    start("generation", VIEW_BYTES);
    warm(1, 1);
    does("update controller set generation = generation + 1 where controller_id = %d", l.controller);
    ask_send(&a, tag_numbered(1));
    ask_await(&a);
    cr_assert(ask_held(&a));
    cr_assert_eq(a.check.generation, l.generation + 1);
    check_job_clear(&a.check);
}

Test(view, a_controller_that_goes_has_no_generation)
{
    struct ask a;
    start("goes", VIEW_BYTES);
    warm(1, 1);
    does("delete from controller where controller_id = %d", l.controller);
    ask_send(&a, tag_numbered(1));
    ask_await(&a);
    cr_assert_eq(a.check.generation, 0);
    check_job_clear(&a.check);
}

/* ---- gaps ---- */

static bool is_ready(void)
{
    return lane_is_ready(lane);
}

static void backend_ends(void)
{
    uint64_t lost = lane_stats(lane)->lost;
    does("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'akkoord' "
         "and pid <> %d",
         PQbackendPID(l.pg));
    for (int64_t until = clock_monotonic() + PATIENCE_MS * INT64_C(1000);
         (lane_stats(lane)->lost == lost || !is_ready()) && clock_monotonic() < until;)
        loop_run_once(loop, LOOP_BEAT_MS);
    cr_assert(is_ready());
}

Test(view, nothing_is_held_over_the_end_of_a_connection)
{
    start("lost", VIEW_BYTES);
    warm(1, 2);
    backend_ends();
    cr_assert_not(holds(1));
    cr_assert(holds(1));
}

/* Until a connection is opened to the same server again. */
Test(view, nothing_is_held_of_another_server_than_the_last_that_was_connected_to)
{
    start("other-server", VIEW_BYTES);
    warm(1, 2);
    struct view_link other = {.view = view};
    view_open(&other, "another");
    cr_assert_not(holds(1));
    cr_assert_not(holds(1));
    backend_ends();
    warm(1, 2);
}

Test(view, what_one_connection_was_told_another_holds)
{
    struct lane *first, *second;
    start("two-lanes", VIEW_BYTES);
    first = lane;
    second = lane_create(loop, db, "second", READ_DEPTH, 60000);
    lane_join_view(second, view);
    for (int64_t until = clock_monotonic() + PATIENCE_MS * INT64_C(1000);
         !lane_is_ready(second) && clock_monotonic() < until;)
        loop_run_once(loop, LOOP_BEAT_MS);
    warm(1, 2);
    lane = second;
    cr_assert(holds(1) && holds(2));
    one_says(1, OFFERS, EVENT_GIVEN);
    assert_current(1, 1, 1);
    lane = first;
    cr_assert(holds(1));
    one_says(1, OFFERS, EVENT_WITHDRAWN);
    assert_current(1, 1, 1);
    lane_destroy(second);
}

Test(view, a_log_that_was_let_go_of_meanwhile)
{
    start("pruned", VIEW_BYTES);
    warm(1, 2);
    for (int i = 0; i < 3; i++)
        one_says(1, OFFERS, i % 2 == 0 ? EVENT_GIVEN : EVENT_WITHDRAWN);
    does("update touched set at = at - interval '1 hour' where controller_id = %d", l.controller);
    does("select expire_touched()");
    cr_assert_eq(ledger_number(&l, "select count(*) from touched where controller_id = $1"), 1);
    cr_assert_eq(ledger_number(&l, "select count(marks) from touched where controller_id = $1"), 0);
    assert_current(1, 2, 2);

    /* what is left says up to where nothing is missing */
    does("select expire_touched()");
    cr_assert(holds(1));
    one_says(1, OFFERS, EVENT_GIVEN);
    assert_current(1, 1, 1);
    cr_assert(holds(2));
}

Test(view, a_log_that_is_emptied)
{
    start("vanished", VIEW_BYTES);
    warm(1, 2);
    does("delete from touched where controller_id = %d", l.controller);
    assert_current(1, 2, 2);
}

/* It empties the newest row, and then that is the only one there is. */
Test(view, the_newest_row_without_its_marks_is_a_gap)
{
    start("emptied", VIEW_BYTES);
    warm(1, 1);
    one_says(1, OFFERS, EVENT_GIVEN);
    does("update touched set marks = null where controller_id = %d", l.controller);
    assert_current(1, 1, 1);
}

Test(view, more_rows_than_a_statement_brings)
{
    start("behind", VIEW_BYTES);
    warm(1, 2);
    for (int i = 0; i < TOUCHED_ROWS_MAX + 1; i++)
        one_says(1, OFFERS, i % 2 == 0 ? EVENT_GIVEN : EVENT_WITHDRAWN);
    assert_current(1, 2, 2);
    one_says(1, OFFERS, EVENT_WITHDRAWN);
    assert_current(1, 1, 1);
    cr_assert(holds(2));
}

Test(view, a_row_of_more_marks_than_a_statement_brings)
{
    start("wide", VIEW_BYTES);
    warm(1, 2);
    does("select touch(%d, array_agg(%s)) from generate_series(1, %d)", l.controller, tag_text(7),
         TOUCHED_MARKS_MAX / TAG_MARK_SIZE + 1);
    assert_current(1, 2, 2);
}

Test(view, the_first_row_of_a_log)
{
    start_empty("first", VIEW_BYTES);
    warm(1, 1);
    one_says(1, OFFERS, EVENT_GIVEN);
    assert_current(1, 1, 1);
}

/* ---- several controllers ---- */

/* What each tells under a tag of its own, who are asked in one statement; of which it is held. */
static void expect_both(const struct ledger ledgers[2], bool first_held, bool second_held)
{
    struct ask asks[2];
    for (size_t i = 0; i < 2; i++) {
        l = ledgers[i];
        ask_send(&asks[i], tag_numbered((uint32_t)i));
    }
    for (size_t i = 0; i < 2; i++) {
        ask_await(&asks[i]);
        cr_assert_eq(ask_held(&asks[i]), i == 0 ? first_held : second_held, "controller %zu", i);
        cr_assert_eq(asks[i].check.generation, ledgers[i].generation);
        struct heard is = ledger_heard(&ledgers[i], tag_numbered((uint32_t)i), OFFERS);
        struct states told = check_states(&asks[i].check, 0);
        cr_assert_eq(told.count, is.count);
        for (size_t k = 0; k < is.count; k++)
            cr_assert(same(&told.list[k], &is.list[k]));
        check_job_clear(&asks[i].check);
    }
}

Test(view, two_controllers_in_one_statement)
{
    start("one-of-two", VIEW_BYTES);
    struct ledger ledgers[2] = {l, ledger_open("two-of-two")};
    for (size_t i = 0; i < 2; i++) {
        l = ledgers[i];
        one_says((uint32_t)i, OFFERS, i == 0 ? EVENT_GIVEN : EVENT_WITHDRAWN);
    }
    expect_both(ledgers, false, false);
    expect_both(ledgers, true, true);
    for (size_t i = 0; i < 2; i++) {
        l = ledgers[i];
        one_says((uint32_t)i, OFFERS, i == 0 ? EVENT_WITHDRAWN : EVENT_GIVEN);
        expect_both(ledgers, i != 0, i != 1);
        expect_both(ledgers, true, true);
    }
    l = ledgers[0];
    ledger_close(&ledgers[1]);
}

/* ---- on the wire ---- */

static pid_t backend;

static void backend_wake(void)
{
    if (backend > 1)
        kill(backend, SIGCONT);
}

/* A check that was sent with what is held, and whose statement runs after the write, tells of the write. */
Test(view, what_is_overtaken_on_the_wire_is_asked, .fini = backend_wake)
{
    struct ask a, b;
    start("overtaken", VIEW_BYTES);
    one_says(1, OFFERS, EVENT_GIVEN);
    warm(1, 1);
    backend = (pid_t)ledger_number(&l, "select pid from pg_stat_activity where application_name = 'akkoord' "
                                       "and pid <> pg_backend_pid() and query like '%touched%' and $1 > 0");
    cr_assert(backend > 1 && kill(backend, SIGSTOP) == 0);
    ask_send(&a, tag_numbered(1));
    ask_send(&b, tag_numbered(2));
    for (int i = 0; i < 10; i++)
        loop_run_once(loop, LOOP_BEAT_MS);
    cr_assert(ask_held(&a) && !a.done);
    int64_t revision = one_says(1, OFFERS, EVENT_WITHDRAWN).revision;
    kill(backend, SIGCONT);
    ask_await(&a);
    ask_await(&b);
    cr_assert_not(ask_held(&a), "it was answered by what was held");
    struct states s = check_states(&a.check, 0);
    cr_assert_eq(states_find(&s, OFFERS, SLOT_NO)->revision, revision);
    check_job_clear(&a.check);
    check_job_clear(&b.check);
}

/* ---- all of it ---- */

static uint32_t below(uint32_t n)
{
    static uint64_t x = 88172645463325252U;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (uint32_t)((x >> 11) % n);
}

/* One of so many, that lie apart in the view. */
static uint32_t one_of(uint32_t tags)
{
    return 6 * below(tags) + 1;
}

/* A view so small that many leave again. */
Test(view, whatever_happens_it_tells_what_a_probe_tells)
{
    enum { TAGS = 40, STEPS = 1500 };
    size_t held = 0;
    start("whatever", 10000);
    for (int i = 0; i < STEPS; i++) {
        uint32_t n = one_of(TAGS);
        enum event_state state = below(2) == 0 ? EVENT_GIVEN : EVENT_WITHDRAWN;
        int32_t purpose = state == EVENT_WITHDRAWN && below(4) == 0 ? PURPOSE_ALL : purposes[below(2)];
        struct person p = person_of(n, below(12) == 0 ? 2 : 1);
        p.types[1] = below(2) == 0 ? IDENTIFIER_VISITOR : IDENTIFIER_EMAIL;
        if (below(6) == 0)
            says(&p, purpose, state);
        held += holds(one_of(TAGS));
        held += holds(n);
        held += holds(n + 1);
    }
    cr_assert_gt(held, STEPS / 2, "%zu were held", held);
    cr_assert_lt(held, 2 * STEPS, "%zu were held", held);
}

/* Four states are held, and five are not. */
Test(view, more_states_than_an_entry_has_are_not_held)
{
    start("many", VIEW_BYTES);
    for (int no = 0; no < VIEW_STATES_MAX + 1; no++) {
        does("insert into consent (controller_id, tag, purpose_id, slot, flags, tiebreak, rank, revision, "
             "record_id) "
             "values (%d, %s, %d, %d, 0, 0, %d, 1, gen_random_uuid()); select touch(%d, array[%s])",
             l.controller, tag_text(1), OFFERS, no * SLOT_COUNT, no, l.controller, tag_text(1));
        holds(1);
        cr_assert_eq(holds(1), no < VIEW_STATES_MAX, "%d states", no + 1);
    }
}
