/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "wire/policy_document.h"

/* What the files that read a policy document share. Each object of the document is a table of its members. To add
 * one: a row there, and a function where struct policy holds it. What is only looked at, not held, the database
 * keeps with the document's text. */

enum {
    POLICY_TEXT_MAX = 16384, /* bytes of one text in one language */
    LANGUAGE_SIZE = sizeof((struct notice_text *)0)->language
};

/* What is read so far. */
struct draft {
    struct policy *policy;
    size_t language_count;
    char languages[POLICY_LANGUAGES_MAX][LANGUAGE_SIZE]; /* of the controller */

    struct purpose *purpose; /* the one that is being read */
    bool basis_known, channel_known;
    struct notice *notice; /* likewise */
};

enum duty {
    OPTIONAL,
    REQUIRED,
    LATER /* optional, and not acted on yet */
};

struct member {
    const char *name;
    enum duty duty;
    unsigned kinds; /* the JSON types it may have; 0: read or check says */
    void (*check)(const struct node *n);
    void (*read)(struct draft *d, const struct node *n);
    const struct member *inner; /* the members of this object, or of each of its elements */
};

/* Reads the members of one object, in the order of its table, which ends with a row without a name. */
void section_read(struct draft *d, const struct node *object, const struct member *members);

extern const struct member controller_members[];
extern const struct member purpose_members[];
extern const struct member notice_members[];
void controller_read(struct draft *d, const struct node *n);
void purposes_read(struct draft *d, const struct node *n);
/* After the controller: the order of a notice's texts is that of its languages. */
void notices_read(struct draft *d, const struct node *n);

/* ${count} zeroed elements, to be freed by free; NULL and a fault at ${n} when memory ran out. */
void *array_of(const struct node *n, size_t count, size_t size);
/* Returns false when memory ran out. */
bool sha256_of(const void *bytes, size_t len, uint8_t ret_hash[POLICY_DOCUMENT_HASH_SIZE]);

/* Values that several members of a policy document share. Each records what is wrong with them as a fault at
 * their place; an absent one is read as nothing, without a fault. */

/* A text in one language; ${bytes} live as long as the reader. */
struct language_text {
    char language[LANGUAGE_SIZE]; /* BCP 47, lower case */
    const char *bytes;
    size_t len;
};

/* A set of JSON types, one bit a node_kind. */
#define KIND(kind)  (1U << (kind))
#define KIND_TEXT   KIND(NODE_STRING)
#define KIND_LIST   KIND(NODE_ARRAY)
#define KIND_OBJECT KIND(NODE_OBJECT)
#define KIND_FLAG   KIND(NODE_BOOL)

/* Whether ${n} is of one of ${kinds}; a fault that lists them otherwise. */
bool value_is(const struct node *n, unsigned kinds);
/* Whether ${n} is the string ${word}; no fault where it is not. */
bool value_is_word(const struct node *n, const char *word);
/* A key that clients write: [a-z0-9][a-z0-9_-]*, at most POLICY_KEY_MAX bytes. Writes "" on a fault. */
void value_key(const struct node *n, char key[POLICY_KEY_MAX + 1]);
/* A duration that is not zero; zero for null, and on a fault. */
struct duration value_duration(const struct node *n);
/* A BCP 47 tag in lower case. Returns false, with a fault, when it does not look like one. */
bool value_language(const struct node *n, const char *tag, char ret_language[LANGUAGE_SIZE]);
/* An object of texts by language, each language once, none empty. Returns how many there are; 0 on a fault. */
size_t value_texts(const struct node *n, struct language_text texts[POLICY_LANGUAGES_MAX]);
/* One text for all languages, or an object of them; only looked at. */
void value_text_or_texts(const struct node *n);
