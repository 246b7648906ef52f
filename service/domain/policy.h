/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/consent.h"
#include "domain/duration.h"
#include "domain/product_group.h"
#include "mask/mask.h"

#include <stddef.h>

/* GDPR art. 6(1) and what Dutch law adds: soft_opt_in is Tw 11.7(3), exempt is Tw 11.7a(3). */
#define LAWFUL_BASES(X)                                                                                      \
    X(BASIS_CONSENT, "consent")                                                                              \
    X(BASIS_CONTRACT, "contract")                                                                            \
    X(BASIS_LEGAL_OBLIGATION, "legal_obligation")                                                            \
    X(BASIS_VITAL_INTEREST, "vital_interest")                                                                \
    X(BASIS_PUBLIC_TASK, "public_task")                                                                      \
    X(BASIS_LEGITIMATE_INTEREST, "legitimate_interest")                                                      \
    X(BASIS_SOFT_OPT_IN, "soft_opt_in")                                                                      \
    X(BASIS_EXEMPT, "exempt")

#define LAWFUL_BASIS_MEMBER(name, word) name,
enum lawful_basis { LAWFUL_BASES(LAWFUL_BASIS_MEMBER) LAWFUL_BASIS_COUNT };
#undef LAWFUL_BASIS_MEMBER

enum channel { CHANNEL_EMAIL, CHANNEL_SMS, CHANNEL_PHONE, CHANNEL_POST, CHANNEL_WEB, CHANNEL_COUNT };

extern const char *const lawful_basis_words[]; /* NULL-terminated, in the order of the enum */
extern const char *const channel_words[];      /* likewise */

/* Google Consent Mode v2: the signals a purpose may grant. */
enum { SIGNAL_COUNT = 7 };
extern const char *const signal_words[]; /* NULL-terminated */

enum {
    POLICY_KEY_MAX = 64,       /* bytes of a controller, purpose, notice or version key */
    POLICY_PURPOSES_MAX = 500, /* purposes; a state row is read for each a person has */
    POLICY_NOTICES_MAX = 2000, /* notice versions */
    POLICY_LANGUAGES_MAX = 32, /* languages of one notice version */
    POLICY_ENTITIES_MAX = 16,  /* companies in one statement */
    POLICY_COOKIES_MAX = 5000,
    POLICY_SITES_MAX = 100,
    SITE_ORIGINS_MAX = 32,           /* of one site; looked through for each of its requests */
    SITE_URLS_MAX = 32,              /* that one site may be returned to */
    POLICY_PRODUCT_GROUPS_MAX = 500, /* and as many pairs of them, looked through for a sale */
    POLICY_AGES_MAX = 64,            /* countries whose limit a policy sets itself */
    NOTICE_HASH_SIZE = 32            /* SHA-256 */
};

/* The exact words shown, in one language. */
struct notice_text {
    char language[16]; /* BCP 47, lower case */
    uint8_t sha256[NOTICE_HASH_SIZE];
};

/* One version of a notice. Immutable once applied. */
struct notice {
    int32_t number; /* the database's name for it: given on first apply, never reused */
    char id[POLICY_KEY_MAX + 1];
    char version[POLICY_KEY_MAX + 1];
    instant effective_from;
    bool material; /* from effective_from on, a Yes to an older version does not count */
    size_t text_count;
    struct notice_text *texts;
};

/* What a known minor, or somebody represented, may decide alone. */
enum minors_rule { MINORS_ALLOWED, MINORS_GUARDIAN, MINORS_FORBIDDEN };

/* How sure it is that a guardian acted, weakest first. */
enum strength {
    STRENGTH_CHECKBOX,
    STRENGTH_EMAIL,
    STRENGTH_EMAIL_PLUS,
    STRENGTH_SIGNED,
    STRENGTH_IN_PERSON,
    STRENGTH_EID,
    STRENGTH_COUNT
};
extern const char *const strength_words[]; /* NULL-terminated, in the order of the enum */

struct guardian_rule {
    enum minors_rule minors;
    uint8_t roles;       /* bit per enum role: who may act */
    enum strength least; /* a weaker act is refused */
    bool written;        /* a signed document, or electronically STRENGTH_SIGNED or more */
    bool ends_at_limit;  /* at the age limit the guardian's Yes expires; else it stays, with reconfirm_due */
};

struct purpose {
    int32_t number; /* as for a notice; never PURPOSE_ALL */
    char key[POLICY_KEY_MAX + 1];
    enum lawful_basis basis;
    enum channel channel;
    bool direct_marketing;
    bool retired;                    /* nothing may rest on it any more */
    bool double_opt_in;              /* a Yes waits for its confirmation */
    bool unknown_words_allowed;      /* a Yes whose words are not known counts */
    struct duration validity;        /* how long a Yes counts; zero: no end */
    struct duration refused_until;   /* no asking again within this of a No; zero: no such rule */
    char notice[POLICY_KEY_MAX + 1]; /* id of the notice shown for it, "" for none */
    uint32_t signals;                /* bit per signal_words */
    struct guardian_rule guardian;
    bool age_required;      /* denied until an age was told with the identifier itself */
    bool objection_weighed; /* an objection restricts until its outcome is recorded */
    bool gpc;               /* refused by the Global Privacy Control signal */
    /* has cookies, all of class statistics_anonymous: may be counted without consent */
    bool anonymous_statistics;
    bool on_banner; /* asked of a site's visitors: on consent, unconfirmed, by the web or for cookies */
    char replaces[POLICY_KEY_MAX + 1]; /* key of a purpose whose No counts for this one too, "" for none */
    int32_t replaces_number;           /* its number in the ledger; 0: none */
    uint32_t entities;                 /* bit per entity of the policy it is of; all where none is named */
    int32_t entity_numbers
        [POLICY_ENTITIES_MAX]; /* the ledger's number of (purpose, entity); 0 before it is known */
};

/* One of several companies in one statement, named by its place in the policy; or all of them together. */
enum { ENTITY_ANY = -1 };
struct entity {
    int32_t number; /* the ledger's; 0 before it is known */
    char key[POLICY_KEY_MAX + 1];
};

/* An age limit that the policy sets itself, instead of the table's. */
struct age_override {
    char country[3];
    uint8_t years;
};

/* How what must reach a person leaves: always in the answer to who asked, and by the webhook where there is
 * one; but for confirmations where the answer would let one party do both halves of the proof. Where the
 * webhook is, the database keeps (sql/function/endpoint.sql). */
struct policy_messages {
    bool has_endpoint;
    bool confirmation_only_delivered; /* "confirmation": "delivered"; implies has_endpoint */
    char mailto[321];                 /* for List-Unsubscribe, beside the link; "": none */
    struct duration second_after;     /* from a guardian's Yes to the second mail that takes it back */
};

/* A website whose pages may send choices, or several that share a cookie. */
struct site {
    size_t origin_count;
    char **origins; /* scheme://host[:port], as browsers send them */
    size_t return_url_count;
    char **return_urls;  /* where a page of this service may lead back to */
    char *cookie_domain; /* NULL: the choice's cookie is of its host alone */
    bool visitor_codes;  /* each browser gets a code; else its choices are counted only */
};

/* Two product groups of which what is sold is similar. */
struct similar_groups {
    product_group a, b;
};

/* For whom the controller is a processor, and who of them may ask. */
struct client {
    char key[POLICY_KEY_MAX + 1];
    char *contact; /* its e-mail address, or the one line that it is */
};

/* One controller's purposes, notices and rules, as one version. Immutable. */
struct policy {
    int32_t version;
    char controller[POLICY_KEY_MAX + 1];
    char country[3];    /* ISO 3166-1 alpha-2 */
    char time_zone[64]; /* IANA name */
    char
        *authority; /* the supervisory authority that people may complain to, in one line; NULL: not stated */
    size_t purpose_count;
    struct purpose *purposes; /* in the document's order */
    size_t place_count;       /* of the index by key, a power of two; 0: there is none */
    /* of a purpose, counted from 1, where the hash of its key or a step behind it says; 0: none */
    uint32_t *places;
    size_t notice_count;
    struct notice *notices; /* by id, and of one id by effective_from, oldest first */
    size_t entity_count;
    struct entity entities[POLICY_ENTITIES_MAX];
    bool cookies_none; /* "none": a cookie consent is refused and nothing is ever asked */
    struct mask_prefixes mask;
    size_t site_count;
    struct site *sites;
    size_t group_count;
    product_group *groups; /* that the document names, as they stand there */
    size_t similar_count;
    struct similar_groups *similar;
    size_t age_count;
    struct age_override ages[POLICY_AGES_MAX];
    struct policy_messages messages;
    struct duration tombstone;   /* how long an erased person is kept from coming back; zero: not stated */
    struct duration rights_term; /* within which a rights-request is answered */
    bool reason_required;        /* whoever reads a person's data has to say why */
    size_t client_count;
    struct client *clients;
    char *officer_certificate; /* PEM: what only the privacy officer may read is sealed to it; NULL: none */
};

void policy_free(struct policy *p);
/* Whether it can be a key: a-z, 0-9, _ and -, a letter or a digit first, 1 to POLICY_KEY_MAX bytes. */
bool policy_key_valid(const char *text, size_t len);

/* From now on policy_purpose does not look through all purposes. No purpose may be added any more.
 * Returns -1 when memory ran out. */
int policy_index(struct policy *p);
/* The site that has exactly this origin; NULL: none has. */
const struct site *policy_site(const struct policy *p, const char *origin, size_t len);
/* The words that a purpose's choice is put in at ${at}; NULL: it is not on the banner, or has none yet. */
const struct notice *policy_banner_notice(const struct policy *p, const struct purpose *purpose, instant at);
/* The words of a form of a site's at ${at}, which asks for e-mail that must be confirmed, and is confirmed
 * by what is delivered; NULL: there can be no such form. */
const struct notice *policy_form_notice(const struct policy *p, const struct purpose *purpose, instant at);
/* The notice hash of a banner: over the keys and words of all that it asks at ${at} in ${language} (lower
 * case). Returns false where it asks nothing. */
bool policy_banner_hash(const struct policy *p, const char *language, instant at,
                        uint8_t ret_hash[NOTICE_HASH_SIZE]);
/* NULL when there is none. */
const struct purpose *policy_purpose(const struct policy *p, const char *key);
/* By the ledger's number, for all entities or for one of them, which ${ret_entity} (may be NULL) tells. */
const struct purpose *policy_purpose_numbered(const struct policy *p, int32_t number, int *ret_entity);
const struct notice *policy_notice_numbered(const struct policy *p, int32_t number);
/* NULL when there is none of that key. */
const struct client *policy_client(const struct policy *p, const char *key);
/* Its place among the policy's entities, ENTITY_ANY when there is none of that key. */
int policy_entity(const struct policy *p, const char *key);
/* Whether who bought of one product group may hear of the other: the same, or similar by the policy. */
bool policy_groups_alike(const struct policy *p, product_group a, product_group b);
/* The named version; with ${version} NULL the one in force at ${at}. NULL when there is none. */
const struct notice *policy_notice(const struct policy *p, const char *id, const char *version, instant at);
/* Of a notice of ${p}: when the next material version of the same notice takes effect;
 * INSTANT_NONE: none is to come. */
instant policy_notice_next(const struct policy *p, const struct notice *n, instant now);
/* Likewise: whether a material version of the same notice took effect after
 * ${n} did and at or before ${now}. */
bool policy_notice_outdated(const struct policy *p, const struct notice *n, instant now);
/* The last moment up to ${now} at which words of it took effect; 0: none did. */
instant policy_words_since(const struct policy *p, instant now);
/* The text in ${language}; its first part ("nl" of "nl-BE"), else the first text. */
const struct notice_text *notice_text_in(const struct notice *n, const char *language);

/* The ledger's number of a purpose for one entity, or for all of them (ENTITY_ANY). */
int32_t purpose_number_for(const struct purpose *p, int entity);
/* Likewise of a standing No, PURPOSE_ALL or of a channel. */
int32_t standing_number_for(const struct policy *p, int32_t standing, int entity);
/* What must not change once a version has been applied, as one hash: its words in each language, when it
 * takes effect, and how it changes what was agreed to before. Independent of the order of languages. */
void notice_hash(const struct notice *n, uint8_t ret_hash[NOTICE_HASH_SIZE]);

/* Whether the standing No (withdraw "*") overrules this purpose: consent,
 * soft opt-in, or direct marketing. */
bool purpose_stopped_by_all(const struct purpose *p);
/* Whether stopping it is an objection (GDPR art. 21) and not a withdrawal. */
bool basis_takes_objection(enum lawful_basis basis);
/* Whether it can be stopped by the person at all: not a contract,
 * legal_obligation, vital_interest or exempt. */
bool basis_is_withdrawable(enum lawful_basis basis);
