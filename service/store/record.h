/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/limits.h"
#include "base/uuid.h"
#include "domain/consent.h"
#include "domain/duration.h"
#include "domain/tag.h"
#include "domain/verdict.h"
#include "store/idempotency.h"
#include "store/job.h"

/* The identifiers that an act names, as their tags: the strongest first (customer, e-mail, phone, postal,
 * visitor; of equals the first named), whose history the act stands in. No two are equal; at most one is a
 * customer code. */
struct person {
    size_t count; /* 1..IDENTIFIERS_MAX */
    struct tag tags[IDENTIFIERS_MAX];
    uint8_t types[IDENTIFIERS_MAX]; /* enum identifier_type */
    /* While a rotation of the subject key runs: the same identifiers under the key that is going. */
    bool rotating;
    struct tag old_tags[IDENTIFIERS_MAX];
};

/* A guardian, known by an identifier of their own, or the one of that role. */
struct guardian {
    bool is_named;
    struct tag tag;     /* where named */
    struct tag old_tag; /* likewise; while a rotation of the subject key runs */
    bool rotating;
};

/* Something told of the person: being a minor, or represented by another. */
struct fact {
    bool told;
    bool documented; /* by a guardian or staff, with a document: it outranks what was only told */
    bool limited;    /* false: of age, or not represented */
    char until[11];  /* where limited: a day, YYYY-MM-DD, that begins at 00:00 there; "": no end is known */
};

/* Of an act that is a copy of what another system recorded: the line that it was there. */
struct copy {
    const char *source; /* the system; NULL, as is the next: none was named */
    const char *batch;
    uint8_t line[UUID_SIZE]; /* a hash of all that it says, without whom it is of: the same line is no second
                                event */
};

/* One act: one event to be, on one person. Strings are the caller's, NUL-terminated or
 * NULL, and must stay until done. */
struct act {
    const struct person *person;
    int32_t purpose; /* its number, PURPOSE_ALL or of a channel */
    enum slot slot;  /* SLOT_YES, SLOT_NO, SLOT_SIGNAL, SLOT_SALE, SLOT_PENDING or SLOT_OUTCOME */
    enum role role;
    /* where the role is one, and an identifier was given; of SLOT_PENDING also whom the person asks */
    const struct guardian *guardian;
    /* likewise, where none was: the role, or as it is stored; 0: it is the person's own */
    int32_t guardian_no;
    product_group group; /* of SLOT_SALE: what was sold; 0: that is of no group */
    /* Whose Noes count for this purpose too, of which ${effect} and ${was} tell: standing Noes that stop it,
     * other entities' numbers, what it replaces. The first is the purpose's number for all entities, whose
     * Yes counts too. Of a standing No what stands over it. */
    const struct purpose_set *over; /* NULL: none */
    uint16_t flags;                 /* FLAG_... */
    enum collection_method method;
    rank rank_base;
    int32_t tie;   /* of equal ranks the higher stands: a hash of what the act says */
    bool floating; /* a No without a time: the later of the database's clock and the latest event time that
                      this controller has accepted, so that it is never superseded */
    instant at;    /* INSTANT_NONE: when it was accepted, by the database's clock */
    bool has_end;
    struct duration validity; /* when it has an end */
    int32_t notice;           /* number; 0: the words are not known */
    enum effect effect;       /* where it is not superseded */
    /* EFFECT_PENDING instead, where the person is a minor or represented, unless a guardian's Yes stands and
     * no guardian's No */
    bool needs_guardian;
    struct fact age, care;   /* what it tells of the person */
    const struct copy *copy; /* NULL: it is none */
    uint8_t record_id[UUID_SIZE];
    const char *language;
    const char *ref;
    const char *detail;   /* JSON */
    const char *evidence; /* JSON */
    /* Of SLOT_PENDING: what the person is sent, sealed (ledger/message); it leaves if the act is recorded.
     * NULL: nothing, or it goes with an act before. */
    const uint8_t *message;
    size_t message_len;
    /* Likewise, whose address the message goes to: a guardian's (NULL: the person's own). Of what a guardian
     * is asked a second one, which waits for the Yes (NULL: none). */
    const struct tag *message_to;
    const uint8_t *second;
    size_t second_len;
    /* Of a guardian's answer: the request, by its first revision (0: none). A Yes that counts by the second
     * message lets it leave after a delay, and is RECORD_GONE where there is none that could; a No
     * ends it. */
    int64_t answers;
    bool needs_second;
    struct duration second_after;
};

/* What became of an act: an event. */
struct recorded {
    int32_t act; /* index; the events of a replayed answer have none of their own: -1 */
    uint8_t record_id[UUID_SIZE];
    int64_t revision;
    int64_t subject_no;
    int32_t purpose;
    rank rank;
    instant recorded_at;
    instant valid_until;
    enum effect effect;
    enum event_state was; /* EVENT_NONE: nothing stood */
    int32_t policy_version;
    /* types of the person's further identifiers that stay under a No, a bit each (enum identifier_type) */
    uint8_t still_denied;
    bool known; /* somebody was known by one of the identifiers before */
    bool tied;  /* its identifiers were tied together; false: the person has as many as a person may have */
    size_t was_each_count; /* for PURPOSE_ALL or a channel: pairs of purpose and the rank that stood, of each
                              that had one */
    int64_t *was_each;
};

enum record_outcome {
    RECORD_DONE,
    RECORD_REPLAYED,   /* this idempotency key has its first answer: read it, record_job_replay */
    RECORD_KEY_REUSED, /* the key was used for another body */
    /* an act's time is over 60 s ahead of the database's clock; nothing of the request is written */
    RECORD_IN_FUTURE,
    RECORD_STALE, /* the controller's generation is not the caller's: load it again and come back */
    RECORD_AGAIN, /* the same key came twice at once: submit again */
    /* a Yes would give the person more than PERSON_IDENTIFIERS_MAX; nothing of the request is written */
    RECORD_TOO_MANY,
    RECORD_NO_OBJECTION, /* nothing to weigh, or to take back: no objection stands; nothing is written */
    RECORD_EXPIRED,      /* a confirmation came too late */
    RECORD_OVERTAKEN,    /* a No came after what is to be confirmed */
    RECORD_GONE,         /* what is to be confirmed, or a second message, is not there any more */
    RECORD_CONFIRMED     /* it was confirmed before: events are those of then */
};

/* What a confirmation's token names: the requests of one body. */
struct confirmation {
    int64_t subject_no;
    int64_t revision; /* of the first */
    int32_t count;    /* how many revisions from there on; those among them that are no request stay out */
};

/* One request's acts: written all or not at all, in one transaction with its idempotency key. */
struct record_job {
    struct job job;
    int64_t generation;
    int32_t policy_version;
    int64_t accepted; /* of clock_monotonic */
    struct idempotency idempotency;
    const char *context; /* what the answer says beside the events; kept with the key */
    const char *actor;
    size_t count;
    struct act *acts;
    struct confirmation confirmation;

    enum record_outcome outcome;
    int32_t faulty_act; /* RECORD_IN_FUTURE, RECORD_TOO_MANY, RECORD_NO_OBJECTION */
    size_t event_count;
    struct recorded *events; /* in the order of the acts; of EFFECT_REPEATED: an earlier one */
    char *first_context;     /* RECORD_REPLAYED; NULL: it has no first answer */
    bool broken;             /* memory ran out while reading: committed, but the answer is not known here */
};

/* Fills in verb, edition and weight from what the caller has set; the caller sets deadline and done. May be
 * called again to submit again. */
void record_job_prepare(struct record_job *r);
/* Makes the job read the first answer to its key and fingerprint: events and
 * first_context. For a lane that reads. */
void record_job_replay(struct record_job *r);
/* Makes the job end a double opt-in: its acts say purpose, validity, tie, record_id and evidence, one each
 * purpose that the token names; ${c} and the requests' events the rest. */
void record_job_confirm(struct record_job *r, const struct confirmation *c);
/* Frees what the answer holds. */
void record_job_clear(struct record_job *r);
