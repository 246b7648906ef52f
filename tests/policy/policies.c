/* SPDX-License-Identifier: Apache-2.0 */
#include "policies.h"

#include "harness/process.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

json_t *example_policy(const char *name, const char *key)
{
    json_t *policy = json_load_file(text_of(EXAMPLES "/%s.json", name), 0, NULL);
    cr_assert_not_null(policy, "no example %s", name);
    json_object_set_new(json_object_get(policy, "controller"), "key", json_string(key));
    return policy;
}

struct tenant company(const char *name, const char *key)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), key);
    const char *file = text_of("%s/%s.json", stage_keyring()->dir, key);
    cr_assert_eq(file_write(file, json_dumps(example_policy(name, key), 0)), 0);
    const char *const argv[] = {HARNESS_PROGRAM, "apply", file, NULL};
    const char *const settings[] = {text_of("AKKOORD_DATABASE=%s", stage_database()->service),
                                    text_of("AKKOORD_SUBJECT_KEY_FILE=%s", stage_keyring()->subject_key_file),
                                    NULL};
    char *output;
    cr_assert_eq(process_run(argv, settings, &output), 0, "%s was refused", name);
    return t;
}

void notice_add(json_t *policy, const char *id, const char *version, const char *change, const char *from)
{
    json_array_append_new(json_object_get(policy, "notices"),
                          json_of("{'id': '%s', 'version': '%s', 'change': '%s', 'effective_from': '%s', "
                                  "'texts': {'en': 'Words of version %s.'}}",
                                  id, version, change, from, version));
}

const struct answer *put(const struct tenant *t, const char *query, const json_t *policy)
{
    return client_send(&(struct request){.service = t->service,
                                         .method = "PUT",
                                         .path = text_of("/v1/policy%s", query),
                                         .token = t->token,
                                         .body = json_dumps(policy, 0)});
}

const json_t *rehearse(const struct tenant *t, int status, const json_t *policy)
{
    char *body = json_dumps(policy, 0);
    const json_t *answer = post(t, status, "/v1/policy/rehearse", "%s", body);
    free(body);
    return answer;
}

long subjects(const json_t *rehearsal, const char *purpose, const char *before, const char *after)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(rehearsal, "verdicts"), i, one)
    {
        const char *from = json_string_value(json_object_get(one, "reason_before"));
        const char *to = json_string_value(json_object_get(one, "reason_after"));
        bool same_from = before == NULL || from == NULL ? before == from : strcmp(before, from) == 0;
        bool same_to = after == NULL || to == NULL ? after == to : strcmp(after, to) == 0;
        if (strcmp(string_at(one, "/purpose"), purpose) == 0 && same_from && same_to)
            return number_at(one, "/subjects");
    }
    return 0;
}

const char *customer(const char *name)
{
    return text_of("{'type': 'customer', 'value': '%s-" MARK "'}", name);
}

const char *visitor(const char *name)
{
    return text_of("{'type': 'visitor', 'value': '%s-" MARK "'}", name);
}

const json_t *say(const struct tenant *t, int status, const char *subject, const char *purpose,
                  const char *state, const char *more)
{
    return post(t, status, "/v1/consents",
                "{'subject': %s, 'purpose': '%s', 'event_state': '%s', 'collection_method': 'web_form'%s}",
                subject, purpose, state, more);
}

const json_t *check(const struct tenant *t, const char *subject, const char *purpose)
{
    return post(t, 200, "/v1/check", "{'subject': %s, 'purpose': '%s'}", subject, purpose);
}

const char *reason(const struct tenant *t, const char *subject, const char *purpose)
{
    return string_at(check(t, subject, purpose), "/reason");
}

const json_t *register_row(const struct tenant *t, const char *purpose)
{
    const json_t *rows = json_at(get(t, 200, "/v1/policy/register"), "/rows"), *found = NULL;
    for (size_t i = 0; i < json_array_size(rows) && found == NULL; i++) {
        if (strcmp(string_at(json_array_get(rows, i), "/purpose"), purpose) == 0)
            found = json_array_get(rows, i);
    }
    return found;
}
