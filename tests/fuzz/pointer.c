/* SPDX-License-Identifier: Apache-2.0 */
/* What a pointer finds in a well-formed text, and what a list of them keeps, is what jansson's tree says. */
#include "wire/pointer.h"
#include "fuzz.h"

#include <jansson.h>

enum { FLAGS = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, KEPT_MAX = 1 << 20 };

/* A pointer written out reads the same. */
static void pointer_stands(const struct pointer *p)
{
    char text[POINTER_TOKENS_MAX * (2 * POINTER_TOKEN_MAX + 1)];
    size_t len = 0;
    for (size_t i = 0; i < p->count; i++) {
        text[len++] = '/';
        for (const char *c = p->tokens[i]; *c != '\0'; c++) {
            bool escaped = *c == '~' || *c == '/';
            text[len++] = escaped ? '~' : *c;
            if (escaped)
                text[len++] = *c == '~' ? '0' : '1';
        }
    }
    struct pointer again;
    REQUIRE(pointer_parse(text, len, &again) && again.count == p->count);
    REQUIRE(pointer_covers(p, &again) && pointer_covers(&again, p));
}

static const json_t *element(const json_t *array, const char *token)
{
    size_t digits = strlen(token);
    if (digits == 0 || digits > 6 || strspn(token, "0123456789") != digits || (digits > 1 && token[0] == '0'))
        return NULL;
    return json_array_get(array, strtoul(token, NULL, 10));
}

static const json_t *resolve(const json_t *tree, const struct pointer *p)
{
    for (size_t i = 0; i < p->count && tree != NULL; i++)
        tree = json_is_object(tree) ? json_object_get(tree, p->tokens[i]) : element(tree, p->tokens[i]);
    return tree;
}

static void find(const struct pointer *p, const char *text, size_t len, const json_t *tree)
{
    const char *value = NULL;
    size_t value_len = 0;
    bool found = pointer_find(p, text, len, &value, &value_len);
    if (found)
        REQUIRE(value >= text && value_len > 0 && value + value_len <= text + len);
    if (tree == NULL)
        return;
    const json_t *want = resolve(tree, p);
    REQUIRE(found == (want != NULL));
    if (!found)
        return;
    json_t *got = json_loadb(value, value_len, FLAGS, NULL);
    REQUIRE(got != NULL && json_equal(got, want));
    json_decref(got);
}

/* The members that the pointers in ${within} name; NULL when there is none. */
static json_t *keep(const struct pointer_list *list, uint32_t within, size_t depth, json_t *object)
{
    json_t *copy = json_object(), *member;
    const char *key;
    json_object_foreach(object, key, member)
    {
        uint32_t inner = 0;
        bool all = false;
        for (size_t i = 0; i < list->count; i++) {
            const struct pointer *p = &list->pointers[i];
            if ((within >> i & 1) == 0 || p->count <= depth || strcmp(p->tokens[depth], key) != 0)
                continue;
            all = all || p->count == depth + 1;
            inner |= 1u << i;
        }
        json_t *kept = all                                    ? json_incref(member)
                       : inner != 0 && json_is_object(member) ? keep(list, inner, depth + 1, member)
                                                              : NULL;
        if (kept != NULL)
            json_object_set_new(copy, key, kept);
    }
    if (depth > 0 && json_object_size(copy) == 0) {
        json_decref(copy);
        return NULL;
    }
    return copy;
}

static void keeps(const struct pointer_list *list, const char *text, size_t len, json_t *tree)
{
    struct buf out;
    buf_init(&out, KEPT_MAX);
    pointers_keep(list, text, len, &out);
    /* A brace for each that lacked its own; of what is no JSON, a colon and a comma for each key that did. */
    REQUIRE(!buf_failed(&out) && out.len <= (tree != NULL ? len : 2 * len) + POINTER_TOKENS_MAX + 1);
    if (tree != NULL) {
        json_t *want = json_is_object(tree) ? keep(list, UINT32_MAX, 0, tree) : json_object();
        json_t *got = json_loadb(out.data, out.len, FLAGS, NULL);
        char *want_text = json_dumps(want, JSON_COMPACT), *got_text = json_dumps(got, JSON_COMPACT);
        REQUIRE(got != NULL && strcmp(want_text, got_text) == 0); /* in the same order, too */
        free(want_text);
        free(got_text);
        json_decref(want);
        json_decref(got);
    }
    buf_free(&out);
}

/* A line with a list of pointers, then a text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *newline = memchr(data, '\n', size);
    if (newline == NULL)
        return 0;
    const char *text = newline + 1;
    size_t head = (size_t)(newline - (const char *)data), len = size - head - 1;
    char pointers[4096] = "";
    if (head >= sizeof pointers)
        return 0;
    memcpy(pointers, data, head);
    struct pointer_list list;
    if (!pointer_list_parse(pointers, &list))
        return 0;
    REQUIRE(list.count >= 1 && list.count <= POINTERS_MAX);
    bool nul = memchr(text, '\0', len) != NULL;
    json_t *tree = nul ? NULL : json_loadb(text, len, FLAGS, NULL);
    for (size_t i = 0; i < list.count; i++) {
        pointer_stands(&list.pointers[i]);
        find(&list.pointers[i], text, len, tree);
    }
    keeps(&list, text, len, tree);
    json_decref(tree);
    return 0;
}
