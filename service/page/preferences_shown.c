/* SPDX-License-Identifier: Apache-2.0 */
#include "page/preferences_shown.h"

#include "base/hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const choice_words[] = {[CHOICE_NONE] = "none", [CHOICE_YES] = "yes", [CHOICE_NO] = "no"};

enum {
    FIELD_MAX = POLICY_KEY_MAX + 3,
    STANDS_SIZE = 8,                /* bytes of the hash of what stands */
    SHOWN_MAX = 8 + 2 * STANDS_SIZE /* "none.0123..." */
};

static const char *field_of(const struct form *form, char kind, const char *key)
{
    char name[FIELD_MAX];
    snprintf(name, sizeof name, "%c.%s", kind, key);
    return form_value(form, name);
}

enum choice choice_sent(const struct form *form, const char *key)
{
    const char *answer = field_of(form, 'p', key);
    if (answer == NULL)
        return CHOICE_NONE;
    return strcmp(answer, "yes") == 0 ? CHOICE_YES : strcmp(answer, "no") == 0 ? CHOICE_NO : CHOICE_NONE;
}

/* ---- what stands ---- */

/* A state as far as it is another one after something was recorded. No padding: it is compared by its
 * bytes. */
struct mark {
    int64_t purpose, slot, guardian, rank, revision;
};

static int mark_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct mark));
}

static bool is_of(const struct purpose_set *set, const struct state *s)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->numbers[i] == s->purpose)
            return true;
    }
    return false;
}

/* Of all that a verdict on the purpose looks at. ${marks} NULL: how many there are. */
static size_t marks_take(const struct link_page *p, size_t place, struct mark *marks)
{
    const struct policy *policy = link_page_controller(p)->policy;
    size_t each = probes_count(&p->person), first = p->set_of[place] * each, count = 0;
    struct purpose_set set;
    purpose_set_of(policy, &policy->purposes[place], &set);
    for (size_t i = 0; i < each; i++) {
        struct states states = check_states(&p->check, first + i);
        for (size_t k = 0; k < states.count; k++) {
            const struct state *s = &states.list[k];
            if (!is_of(&set, s))
                continue;
            if (marks != NULL)
                marks[count] = (struct mark){s->purpose, s->slot, s->guardian, s->rank, s->revision};
            count++;
        }
    }
    return count;
}

/* In whatever order it was read. */
static void stands_of(const struct link_page *p, size_t place, char ret_hex[2 * STANDS_SIZE + 1])
{
    size_t count = marks_take(p, place, NULL);
    struct mark *marks = call_alloc(link_page_call(p), (count + 1) * sizeof *marks);
    uint8_t hash[32];
    marks_take(p, place, marks);
    qsort(marks, count, sizeof *marks, mark_compare);
    tagger_hash(link_page_controller(p)->tagger, "shown", marks, count * sizeof *marks, hash);
    hex_write(hash, STANDS_SIZE, ret_hex);
}

/* ---- as a field of the form ---- */

void shown_write(const struct link_page *p, struct page *page, size_t place, enum choice marked)
{
    char name[FIELD_MAX], value[SHOWN_MAX], stands[2 * STANDS_SIZE + 1] = "";
    stands_of(p, place, stands);
    snprintf(name, sizeof name, "s.%s", link_page_controller(p)->policy->purposes[place].key);
    snprintf(value, sizeof value, "%s.%s", choice_words[marked], stands);
    page_hidden(page, name, value);
}

/* Returns what is behind what was marked; NULL: it is not said. */
static const char *marked_read(const struct form *form, const char *key, enum choice *ret_marked)
{
    const char *value = field_of(form, 's', key);
    *ret_marked = CHOICE_NONE;
    for (size_t i = 0; value != NULL && i < sizeof choice_words / sizeof *choice_words; i++) {
        size_t len = strlen(choice_words[i]);
        if (strncmp(value, choice_words[i], len) != 0 || value[len] != '.')
            continue;
        *ret_marked = (enum choice)i;
        return value + len + 1;
    }
    return NULL;
}

enum choice shown_marked(const struct form *form, const char *key)
{
    enum choice marked;
    marked_read(form, key, &marked);
    return marked;
}

struct shown shown_read(const struct link_page *p, size_t place)
{
    char stands[2 * STANDS_SIZE + 1] = "";
    struct shown shown = {0};
    const char *told =
        marked_read(&p->form, link_page_controller(p)->policy->purposes[place].key, &shown.marked);
    if (told == NULL)
        return shown;
    stands_of(p, place, stands);
    shown.is_told = true;
    shown.is_current = strcmp(told, stands) == 0;
    return shown;
}
