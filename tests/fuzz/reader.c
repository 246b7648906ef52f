/* SPDX-License-Identifier: Apache-2.0 */
/* The reader takes what jansson takes, within its limits; its dump is the same value; and its
 * faults point at what is there. */
#include "wire/reader.h"
#include "fuzz.h"
#include "wire/pointer.h"

#include <jansson.h>

enum { FLAGS = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, DUMP_MAX = 1 << 20 };

static bool within_limits(const json_t *value, size_t depth)
{
    const char *key;
    json_t *inner;
    size_t i;
    if ((json_is_object(value) || json_is_array(value)) && depth == READER_DEPTH_MAX)
        return false;
    if (json_object_size(value) > READER_MEMBERS_MAX)
        return false;
    json_object_foreach((json_t *)(uintptr_t)value, key,
                        inner) if (!within_limits(inner, depth + 1)) return false;
    json_array_foreach(value, i, inner) if (!within_limits(inner, depth + 1)) return false;
    return true;
}

/* Asks every node for everything, in the wrong order too. */
static void ask(const struct node *n)
{
    static const char *const words[] = {"nl", "en", NULL}, *const allowed[] = {"a", "id", NULL};
    size_t len;
    const char *text = node_string(n, 1, 8, &len), *name;
    REQUIRE(strlen(text) == len && len <= 8);
    REQUIRE(node_word(n, words) < 2);
    int64_t number = node_int(n, -5, 5);
    REQUIRE(number >= -5 && number <= 5);
    node_moment(n);
    node_bool(n);
    node_only(n, allowed);
    size_t count = node_elements(n, 1, 50);
    REQUIRE(count <= 50);
    struct node inner;
    for (size_t i = 0; i < count; i++)
        inner = node_at(n, i), ask(&inner);
    for (void *cursor = NULL; node_next(n, &cursor, &name, &inner);)
        ask(&inner);
}

static void faults_point(const struct reader *r, const char *text, size_t len)
{
    struct reader_fault fault = {0};
    struct pointer p;
    size_t count = 0, value_len;
    const char *value;
    for (; reader_fault_next(r, &fault); count++) {
        REQUIRE(fault.detail[0] != '\0');
        if (pointer_parse(fault.pointer, strlen(fault.pointer), &p))
            REQUIRE(pointer_find(&p, text, len, &value, &value_len));
    }
    REQUIRE(count == r->fault_count && count <= READER_FAULTS_MAX);
}

static void dump_of(struct reader *r, struct buf *out)
{
    struct node root = reader_root(r);
    buf_init(out, DUMP_MAX);
    node_dump(&root, true, out);
    REQUIRE(!buf_failed(out));
}

static void dump_stands(struct reader *r, const json_t *tree)
{
    struct buf once, twice;
    struct reader again;
    dump_of(r, &once);
    json_t *back = json_loadb(once.data, once.len, FLAGS, NULL);
    REQUIRE(back != NULL && json_equal(back, tree));
    json_decref(back);
    REQUIRE(reader_open(&again, once.data, once.len) == ERROR_NONE);
    dump_of(&again, &twice);
    REQUIRE(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
    reader_close(&again);
    buf_free(&once);
    buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct reader r;
    enum error e = reader_open(&r, text, size);
    bool nul = memchr(text, '\0', size) != NULL;
    json_t *tree = nul ? NULL : json_loadb(text, size, FLAGS, NULL);
    REQUIRE((e == ERROR_NONE) == (tree != NULL && within_limits(tree, 0)));
    REQUIRE(reader_ok(&r) == (e == ERROR_NONE) && reader_error(&r) == e);
    REQUIRE((reader_syntax(&r) == NULL) == (e == ERROR_NONE));
    if (e == ERROR_NONE) {
        dump_stands(&r, tree);
        struct node root = reader_root(&r);
        ask(&root);
        REQUIRE(!reader_ok(&r)); /* nothing is of all kinds */
        faults_point(&r, text, size);
    }
    json_decref(tree);
    reader_close(&r);
    return 0;
}
