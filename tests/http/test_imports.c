/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines with ' for ", by a source "crm" as that batch. Returns the answer's lines. */
static const json_t *import(const struct tenant *t, int status, const char *query, const char *lines)
{
    const struct answer *a = client_send(&(struct request){.service = t->service,
                                                           .path = text_of("/v1/imports?source=crm%s", query),
                                                           .token = t->token,
                                                           .content_type = "application/x-ndjson",
                                                           .body = json_text("%s", lines)});
    cr_assert_eq(a->status, status, "%d: %.500s", a->status, a->body);
    cr_assert_null(client_mark_in(a->body));
    return status == 200 ? json_lines(a->body) : a->json;
}

/* A copy of a double opt-in; ${more} begins with a comma, or is "". */
static char *opted_in(const char *name, const char *state, const char *day, const char *more)
{
    return text_of("{'subject': %s, 'purpose': 'newsletter', 'event_state': '%s', 'event_time': "
                   "'%sT10:00:00Z', 'collection_method': 'web_form'%s}\n",
                   email(name), state, day, more);
}

#define WORDS ", 'notice': {'id': 'newsletter', 'version': '1'}"

Test(imports, each_line_is_told_what_it_is_worth)
{
    struct tenant t = stage_tenant("worth");
    const char *lines =
        text_of("%s%s\n%s", opted_in("anna", "given", "2026-03-01", WORDS),
                opted_in("bert", "given", "2026-03-01", ""), opted_in("cees", "withdrawn", "2026-03-01", ""));
    const json_t *told = import(&t, 200, "&batch=1", lines);
    expect(told,
           "[{'line': 1, 'effect': 'applied', 'verdict': {'allow': true, 'reason': 'granted'}},"
           "{'line': 2, 'effect': 'words_unknown', 'verdict': {'allow': false, 'reason': 'notice_unknown'}},"
           "{'line': 4, 'effect': 'applied', 'verdict': {'allow': false, 'reason': 'withdrawn'}},"
           "{'end': true, 'lines': 4, 'new': 3, 'repeated': 0, 'superseded': 0, 'refused': 0, "
           "'sendable': 1, 'sendable_before': 0, 'dry_run': false, 'verdicts': [{'purpose': 'newsletter', "
           "'before': {'never_asked': 3}, 'after': {'granted': 1, 'notice_unknown': 1, 'withdrawn': 1}}]}]");
    cr_assert_str_eq(reason_of(&t, "anna", "newsletter"), "granted");
    cr_assert_str_eq(reason_of(&t, "bert", "newsletter"), "notice_unknown");
    cr_assert_str_eq(reason_of(&t, "cees", "newsletter"), "withdrawn");
    cr_assert_eq(tenant_events(&t), 3);
}

Test(imports, a_trial_tells_the_same_and_writes_nothing)
{
    struct tenant t = stage_tenant("trial");
    post(&t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'refused', 'collection_method': 'app'}",
         email("dirk"));
    const char *lines = text_of("%s%s%s", opted_in("anna", "given", "2026-03-01", WORDS),
                                opted_in("dirk", "given", "2026-03-01", WORDS),
                                opted_in("anna", "given", "2026-03-01", WORDS));
    const json_t *tried = import(&t, 200, "&batch=1&dry_run=true", lines);
    expect(tried, "[{'line': 1, 'effect': 'applied', 'verdict': {'allow': true, 'reason': 'granted'}, "
                  "'record_id': null},"
                  "{'line': 2, 'effect': 'superseded', 'verdict': {'allow': false, 'reason': 'refused'}},"
                  "{'line': 3, 'effect': 'repeated', 'verdict': {'allow': true}},"
                  "{'end': true, 'new': 1, 'repeated': 1, 'superseded': 1, 'sendable': 1, 'dry_run': true}]");
    cr_assert_eq(tenant_events(&t), 1);
    cr_assert_str_eq(reason_of(&t, "anna", "newsletter"), "never_asked");
    expect(import(&t, 200, "&batch=1", lines),
           "[{'line': 1, 'effect': 'applied', 'verdict': {'allow': true, 'reason': 'granted'}},"
           "{'line': 2, 'effect': 'superseded', 'verdict': {'allow': false, 'reason': 'refused'}},"
           "{'line': 3, 'effect': 'repeated', 'verdict': {'allow': true}},"
           "{'end': true, 'new': 1, 'repeated': 1, 'superseded': 1, 'sendable': 1, 'dry_run': false}]");
}

Test(imports, the_same_line_again_is_no_second_event)
{
    struct tenant t = stage_tenant("again");
    const char *line = opted_in("anna", "given", "2026-03-01", WORDS ", 'ref': 'r-1'");
    const char *id = string_at(import(&t, 200, "&batch=1", line), "/0/record_id");
    expect(import(&t, 200, "&batch=1", line), "[{'effect': 'repeated', 'record_id': '%s'}, {'repeated': 1}]",
           id);
    expect(import(&t, 200, "&batch=2", opted_in("anna", "given", "2026-03-01", WORDS ", 'ref': 'other'")),
           "[{'effect': 'repeated', 'record_id': '%s'}, {'new': 0}]", id);
    const char *by_record =
        text_of("%.*s, 'import': {'source': 'crm', 'batch': '3'}}", (int)strlen(line) - 2, line);
    expect(post(&t, 201, "/v1/consents", "[%s, %s]", by_record, by_record),
           "[{'effect': 'repeated', 'record_id': '%s'}, {'effect': 'repeated', 'record_id': '%s'}]", id, id);
    cr_assert_eq(tenant_events(&t), 1);
}

static const json_t *undo(const struct tenant *t, int status, const char *batch, const char *query,
                          const char *body)
{
    return post(t, status, text_of("/v1/imports/crm/%s/undo%s", batch, query), "%s", body);
}

Test(imports, one_with_the_words_mends_one_without)
{
    struct tenant t = stage_tenant("mended");
    import(&t, 200, "&batch=1", opted_in("anna", "given", "2026-03-01", ""));
    cr_assert_str_eq(reason_of(&t, "anna", "newsletter"), "notice_unknown");
    expect(import(&t, 200, "&batch=2", opted_in("anna", "given", "2026-03-01", WORDS)),
           "[{'effect': 'applied', 'verdict': {'allow': true, 'reason': 'granted'}}, "
           "{'new': 1, 'sendable_before': 0, 'sendable': 1}]");
}

Test(imports, never_undo_what_was_chosen_here)
{
    struct tenant t = stage_tenant("chosen");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'newsletter'}", email("anna"));
    expect(
        import(&t, 200, "&batch=1", opted_in("anna", "given", "2026-03-01", WORDS)),
        "[{'effect': 'superseded', 'verdict': {'allow': false, 'reason': 'withdrawn'}}, {'superseded': 1}]");
}

/* A batch is another tool's history of somebody: its last word counts, whatever order it comes in. */
Test(imports, the_newest_act_is_what_a_batch_says)
{
    struct tenant t = stage_tenant("newest");
    const char *no = opted_in("anna", "withdrawn", "2024-03-01", ""),
               *yes = opted_in("anna", "given", "2025-03-01", WORDS);
    expect(import(&t, 200, "&batch=1", text_of("%s%s", no, yes)),
           "[{'effect': 'superseded', 'verdict': {'reason': 'granted'}}, {'effect': 'applied', 'verdict': "
           "{'reason': 'granted'}}, {'new': 1, 'superseded': 1, 'sendable': 1}]");
    cr_assert_str_eq(reason_of(&t, "anna", "newsletter"), "granted");

    /* one call behind the other, in either order */
    const char *no_b = opted_in("bert", "withdrawn", "2024-03-01", ""),
               *yes_b = opted_in("bert", "given", "2025-03-01", WORDS);
    expect(import(&t, 200, "&batch=1", no_b),
           "[{'effect': 'applied', 'verdict': {'reason': 'withdrawn'}}, {}]");
    expect(import(&t, 200, "&batch=1", yes_b),
           "[{'effect': 'applied', 'verdict': {'reason': 'granted'}}, {}]");
    cr_assert_str_eq(reason_of(&t, "bert", "newsletter"), "granted");
    const char *no_c = opted_in("cees", "withdrawn", "2024-03-01", ""),
               *yes_c = opted_in("cees", "given", "2025-03-01", WORDS);
    import(&t, 200, "&batch=1", yes_c);
    expect(import(&t, 200, "&batch=1", no_c),
           "[{'effect': 'superseded', 'verdict': {'reason': 'granted'}}, {}]");

    /* another batch's No, and a No that is newer, stand */
    expect(import(&t, 200, "&batch=2", opted_in("bert", "withdrawn", "2024-03-01", "")),
           "[{'effect': 'repeated', 'verdict': {'reason': 'withdrawn'}}, {}]");
    expect(import(&t, 200, "&batch=1", opted_in("cees", "withdrawn", "2025-04-01", "")),
           "[{'effect': 'applied', 'verdict': {'reason': 'withdrawn'}}, {}]");
}

/* Five acts of one person, of which two differ in their words only, in every order. */
Test(imports, every_order_of_five_acts_ends_the_same)
{
    struct tenant t = stage_tenant("orders");
    static const struct {
        const char *state, *day, *more;
    } acts[] = {{"given", "2025-01-01", ""},
                {"given", "2025-01-01", WORDS},
                {"withdrawn", "2024-06-01", ""},
                {"given", "2024-01-01", WORDS},
                {"refused", "2023-01-01", ""}};
    struct {
        char text[120 * 5 * 400];
    } *lines = calloc(1, sizeof *lines);
    size_t len = 0;
    int order = 0;
    for (int code = 0; code < 3125; code++) {
        int places[5], seen = 0;
        for (int k = 0, rest = code; k < 5; k++, rest /= 5)
            seen |= 1 << (places[k] = rest % 5);
        if (seen != 31)
            continue;
        for (int k = 0; k < 5; k++)
            len += (size_t)snprintf(lines->text + len, sizeof lines->text - len, "%s",
                                    opted_in(text_of("order%d", order), acts[places[k]].state,
                                             acts[places[k]].day, acts[places[k]].more));
        order++;
    }
    cr_assert_eq(order, 120);
    /* as it stands when each has all five: half of the lines in one call, the rest in another */
    char *middle = strchr(lines->text + len / 2, '\n') + 1;
    const char *second = text_of("%s", middle);
    *middle = '\0';
    const json_t *tried = import(&t, 200, "&batch=1&dry_run=true", lines->text);
    const json_t *told = import(&t, 200, "&batch=1", lines->text);
    for (size_t i = 0; i + 1 < json_array_size(told); i++) {
        const json_t *a = json_array_get(tried, i), *b = json_array_get(told, i);
        cr_assert(json_equal(json_object_get(a, "verdict"), json_object_get(b, "verdict")), "line %zu",
                  i + 1);
        cr_assert(json_equal(json_object_get(a, "effect"), json_object_get(b, "effect")), "line %zu", i + 1);
    }
    import(&t, 200, "&batch=1", second);
    for (int i = 0; i < order; i++)
        cr_assert_str_eq(reason_of(&t, text_of("order%d", i), "newsletter"), "granted", "order %d", i);
    cr_assert_eq(tenant_events(&t), 600);
    free(lines);
}

static unsigned dice(unsigned sides)
{
    static unsigned state = 1;
    state = state * 1103515245u + 12345u;
    return (state >> 16) % sides;
}

/* Of a person, by the e-mail address alone or with the customer's code. */
static const char *line_random(int number, bool is_pair)
{
    static const char *const states[] = {"given", "given", "refused", "withdrawn"};
    const char *words = dice(2) == 0 ? WORDS : "", *address = email(text_of("reader%d", number));
    return text_of("{'subject': %s, 'purpose': '%s', 'event_state': '%s', 'event_time': "
                   "'2025-0%u-01T10:00:00Z', 'collection_method': 'web_form'%s}\n",
                   is_pair ? text_of("[{'type': 'customer', 'value': 'C%d'}, %s]", number, address) : address,
                   words[0] != '\0' || dice(2) == 0 ? "newsletter" : "analytics", states[dice(4)],
                   1 + dice(9), words);
}

/* Lines of people nobody knew, or of few who meet again and again. */
static void lines_random(char *text, size_t size, int call)
{
    enum { LINES = 40, FEW = 25 };
    bool are_new = call % 2 == 0;
    size_t len = 0;
    for (int k = 0; k < LINES; k++) {
        int number = are_new ? 1000 * call + k : (int)dice(FEW);
        len += (size_t)snprintf(text + len, size - len, "%s",
                                line_random(number, are_new ? call % 4 == 0 : dice(2) == 0));
    }
}

Test(imports, a_trial_tells_of_anybody_what_the_import_tells)
{
    struct tenant t = stage_tenant("tried");
    static char lines[64 * 1024];
    for (int call = 0; call < 24; call++) {
        lines_random(lines, sizeof lines, call);
        long events = tenant_events(&t);
        const json_t *tried = import(&t, 200, "&batch=1&dry_run=true", lines);
        cr_assert_eq(tenant_events(&t), events);
        const json_t *told = import(&t, 200, "&batch=1", lines);
        for (size_t i = 0; i < json_array_size(told); i++) {
            json_t *a = json_deep_copy(json_array_get(tried, i)),
                   *b = json_deep_copy(json_array_get(told, i));
            json_object_del(a, "record_id");
            json_object_del(b, "record_id");
            json_object_del(a, "dry_run");
            json_object_del(b, "dry_run");
            cr_assert(json_equal(a, b), "call %d, line %zu", call, i + 1);
            json_decref(a);
            json_decref(b);
        }
    }
}

Test(imports, a_line_of_several_identifiers_is_known_again)
{
    struct tenant t = stage_tenant("pairs");
    const char *lines = text_of("%s%s", line_random(1, true), line_random(2, true));
    expect(import(&t, 200, "&batch=1", lines), "[{}, {}, {'new': 2}]");
    expect(import(&t, 200, "&batch=1", lines),
           "[{'effect': 'repeated'}, {'effect': 'repeated'}, {'new': 0}]");
    expect(import(&t, 200, "&batch=2", lines),
           "[{'effect': 'repeated'}, {'effect': 'repeated'}, {'new': 0}]");
    cr_assert_eq(tenant_events(&t), 2);
}

Test(imports, an_undone_batch_has_never_been)
{
    struct tenant t = stage_tenant("undone");
    import(&t, 200, "&batch=good", opted_in("anna", "given", "2025-01-01", WORDS));
    const char *wrong = text_of("%s%s%s%s", opted_in("anna", "given", "2025-01-01", WORDS),
                                opted_in("bert", "given", "2025-01-01", WORDS),
                                opted_in("cees", "withdrawn", "2025-02-01", ""),
                                opted_in("dirk", "given", "2025-01-01", WORDS));
    import(&t, 200, "&batch=wrong", wrong);
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'newsletter'}", email("dirk"));
    long before = tenant_events(&t);
    undo(&t, 404, "none", "", "{}");
    undo(&t, 422, "wrong", "", "{'also_refusal': true}");
    expect(undo(&t, 200, "wrong", "?dry_run=true", ""),
           "{'done': true, 'dry_run': true, 'undone': 2, 'refusals_kept': 1, 'shared': 1}");
    cr_assert_eq(tenant_events(&t), before);

    expect(undo(&t, 200, "wrong", "", "{}"), "{'done': true, 'undone': 2, 'refusals_kept': 1}");
    cr_assert_str_eq(reason_of(&t, "anna", "newsletter"), "granted", "another batch has it too");
    cr_assert_str_eq(reason_of(&t, "bert", "newsletter"), "never_asked");
    cr_assert_str_eq(reason_of(&t, "cees", "newsletter"), "withdrawn", "a No stays unless it is asked for");
    cr_assert_str_eq(reason_of(&t, "dirk", "newsletter"), "withdrawn", "who chose since is as they chose");
    expect(undo(&t, 200, "wrong", "", "{'also_refusals': true}"), "{'undone': 1, 'refusals_kept': 0}");
    cr_assert_str_eq(reason_of(&t, "cees", "newsletter"), "never_asked");

    /* the same file may come again */
    expect(import(&t, 200, "&batch=wrong", wrong),
           "[{'effect': 'repeated'}, {'effect': 'applied'}, {'effect': "
           "'applied'}, {'effect': 'superseded'}, {'new': 2}]");
}

Test(imports, what_is_wrong_with_a_line_is_told_of_it)
{
    struct tenant t = stage_tenant("wrong-lines");
    const char *lines =
        text_of("%s{'subject': 5}\n[]\n%s%s{\n", opted_in("anna", "given", "2026-03-01", WORDS),
                opted_in("bert", "given", "2031-03-01", ""),
                opted_in("cees", "given", "2026-03-01", ", 'import': {'source': 'a', 'batch': 'b'}"));
    expect(import(&t, 200, "&batch=1", lines),
           "[{'line': 1, 'effect': 'applied'}, {'line': 2, 'error': {'status': 422}}, {'line': 3, 'error': "
           "{'status': 422}}, {'line': 4, 'error': {'errors': [{'pointer': '/event_time'}]}}, {'line': 5, "
           "'error': "
           "{'errors': [{'pointer': '/import'}]}}, {'line': 6, 'error': {'status': 400}}, {'refused': 5, "
           "'new': 1}]");
    import(&t, 422, "", lines);
    import(&t, 422, "&batch=1&dry-run=true", lines);
    import(&t, 422, "&batch=jan@example.nl", lines);
    expect(import(&t, 200, "&batch=1", ""), "[{'end': true, 'lines': 0}]");
}

Test(imports, a_line_with_several_choices_is_told_of_each)
{
    struct tenant t = stage_tenant("several");
    const char *line = text_of(
        "{'subject': [%s, {'type': 'customer', 'value': 'C1'}], 'choices': {'newsletter': 'given', "
        "'analytics': 'refused'}, 'event_time': '2026-03-01T10:00:00Z', 'collection_method': 'paper'}\n",
        email("anna"));
    const char *told =
        "[{'line': 1, 'results': [{'purpose': 'newsletter', 'effect': 'words_unknown'}, {'purpose': "
        "'analytics', 'effect': 'applied', 'verdict': {'reason': 'refused'}}]}, {'new': 2}]";
    expect(import(&t, 200, "&batch=1&dry_run=true", line), "%s", told);
    expect(import(&t, 200, "&batch=1", line), "%s", told);
    expect(import(&t, 200, "&batch=1", line),
           "[{'results': [{'effect': 'repeated'}, {'effect': 'repeated'}]}, {}]");
}

/* The newsletter and analytics ask a guardian. */
static void ask_guardians(const struct tenant *t)
{
    json_t *policy = tenant_policy(t), *purpose;
    size_t k;
    json_array_foreach(json_object_get(policy, "purposes"), k, purpose)
    {
        if (strcmp(string_at(purpose, "/key"), "newsletter") == 0 ||
            strcmp(string_at(purpose, "/key"), "analytics") == 0)
            json_object_set_new(purpose, "minors", json_of("{'guardian': {'least': 'email'}}"));
    }
    tenant_apply(t, policy);
}

/* Being history it is no No any more; that it was said of a child stays true. */
Test(imports, what_an_older_no_of_a_batch_told_holds_on)
{
    struct tenant t = stage_tenant("told");
    ask_guardians(&t);
    static const char *const told[] = {
        ", 'minor': true", ", 'minor': {'birth_month': '2020-01'}", ", 'represented': {'until': null}",
        ", 'minor': true, 'expressed_by': {'role': 'staff'}, 'evidence': "
        "{'documents': [{'name': 'a.pdf', 'sha256': '00000000000000000000000000"
        "00000000000000000000000000000000000000'}]}"};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        const char *name = text_of("child%zu", i);
        import(&t, 200, "&batch=1",
               text_of("%s%s", opted_in(name, "refused", "2024-03-01", told[i]),
                       opted_in(name, "given", "2025-03-01", WORDS)));
        cr_assert_str_eq(reason_of(&t, name, "newsletter"), "guardian_required", "%s", told[i]);
        post(&t, 202, "/v1/consents",
             "{'subject': %s, 'purpose': 'analytics', 'event_state': 'given', 'collection_method': "
             "'web_form', 'notice': {'id': 'analytics', 'version': '1'}}",
             email(name));
        cr_assert_str_eq(reason_of(&t, name, "analytics"), "guardian_required", "%s", told[i]);
    }

    /* and what is derived anew keeps it */
    import(&t, 200, "&batch=2", opted_in("child0", "given", "2025-04-01", WORDS));
    undo(&t, 200, "2", "", "{}");
    cr_assert_str_eq(reason_of(&t, "child0", "newsletter"), "guardian_required");
    /* with the batch it goes */
    undo(&t, 200, "1", "", "{'also_refusals': true}");
    cr_assert_str_eq(reason_of(&t, "child1", "newsletter"), "never_asked");
    expect(post(&t, 201, "/v1/consents",
                "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': "
                "'web_form', 'notice': {'id': 'newsletter', 'version': '1'}}",
                email("child1")),
           "{'effect': 'applied'}");
}

/* Where an older Yes would stand again, the newer one, which does not count itself, takes no No away. */
Test(imports, a_yes_that_does_not_stand_lets_no_older_one_stand_again)
{
    struct tenant t = stage_tenant("resurrected");
    static const char *const more[] = {"", WORDS};
    for (int i = 0; i < 4; i++) {
        const char *name = text_of("old%d", i);
        const char *no = opted_in(name, "withdrawn", "2025-01-10", ""),
                   *yes = opted_in(name, "given", "2025-06-10", more[i % 2]);
        post(&t, 201, "/v1/consents", "%.*s}", (int)strlen(opted_in(name, "given", "2024-06-01", WORDS)) - 2,
             opted_in(name, "given", "2024-06-01", WORDS));
        cr_assert_str_eq(reason_of(&t, name, "newsletter"), "granted");
        if (i < 2) {
            expect(
                import(&t, 200, "&batch=1", text_of("%s%s", no, yes)),
                "[{'effect': 'applied'}, {'effect': 'superseded', 'verdict': {'reason': 'withdrawn'}}, {}]");
        } else {
            import(&t, 200, "&batch=1", no);
            import(&t, 200, "&batch=1", yes);
        }
        cr_assert_str_eq(reason_of(&t, name, "newsletter"), "withdrawn", "%d", i);
    }

    /* the older one may come last */
    import(&t, 200, "&batch=1",
           text_of("%s%s", opted_in("last", "withdrawn", "2025-01-10", ""),
                   opted_in("last", "given", "2025-06-10", WORDS)));
    cr_assert_str_eq(reason_of(&t, "last", "newsletter"), "granted");
    const char *late = opted_in("last", "given", "2024-06-01", WORDS);
    expect(post(&t, 201, "/v1/consents", "%.*s}", (int)strlen(late) - 2, late), "{'effect': 'superseded'}");
    cr_assert_str_eq(reason_of(&t, "last", "newsletter"), "withdrawn");

    /* one that is newer than the No is no older one */
    const char *live = opted_in("new", "given", "2025-03-01", WORDS);
    post(&t, 201, "/v1/consents", "%.*s}", (int)strlen(live) - 2, live);
    import(&t, 200, "&batch=1",
           text_of("%s%s", opted_in("new", "withdrawn", "2025-01-10", ""),
                   opted_in("new", "given", "2025-06-10", "")));
    cr_assert_str_eq(reason_of(&t, "new", "newsletter"), "granted");
}

Test(imports, the_same_file_as_another_batch_changes_nothing)
{
    struct tenant t = stage_tenant("same-file");
    const char *no = opted_in("anna", "refused", "2025-01-10", ""),
               *yes = opted_in("anna", "given", "2025-06-10", WORDS), *both = text_of("%s%s", no, yes);
    import(&t, 200, "&batch=jan", both);
    expect(import(&t, 200, "&batch=feb", both),
           "[{'effect': 'repeated', 'verdict': {'reason': 'granted'}}, {'effect': 'repeated', 'verdict': "
           "{'reason': 'granted'}}, {'new': 0}]");
    cr_assert_eq(tenant_events(&t), 2);
    expect(undo(&t, 200, "feb", "?dry_run=true", "{}"), "{'undone': 0, 'shared': 2, 'refusals_kept': 0}");
    expect(undo(&t, 200, "feb", "", "{}"), "{'undone': 0, 'shared': 2, 'refusals_kept': 0}");
    cr_assert_str_eq(reason_of(&t, "anna", "newsletter"), "granted");

    /* of a batch that has the No alone this is the last word, until the Yes comes with it */
    expect(import(&t, 200, "&batch=mar", no),
           "[{'effect': 'repeated', 'verdict': {'reason': 'refused'}}, {'new': 0}]");
    cr_assert_str_eq(reason_of(&t, "anna", "newsletter"), "refused");
    expect(import(&t, 200, "&batch=mar", yes),
           "[{'effect': 'repeated', 'verdict': {'reason': 'granted'}}, {'new': 0}]");
    cr_assert_eq(tenant_events(&t), 2);

    /* in whatever order the two batches come */
    const char *no_b = opted_in("bert", "refused", "2025-01-10", ""),
               *yes_b = opted_in("bert", "given", "2025-06-10", WORDS);
    import(&t, 200, "&batch=apr", no_b);
    import(&t, 200, "&batch=may", text_of("%s%s", no_b, yes_b));
    cr_assert_str_eq(reason_of(&t, "bert", "newsletter"), "refused");
    import(&t, 200, "&batch=apr", yes_b);
    cr_assert_str_eq(reason_of(&t, "bert", "newsletter"), "granted");
}

/* What was history because of a Yes that goes is a No that the batch brought. */
Test(imports, an_undone_yes_gives_the_no_before_it_back)
{
    struct tenant t = stage_tenant("no-back");
    const char *lines = text_of("%s%s", opted_in("anna", "refused", "2025-01-10", ""),
                                opted_in("anna", "given", "2025-06-10", WORDS));
    import(&t, 200, "&batch=1", lines);
    expect(undo(&t, 200, "1", "?dry_run=true", "{}"), "{'undone': 1, 'refusals_kept': 1, 'shared': 0}");
    expect(undo(&t, 200, "1", "?dry_run=true", "{'also_refusals': true}"),
           "{'undone': 2, 'refusals_kept': 0, 'shared': 0}");
    expect(undo(&t, 200, "1", "", "{}"), "{'undone': 1, 'refusals_kept': 1, 'shared': 0}");
    cr_assert_str_eq(reason_of(&t, "anna", "newsletter"), "refused");
    expect(undo(&t, 200, "1", "", "{}"), "{'undone': 0, 'refusals_kept': 1, 'shared': 0}");
    expect(undo(&t, 200, "1", "", "{'also_refusals': true}"), "{'undone': 1, 'refusals_kept': 0}");
    cr_assert_str_eq(reason_of(&t, "anna", "newsletter"), "never_asked");

    /* it may come again, and be undone as a whole */
    expect(import(&t, 200, "&batch=1", lines),
           "[{'effect': 'superseded'}, {'effect': 'applied'}, {'new': 1}]");
    cr_assert_str_eq(reason_of(&t, "anna", "newsletter"), "granted");
    expect(undo(&t, 200, "1", "", "{'also_refusals': true}"),
           "{'undone': 2, 'refusals_kept': 0, 'shared': 0}");
    cr_assert_str_eq(reason_of(&t, "anna", "newsletter"), "never_asked");
}
