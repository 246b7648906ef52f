/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"
#include "domain/moment.h"
#include "wire/cursor.h"
#include "wire/reader_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* (1) There is a tree only where all of the document was parsed. Every piece of it is in the reader's
 *     arena, so it goes with the arena, and nothing of it is released by jansson's json_decref.
 * (2) jansson's memory is an arena only inside a call that builds: one reader's at a time of a thread.
 * (3) error is the first that was found, and stays; it is ERROR_NONE as long as nothing was.
 * (4) faults holds fault_count pairs of a pointer and a detail, no two alike, each ended by a NUL; what finds
 *     no room there still counts in error.
 * (5) A pointer names a member as our own code spells it, or as the body does where that can be no personal
 *     data; a detail is ours, word for word.
 * (6) Where nothing can be read (absent, of another type, out of its bounds) every node_ function gives what
 *     its header says, and a caller needs no test in between.
 *
 * What a body may do is a fault. What only our own code may do wrong is asserted. */

/* bytes; what is longer still counts as a fault, without words */
enum { FAULT_SIZE = 4096, DETAIL_SIZE = 512 };

_Static_assert(READER_DEPTH_MAX == 32 && READER_MEMBERS_MAX == 1000, "outline_take says so in words");

const char *outline_take(struct outline *o, char c)
{
    switch (c) {
    case '{':
    case '[':
        if (o->depth == READER_DEPTH_MAX)
            return "more than 32 levels";
        o->members[o->depth++] = c == '{' ? 1 : 0;
        return NULL;
    case '}':
    case ']':
        if (o->depth > 0)
            o->depth--;
        return NULL;
    case ',':
        if (o->depth > 0 && o->members[o->depth - 1] != 0 && ++o->members[o->depth - 1] > READER_MEMBERS_MAX)
            return "more than 1000 members in an object";
        return NULL;
    default:
        return NULL;
    }
}

/* Returns NULL, or the limit that is exceeded, at ${ret_at}. Text that is not JSON may pass: jansson stops at
 * the first error, and up to there its nesting is the one counted here. */
static const char *outline_check(const char *bytes, size_t len, const char **ret_at)
{
    struct outline outline = {.depth = 0};
    struct cursor c = cursor_of(bytes, len);
    while (c.at < c.end) {
        const char *limit = outline_take(&outline, cursor_step(&c));
        if (limit != NULL) {
            *ret_at = c.at;
            return limit;
        }
    }
    return NULL;
}

static enum error reader_refuse(struct reader *r, int line, int column, const char *why)
{
    assert(r->error == ERROR_NONE || r->error == ERROR_NOT_JSON);
    snprintf(r->syntax, sizeof r->syntax, "line %d, column %d: %s", line, column, why);
    return r->error = ERROR_NOT_JSON;
}

/* Counts as jansson does: lines and characters from 1, at the last character before ${at}. */
enum error reader_refuse_at(struct reader *r, const char *whole, const char *at, const char *why)
{
    const char *bytes = whole;
    int line = 1;
    int column = 0;
    for (; bytes < at; bytes++) {
        if (*bytes == '\n') {
            line++;
            column = 0;
        } else if (((unsigned char)*bytes & 0xc0) != 0x80) {
            column++;
        }
    }
    return reader_refuse(r, line, column, why);
}

/* jansson's own text quotes the body; its code does not. */
static const char *syntax_reason(enum json_error_code code)
{
    switch (code) {
    case json_error_invalid_utf8:
        return "invalid UTF-8";
    case json_error_premature_end_of_input:
        return "the document ends too early";
    case json_error_end_of_input_expected:
        return "something follows the document";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "a NUL";
    case json_error_duplicate_key:
        return "a member stands twice in one object";
    case json_error_numeric_overflow:
        return "a number out of range";
    default:
        return "not JSON";
    }
}

/* jansson makes a tree of many small pieces, which all go together: they come out of the reader's arena. Its
 * two allocation functions are the whole process's (libjwt's too), so only what is asked for while a tree is
 * built is taken there; and such a tree is never released piece by piece. */
static _Thread_local struct arena *building;
static _Thread_local bool starved; /* a piece was refused: jansson may call that a syntax error */

static void *piece_alloc(size_t size)
{
    if (building == NULL)
        return malloc(size);
    void *piece = arena_alloc(building, size);
    starved = starved || piece == NULL;
    return piece;
}

static void piece_free(void *piece)
{
    if (building == NULL)
        free(piece);
}

static void pieces_set_up(void)
{
    json_set_alloc_funcs(piece_alloc, piece_free);
    json_object_seed(0); /* from the system's random numbers: nobody outside can choose names that collide */
}

static void build_begin(struct reader *r)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, pieces_set_up);
    assert(building == NULL); /* (2) */
    building = &r->arena;
    starved = false;
}

json_t *reader_parse(struct reader *r, const char *whole, const char *bytes, size_t len)
{
    assert(r->error == ERROR_NONE && whole <= bytes);
    json_error_t error;
    /* jansson leaves the code alone where it lacks memory. */
    error.text[sizeof error.text - 1] = json_error_unknown;
    build_begin(r);
    json_t *tree = json_loadb(bytes, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    building = NULL;
    if (tree != NULL)
        return tree;

    /* Lack of memory first: jansson may take it for an error of the text. */
    enum json_error_code code = json_error_code(&error);
    if (starved || code == json_error_unknown || code == json_error_out_of_memory)
        r->error = ERROR_OVERLOADED;
    else if (bytes == whole)
        reader_refuse(r, error.line, error.column, syntax_reason(code));
    else
        reader_refuse_at(r, whole, bytes + error.position, syntax_reason(code));
    return NULL;
}

json_t *reader_array_new(struct reader *r)
{
    build_begin(r);
    json_t *array = json_array();
    building = NULL;
    if (array == NULL)
        r->error = ERROR_OVERLOADED;
    return array;
}

bool reader_array_add(struct reader *r, json_t *array, json_t *element)
{
    build_begin(r);
    bool added = json_array_append_new(array, element) == 0;
    building = NULL;
    if (!added)
        r->error = ERROR_OVERLOADED;
    return added;
}

void reader_init(struct reader *r)
{
    r->tree = NULL;
    r->arena = (struct arena){0};
    r->error = ERROR_NONE;
    r->syntax[0] = '\0';
    r->fault_count = 0;
    buf_init(&r->faults, READER_FAULTS_SIZE);
}

enum error reader_open(struct reader *r, const char *bytes, size_t len)
{
    reader_init(r);
    if (len == 0)
        bytes = "";
    const char *at = memchr(bytes, '\0', len);
    if (at != NULL)
        return reader_refuse_at(r, bytes, at + 1, "a NUL");
    const char *limit = outline_check(bytes, len, &at);
    if (limit != NULL)
        return reader_refuse_at(r, bytes, at, limit);
    r->tree = reader_parse(r, bytes, bytes, len);
    assert((r->tree == NULL) == (r->error != ERROR_NONE)); /* (1) */
    return r->error;
}

void reader_close(struct reader *r)
{
    arena_free(&r->arena);
    r->tree = NULL;
    buf_free(&r->faults);
}

bool reader_ok(const struct reader *r)
{
    return r->error == ERROR_NONE;
}

enum error reader_error(const struct reader *r)
{
    return r->error;
}

const char *reader_syntax(const struct reader *r)
{
    return r->syntax[0] != '\0' ? r->syntax : NULL;
}

bool reader_fault_next(const struct reader *r, struct reader_fault *fault)
{
    const char *at = fault->pointer == NULL ? r->faults.data : fault->detail + strlen(fault->detail) + 1;
    if (r->faults.len == 0 || at == r->faults.data + r->faults.len)
        return false;
    assert(at >= r->faults.data && at < r->faults.data + r->faults.len); /* ${fault} is of this reader */
    fault->pointer = at;
    fault->detail = at + strlen(at) + 1;
    return true;
}

struct node reader_root(struct reader *r)
{
    return (struct node){.reader = r, .value = r->tree, .index = NODE_UNNAMED};
}

enum node_kind node_kind(const struct node *n)
{
    if (n->value == NULL)
        return NODE_ABSENT;
    switch (json_typeof(n->value)) {
    case JSON_OBJECT:
        return NODE_OBJECT;
    case JSON_ARRAY:
        return NODE_ARRAY;
    case JSON_STRING:
        return NODE_STRING;
    case JSON_INTEGER:
    case JSON_REAL:
        return NODE_NUMBER;
    case JSON_TRUE:
    case JSON_FALSE:
        return NODE_BOOL;
    case JSON_NULL:
        break;
    }
    return NODE_NULL;
}

static void pointer_name(const char *name, struct buf *b)
{
    buf_byte(b, '/');
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '~')
            buf_text(b, "~0");
        else if (*c == '/')
            buf_text(b, "~1");
        else
            buf_byte(b, *c);
    }
}

/* Returns false where a name is not repeated: what is further in has no pointer of its own. */
static bool pointer_write(const struct node *n, struct buf *b)
{
    assert(n->key == NULL || n->index == NODE_UNNAMED);
    if (n->parent == NULL)
        return true;
    if (!pointer_write(n->parent, b) || (n->key == NULL && n->index == NODE_UNNAMED))
        return false;
    if (n->key != NULL)
        pointer_name(n->key, b);
    else
        buf_printf(b, "/%zu", n->index);
    return true;
}

void node_pointer(const struct node *n, struct buf *b)
{
    (void)pointer_write(n, b);
}

static bool reader_has_fault(const struct reader *r, const struct buf *text)
{
    struct reader_fault fault = {0};
    while (reader_fault_next(r, &fault)) {
        size_t len = (size_t)(fault.detail + strlen(fault.detail) + 1 - fault.pointer);
        if (len == text->len && memcmp(fault.pointer, text->data, len) == 0)
            return true;
    }
    return false;
}

void node_fault(const struct node *n, enum error code, const char *detail)
{
    struct reader *r = n->reader;
    assert(code != ERROR_NONE && r->fault_count <= READER_FAULTS_MAX);
    if (r->error == ERROR_NONE)
        r->error = code;
    if (r->fault_count == READER_FAULTS_MAX)
        return;

    /* Kept once, and whole: a pointer without its detail would shift all pairs behind it. */
    struct buf text;
    buf_init(&text, FAULT_SIZE);
    node_pointer(n, &text);
    buf_byte(&text, '\0');
    buf_append(&text, detail, strlen(detail) + 1);
    if (!buf_failed(&text) && !reader_has_fault(r, &text)) {
        buf_append(&r->faults, text.data, text.len);
        if (!buf_failed(&r->faults))
            r->fault_count++;
    }
    buf_free(&text);
}

void reader_member_fault(struct reader *r, const char *name, const char *detail)
{
    struct node root = reader_root(r), n = {0};
    if (node_is_object(&root))
        n = node_optional(&root, name);
    node_fault(node_present(&n) ? &n : &root, ERROR_INVALID, detail);
}

__attribute__((format(printf, 2, 3))) static void node_faultf(const struct node *n, const char *format, ...)
{
    char detail[DETAIL_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    node_fault(n, ERROR_INVALID, detail);
}

/* Is there something to read? A value of the wrong type is a fault; of an absent one node_member has spoken.
 */
static bool node_expect(const struct node *n, bool right, const char *rule)
{
    if (n->value == NULL)
        return false;
    if (!right)
        node_fault(n, ERROR_INVALID, rule);
    return right;
}

static bool node_expect_object(const struct node *n)
{
    return node_expect(n, json_is_object(n->value), "must be an object");
}

struct node node_optional(const struct node *object, const char *key)
{
    struct node member = {.reader = object->reader, .parent = object, .key = key, .index = NODE_UNNAMED};
    if (node_expect_object(object))
        member.value = json_object_get(object->value, key);
    return member;
}

struct node node_member(const struct node *object, const char *key)
{
    struct node member = node_optional(object, key);
    if (member.value == NULL && json_is_object(object->value))
        node_fault(&member, ERROR_INVALID, "is required");
    return member;
}

/* May this name out of a body be repeated? Not where it may be a person's: an address, a number, a name with
 * a dot between. The contract's own names have none of these. */
static bool name_is_plain(const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    enum { DIGITS_MAX = 4 }; /* a year's; fewer than any number of a person's */
    size_t len = strspn(name, plain), digits = 0;
    for (size_t i = 0; i < len && digits <= DIGITS_MAX; i++)
        digits += name[i] >= '0' && name[i] <= '9';
    return len <= READER_NAME_MAX && name[len] == '\0' && digits <= DIGITS_MAX;
}

bool node_next(const struct node *object, void **cursor, const char **ret_name, struct node *ret_member)
{
    if (*cursor == NULL && !node_expect_object(object))
        return false;
    void *at =
        *cursor == NULL ? json_object_iter(object->value) : json_object_iter_next(object->value, *cursor);
    if (at == NULL)
        return false;
    *cursor = at;
    *ret_name = json_object_iter_key(at);
    *ret_member = (struct node){.reader = object->reader,
                                .value = json_object_iter_value(at),
                                .parent = object,
                                .key = name_is_plain(*ret_name) ? *ret_name : NULL,
                                .index = NODE_UNNAMED};
    return true;
}

static int word_index(const char *const words[], const char *word)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return -1;
}

void node_only(const struct node *object, const char *const allowed[])
{
    if (!node_expect_object(object))
        return;
    for (void *at = json_object_iter(object->value); at != NULL;
         at = json_object_iter_next(object->value, at)) {
        const char *name = json_object_iter_key(at);
        if (word_index(allowed, name) >= 0)
            continue;
        struct node member = {.reader = object->reader, .parent = object, .key = name, .index = NODE_UNNAMED};
        if (name_is_plain(name))
            node_fault(&member, ERROR_INVALID, "unknown member");
        else
            node_fault(object, ERROR_INVALID, "has an unknown member, whose name is not repeated here");
    }
}

static size_t node_counted(const struct node *n, size_t count, size_t min, size_t max, const char *what)
{
    assert(min <= max);
    if (count >= min && count <= max)
        return count;
    node_faultf(n, "must have %zu to %zu %s", min, max, what);
    return 0;
}

size_t node_members(const struct node *object, size_t min, size_t max)
{
    if (!node_expect_object(object))
        return 0;
    return node_counted(object, json_object_size(object->value), min, max, "members");
}

size_t node_elements(const struct node *array, size_t min, size_t max)
{
    if (!node_expect(array, json_is_array(array->value), "must be an array"))
        return 0;
    return node_counted(array, json_array_size(array->value), min, max, "elements");
}

struct node node_at(const struct node *array, size_t i)
{
    return (struct node){
        .reader = array->reader, .value = json_array_get(array->value, i), .parent = array, .index = i};
}

const char *node_string(const struct node *n, size_t min, size_t max, size_t *ret_len)
{
    const char *string = "";
    size_t len = 0;
    assert(min <= max);
    if (node_expect(n, json_is_string(n->value), "must be a string")) {
        len = json_string_length(n->value);
        if (len >= min && len <= max) {
            string = json_string_value(n->value);
        } else {
            len = 0;
            node_faultf(n, "must be %zu to %zu bytes long", min, max);
        }
    }
    if (ret_len != NULL)
        *ret_len = len;
    return string;
}

int node_word(const struct node *n, const char *const words[])
{
    if (n->value == NULL)
        return -1;
    int index = json_is_string(n->value) ? word_index(words, json_string_value(n->value)) : -1;
    if (index >= 0)
        return index;
    char rule[DETAIL_SIZE] = "must be one of ";
    size_t len = strlen(rule);
    for (int i = 0; words[i] != NULL && len < sizeof rule; i++)
        len += (size_t)snprintf(rule + len, sizeof rule - len, "%s%s", i > 0 ? ", " : "", words[i]);
    node_fault(n, ERROR_INVALID, rule);
    return -1;
}

bool node_bool(const struct node *n)
{
    return node_expect(n, json_is_boolean(n->value), "must be true or false") && json_is_true(n->value);
}

int64_t node_int(const struct node *n, int64_t min, int64_t max)
{
    assert(min <= max);
    if (n->value == NULL)
        return min;
    int64_t value = json_integer_value(n->value);
    if (json_is_integer(n->value) && value >= min && value <= max)
        return value;
    node_faultf(n, "must be a whole number from %" PRId64 " to %" PRId64, min, max);
    return min;
}

instant node_moment(const struct node *n)
{
    if (n->value == NULL)
        return INSTANT_NONE;
    instant moment = INSTANT_NONE;
    if (!json_is_string(n->value) ||
        !moment_parse(json_string_value(n->value), json_string_length(n->value), &moment))
        node_fault(n, ERROR_INVALID, "must be an RFC 3339 date-time");
    return moment;
}

static int dump_piece(const char *piece, size_t len, void *cookie)
{
    struct buf *b = cookie;
    buf_append(b, piece, len);
    return buf_failed(b) ? -1 : 0;
}

void node_dump(const struct node *n, bool sorted, struct buf *b)
{
    if (n->value == NULL)
        return;
    size_t flags = JSON_COMPACT | JSON_ENCODE_ANY | (sorted ? JSON_SORT_KEYS : 0U);
    if (json_dump_callback(n->value, dump_piece, b, flags) != 0)
        b->failed = true;
}
