/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_document_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void notice_id_read(struct draft *d, const struct node *n)
{
    value_key(n, d->notice->id);
}

/* As the controller numbers them: any text of one line. */
static void notice_version_read(struct draft *d, const struct node *n)
{
    size_t len;
    const char *version = node_string(n, 1, POLICY_KEY_MAX, &len);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)version[i] < ' ' || version[i] == '\x7f') {
            node_fault(n, ERROR_INVALID, "must not have control characters");
            return;
        }
    }
    memcpy(d->notice->version, version, len);
}

static void effective_from_read(struct draft *d, const struct node *n)
{
    d->notice->effective_from = node_moment(n);
}

static void change_read(struct draft *d, const struct node *n)
{
    static const char *const words[] = {"editorial", "material", NULL};
    d->notice->material = node_word(n, words) != 0;
}

/* The place among the controller's languages; behind them for one that is not there. */
static size_t language_place(const struct draft *d, const char *language)
{
    size_t place = 0;
    while (place < d->language_count && strcmp(d->languages[place], language) != 0)
        place++;
    return place;
}

/* The order must not be the document's: that of members means nothing, and the first text is the one shown
 * where none is in the language asked for. */
static int text_compare(const void *a, const void *b, void *draft)
{
    const struct notice_text *left = a;
    const struct notice_text *right = b;
    size_t left_place = language_place(draft, left->language);
    size_t right_place = language_place(draft, right->language);
    if (left_place != right_place)
        return left_place < right_place ? -1 : 1;
    return strcmp(left->language, right->language);
}

static void notice_texts_read(struct draft *d, const struct node *n)
{
    struct notice *notice = d->notice;
    struct language_text texts[POLICY_LANGUAGES_MAX];
    size_t count = value_texts(n, texts);
    assert(notice == &d->policy->notices[d->policy->notice_count] && notice->texts == NULL); /* (2) */
    if (count == 0 || (notice->texts = array_of(n, count, sizeof *notice->texts)) == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        memcpy(notice->texts[i].language, texts[i].language, strlen(texts[i].language) + 1);
        if (!sha256_of(texts[i].bytes, texts[i].len, notice->texts[i].sha256))
            node_fault(n, ERROR_OVERLOADED, "memory ran out");
    }
    notice->text_count = count;
    qsort_r(notice->texts, count, sizeof *notice->texts, text_compare, d);
}

const struct member notice_members[] = {
    {"id", REQUIRED, .read = notice_id_read},
    {"version", REQUIRED, .read = notice_version_read},
    {"effective_from", OPTIONAL, .read = effective_from_read},
    {"change", OPTIONAL, .read = change_read},
    {"texts", REQUIRED, .read = notice_texts_read},
    {"choice", OPTIONAL, .check = choice_check},
    {.name = NULL},
};

/* Of one id, no two versions may have one name, or take effect at one time: which
 * is in force could not be told. */
static void notice_check(const struct draft *d, const struct node *notice)
{
    const struct notice *n = d->notice;
    struct node version = node_optional(notice, "version");
    struct node from = node_optional(notice, "effective_from");
    for (size_t i = 0; i < d->policy->notice_count && n->id[0] != '\0'; i++) {
        const struct notice *other = &d->policy->notices[i];
        if (strcmp(other->id, n->id) != 0)
            continue;
        if (n->version[0] != '\0' && strcmp(other->version, n->version) == 0)
            node_fault(&version, ERROR_INVALID, "stands twice in this notice");
        else if (n->effective_from != INSTANT_NONE && other->effective_from == n->effective_from)
            node_fault(&from, ERROR_INVALID, "another version of this notice takes effect at this time");
    }
}

void notices_read(struct draft *d, const struct node *n)
{
    struct policy *policy = d->policy;
    size_t count = node_elements(n, 0, POLICY_NOTICES_MAX);
    assert(policy->notices == NULL && policy->notice_count == 0);
    if (count == 0 || (policy->notices = array_of(n, count, sizeof *policy->notices)) == NULL)
        return;
    for (; policy->notice_count < count; policy->notice_count++) {
        struct node notice = node_at(n, policy->notice_count);
        d->notice = &policy->notices[policy->notice_count];
        d->notice->material = true;
        d->notice->effective_from = 0; /* left out, it always was in force */
        section_read(d, &notice, notice_members);
        notice_check(d, &notice);
    }
}
