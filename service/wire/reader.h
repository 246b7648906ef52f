/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads one JSON document straight down, with no test in between: what is wrong is collected in the reader,
 * and one question at the end, reader_ok, tells whether what was read may be used. An absent value is read as
 * nothing ("", false, the minimum, no members) without a further fault, so a missing object is one fault, not
 * one a member. What a fault says is for strangers: a place and a rule, never a value of the body. */

struct json_t; /* jansson's; opaque outside wire/ */

enum {
    READER_DEPTH_MAX = 32,     /* levels of arrays and objects: the contract; bounds jansson's recursion */
    READER_MEMBERS_MAX = 1000, /* members an object: the contract */
    READER_FAULTS_MAX = 100,   /* faults kept; enough to mend a document by, and a bounded answer */
    READER_NAME_MAX = 64,      /* bytes; a longer name out of the body is not repeated */
    READER_SYNTAX_MAX = 96,    /* bytes; the longest reason (50) and two numbers of ten digits */
    /* bytes: READER_FAULTS_MAX pointers of five names (325) and details of 300, rounded up */
    READER_FAULTS_SIZE = 64 * 1024
};

/* One parsed body. Owns the tree and the faults. Read its fields through the functions below. */
struct reader {
    struct json_t *tree;            /* NULL: nothing to read */
    struct arena arena;             /* what the tree is made of */
    enum error error;               /* the first fault's */
    char syntax[READER_SYNTAX_MAX]; /* where and why the body is not JSON, or "" */
    size_t fault_count;             /* at most READER_FAULTS_MAX */
    struct buf faults;              /* fault_count times pointer, NUL, detail, NUL */
};

/* A place in the document, there or not. Lives on the caller's stack; what it was made from (its parent, and
 * the reader) must outlive it, and stay where it is. */
struct node {
    struct reader *reader;
    struct json_t *value;      /* NULL: absent */
    const struct node *parent; /* NULL: the root */
    const char *key;           /* NULL: an element, or a member whose name is not repeated */
    size_t index;              /* NODE_UNNAMED for the latter */
};
#define NODE_UNNAMED SIZE_MAX

enum node_kind { NODE_ABSENT, NODE_NULL, NODE_BOOL, NODE_NUMBER, NODE_STRING, NODE_ARRAY, NODE_OBJECT };

/* Parses ${len} bytes (copied; they are not needed afterwards). Any JSON value may be the root.
 * ERROR_NOT_JSON for what is not RFC 8259 in UTF-8: bad syntax, invalid UTF-8, a byte order mark, a NUL
 * (escaped too), a number that fits no int64 or double, something behind the document; and for duplicate
 * members and what exceeds the limits above. ERROR_OVERLOADED when memory ran out. ERROR_NONE otherwise.
 * Whatever it returns, close ${r}. */
enum error reader_open(struct reader *r, const char *bytes, size_t len);
/* Frees the tree: all strings read from it are gone. */
void reader_close(struct reader *r);

/* No fault so far? */
bool reader_ok(const struct reader *r);
/* The code that decides the answer's type and status: the first fault's, or ERROR_NONE. */
enum error reader_error(const struct reader *r);
/* "line 3, column 14: ..." when the body was not JSON, else NULL. */
const char *reader_syntax(const struct reader *r);

/* One fault as text; lives as long as the reader, and until the next fault. */
struct reader_fault {
    const char *pointer; /* RFC 6901 */
    const char *detail;
};
/* Walks the faults in the order they were found: start with a zeroed ${fault}. Returns false after the last.
 */
bool reader_fault_next(const struct reader *r, struct reader_fault *fault);

/* Absent when the body did not parse. */
struct node reader_root(struct reader *r);

enum node_kind node_kind(const struct node *n);
static inline bool node_present(const struct node *n)
{
    return n->value != NULL;
}
static inline bool node_is_array(const struct node *n)
{
    return node_kind(n) == NODE_ARRAY;
}
static inline bool node_is_object(const struct node *n)
{
    return node_kind(n) == NODE_OBJECT;
}

/* The member ${key} of an object; its absence is a fault at the member. ${key} is not copied. */
struct node node_member(const struct node *object, const char *key);
/* As node_member; it may be absent. (A null is there: a value of the wrong type, unless the caller asks
 * node_kind.) */
struct node node_optional(const struct node *object, const char *key);
/* Makes every member whose name is not in ${allowed} (ends with NULL) a fault. */
void node_only(const struct node *object, const char *const allowed[]);
/* Walks the members in document order: start with *${cursor} NULL. ${ret_name} lives as long as the reader.
 * Returns false after the last one, and (with a fault) for what is not an object. */
bool node_next(const struct node *object, void **cursor, const char **ret_name, struct node *ret_member);
/* The number of members; 0 and a fault unless it is an object of ${min} to ${max} of them. */
size_t node_members(const struct node *object, size_t min, size_t max);

/* The number of elements; 0 and a fault unless it is an array of ${min} to ${max} of them. */
size_t node_elements(const struct node *array, size_t min, size_t max);
/* Element ${i}, counted from 0; absent, without a fault, when there is none. */
struct node node_at(const struct node *array, size_t i);

/* A string of ${min} to ${max} bytes: valid UTF-8 with a NUL behind it and none within, alive as long as the
 * reader. On a fault "", never NULL. ${ret_len}, which may be NULL, gets the length of whatever is returned.
 */
const char *node_string(const struct node *n, size_t min, size_t max, size_t *ret_len);
/* The index of a string in the closed list ${words} (ends with NULL); -1 and a fault that lists them
 * otherwise. */
int node_word(const struct node *n, const char *const words[]);
/* False on a fault. */
bool node_bool(const struct node *n);
/* A number without fraction or exponent from ${min} to ${max}. ${min} on a fault. */
int64_t node_int(const struct node *n, int64_t min, int64_t max);
/* An RFC 3339 date-time. INSTANT_NONE on a fault and when absent. */
instant node_moment(const struct node *n);

/* Records a fault at ${n}, absent or not. ${detail} (copied) says the rule and never repeats a value of the
 * body. The same words at the same place are kept once. */
void node_fault(const struct node *n, enum error code, const char *detail);
/* Of the member of that name of the root, what was found later than while it was read: for call_bad_body. */
void reader_member_fault(struct reader *r, const char *name, const char *detail);
/* Appends the JSON pointer (RFC 6901) to ${b}. A name that came out of the body may itself be personal data:
 * unless it is READER_NAME_MAX bytes or less of [A-Za-z0-9_.-] the pointer ends at the object around it. */
void node_pointer(const struct node *n, struct buf *b);
/* Appends the value as JSON without white space; ${sorted} orders all members by the bytes of their names, so
 * that equal documents give equal bytes. A fraction is written with 17 digits. Nothing for what is absent;
 * ${b} fails on lack of memory. */
void node_dump(const struct node *n, bool sorted, struct buf *b);
