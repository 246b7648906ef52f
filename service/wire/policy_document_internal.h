/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "wire/policy_document.h"

/* What the files that read a policy document share. Each object of the document is a table of its members. To
 * add one: a row there, and a function where struct policy holds it. What is only looked at, not held, the
 * database keeps with the document's text.
 *
 * (1) A section is read after those that it names: the order is that of document_members.
 * (2) The draft's policy owns all that was read so far, at every moment: policy_free takes it as it is. A
 *     count goes up once its element was read; the one being read is the next, zeroed before.
 * (3) What has a fault is read as nothing ("", 0, SIZE_MAX, not known), and reading goes on, so that all
 *     faults are told at once. So whoever compares what was read asks first whether it was.
 * (4) The policy is used only where there was no fault at all.
 * (5) facts[i] is of purposes[i]; while a purpose is read, those of the next place are its.
 * (6) A table that is read without a draft only checks. */

enum {
    POLICY_TEXT_MAX = 16384, /* bytes of one text in one language */
    POLICY_LINE_MAX = 500,   /* bytes of a name, an address and the like */
    POLICY_LIST_MAX = 100,   /* elements of a list of such */
    POLICY_CLIENTS_MAX = 1000,
    POLICY_RECIPIENTS_MAX = 32, /* each reads the ledger for itself */
    POLICY_RULES_MAX = 2000,    /* retention rules */
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
    struct purpose_facts {
        bool processor; /* it is done for clients */
        bool minors_stated;
        bool cookies_counted;     /* has cookies of class statistics_anonymous */
        bool cookies_further;     /* has cookies of another class */
        bool cookies_asked;       /* has cookies of a class that needs consent */
    } facts[POLICY_PURPOSES_MAX]; /* of each purpose, in the document's order */
};

enum cookie_class {
    COOKIE_STRICTLY_NECESSARY,
    COOKIE_STATISTICS_ANONYMOUS,
    COOKIE_CONSENT_CLASSES, /* from here on */
    COOKIE_PREFERENCES = COOKIE_CONSENT_CLASSES,
    COOKIE_ANALYTICS,
    COOKIE_MARKETING
};
extern const char *const cookie_class_words[]; /* NULL-terminated, in the order of the enum */
extern const char *const cookie_kind_words[];
extern const char *const cookie_party_words[];

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

/* Reads the members of one object, in the order of its table, which ends with a row without a name. ${d} may
 * be NULL for a table that only checks. */
void section_read(struct draft *d, const struct node *object, const struct member *members);

extern const struct member controller_members[];
extern const struct member purpose_members[];
extern const struct member client_members[];
extern const struct member notice_members[];
void controller_read(struct draft *d, const struct node *n);
void entities_read(struct draft *d, const struct node *n);
/* After the entities, which purposes name. */
void purposes_read(struct draft *d, const struct node *n);
void product_groups_read(struct draft *d, const struct node *n);
/* After the purposes, as all below. */
void clients_read(struct draft *d, const struct node *n);
void cookies_read(struct draft *d, const struct node *n);
/* After the purposes and cookies, where there are such: which purposes a banner asks about. */
void banner_decide(struct draft *d);
void sites_read(struct draft *d, const struct node *n);
void retention_read(struct draft *d, const struct node *n);
void ages_read(struct draft *d, const struct node *n);
void mask_read(struct draft *d, const struct node *n);
void rights_read(struct draft *d, const struct node *n);
void messages_read(struct draft *d, const struct node *n);
void recipients_read(struct draft *d, const struct node *n);
void officer_read(struct draft *d, const struct node *n);
void pages_read(struct draft *d, const struct node *n);
/* One rule of the controller's, or of a client's. */
void retention_rule_read(struct draft *d, const struct node *rule);
/* Of one purpose: who may decide for a minor. */
void minors_read(struct draft *d, const struct node *n);
/* Called for what the law leaves to those who can say why. ${reasoned}: they do, and are warned in the words
 * of ${then}; else it is a fault, in those of ${fault}. */
typedef void minors_finding(void *cookie, const struct node *n, bool reasoned, const char *fault,
                            const char *then);
void minors_find(const struct node *root, const struct policy *policy, minors_finding *tell, void *cookie);
/* How many clicks a choice takes: refusing must not be harder than accepting. */
void choice_check(const struct node *n);
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
/* An object of texts by language, each language once, none empty. Returns how
 * many there are; 0 on a fault. */
size_t value_texts(const struct node *n, struct language_text texts[POLICY_LANGUAGES_MAX]);
/* One text for all languages, or an object of them; only looked at. */
void value_text_or_texts(const struct node *n);
/* The same, of objects: each is looked at only. */
void value_texts_check(const struct node *n);
/* A text of at most POLICY_LINE_MAX bytes. */
void value_line(const struct node *n);
/* An array of them, at most POLICY_LIST_MAX. */
void value_lines(const struct node *n);
/* Whether telephone numbers of the country of that code are known: those are all of ISO 3166-1. */
bool country_is_known(const char *country);
/* The code of such a country. Writes "" on a fault. */
void value_country(const struct node *n, char country[3]);
void value_country_check(const struct node *n);
/* A date that exists, YYYY-MM-DD. */
void value_date(const struct node *n);
/* A line that may be an e-mail address. */
void value_email(const struct node *n);
/* A line, or an object of name, email, phone, url and address. */
void value_contact(const struct node *n);
/* A line, or an object of street, postal_code, city and country. */
void value_address(const struct node *n);
/* An array of at most ${max} objects, each of these members, which only check. */
void value_objects(const struct node *n, size_t max, const struct member *members);
/* The purpose of the policy that ${n} names, by its place; SIZE_MAX, with a fault, where there is none. */
size_t value_purpose(const struct draft *d, const struct node *n);
