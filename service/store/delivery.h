/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/uuid.h"
#include "store/blocking.h"
#include "store/outbox.h"

/* What whoever delivers asks of the database, over a connection of its own (store/blocking): an endpoint's
 * lock is the session's. The numbers are stored: none is ever another's. */

enum message_status {
    MESSAGE_WAITS,
    MESSAGE_DELIVERED,
    MESSAGE_REFUSED, /* 410: the receiver wants no more */
    MESSAGE_FAILED,  /* the end of the tries */
    MESSAGE_EXPIRED, /* its link has ended, or it was tried for days */
    MESSAGE_STATUSES
};
extern const char *const message_status_words[]; /* NULL-terminated, in the order of the enum */

/* Why a try failed. */
enum delivery_fault {
    DELIVERY_FAULT_NONE,
    DELIVERY_FAULT_STATUS,   /* it answered another status than 2xx */
    DELIVERY_FAULT_REDIRECT, /* 3xx: nothing is followed */
    DELIVERY_FAULT_RESOLVE,  /* its name has no address */
    DELIVERY_FAULT_ADDRESS,  /* an address that the operator does not allow, or clear text to it */
    DELIVERY_FAULT_CONNECT,
    DELIVERY_FAULT_TLS,
    DELIVERY_FAULT_TIMEOUT, /* no whole answer in time */
    DELIVERY_FAULT_ANSWER,  /* what it answered is no HTTP, or the connection was cut */
    DELIVERY_FAULT_SECRET,  /* the operator's file has no secret of that name */
    DELIVERY_FAULT_CONTENT, /* it was sealed under a key that is gone */
    DELIVERY_FAULT_MEMORY,
    DELIVERY_FAULTS
};
extern const char *const delivery_fault_words[]; /* likewise; NULL-terminated */

enum { ENDPOINT_NAME_MAX = 520, ENDPOINT_URL_MAX = 500, ENDPOINT_SECRET_MAX = 64 }; /* bytes */

struct endpoint_row {
    int32_t controller_id;
    int32_t endpoint_no;
    int32_t failures;
    int64_t revision; /* of a recipient: how far it is */
    char controller[65];
    char name[ENDPOINT_NAME_MAX + 1];
    char url[ENDPOINT_URL_MAX + 1];
    char secret[ENDPOINT_SECRET_MAX + 1];
};

/* Takes the locks of endpoints with something due. */
enum { ENDPOINTS_TAKEN_MAX = 64 };
struct take_endpoints_job {
    struct job job;
    size_t held_count;
    const int32_t *held;
    int32_t most; /* at most ENDPOINTS_TAKEN_MAX */

    size_t count;
    struct endpoint_row rows[ENDPOINTS_TAKEN_MAX];
};
void take_endpoints_job_init(struct take_endpoints_job *t);

/* All endpoints of one controller. */
struct endpoints_job {
    struct job job;

    size_t count;
    struct endpoint_row rows[ENDPOINTS_TAKEN_MAX];
};
void endpoints_job_init(struct endpoints_job *e, int32_t controller_id);

/* Something arrived there: it is delivered to again. */
struct mend_endpoint_job {
    struct job job;
    const char *name;
};
void mend_endpoint_job_init(struct mend_endpoint_job *m, int32_t controller_id, const char *name);

struct leave_endpoint_job {
    struct job job;
    int32_t endpoint_no;
};
void leave_endpoint_job_init(struct leave_endpoint_job *l, int32_t endpoint_no);

struct message_row {
    int64_t message_no;
    uint8_t message_id[UUID_SIZE];
    enum message_kind kind;
    int16_t tries; /* so far */
    int64_t subject_no, revision;
    instant put_at, valid_until;
    size_t content_len;
    uint8_t *content; /* its receiver's, to be freed; NULL where memory ran out */
};

/* Messages of one endpoint that are due. The cursor goes on behind them. */
enum { MESSAGES_TAKEN_MAX = 128 };
struct take_messages_job {
    struct job job;
    instant due; /* the cursor; INSTANT_NONE: from the first */
    int64_t message_no;
    int32_t most;

    size_t looked;        /* at so many */
    size_t blocked_count; /* of these, so many wait for an earlier one to the same person */
    int64_t blocked[MESSAGES_TAKEN_MAX];
    char url[ENDPOINT_URL_MAX + 1]; /* as it is now; "" where none was looked at */
    char secret[ENDPOINT_SECRET_MAX + 1];
    size_t count;
    struct message_row rows[MESSAGES_TAKEN_MAX];
};
void take_messages_job_init(struct take_messages_job *t, int32_t controller_id);

/* Messages that wait for an earlier one are not due before that one is. */
struct postpone_messages_job {
    struct job job;
    size_t count;
    const int64_t *messages;
};
void postpone_messages_job_prepare(struct postpone_messages_job *p, int32_t controller_id);

/* What came of tries. */
struct message_note {
    int64_t message_no;
    enum message_status status;
    int16_t http_status; /* 0: there was no answer */
    enum delivery_fault fault;
    int64_t delay; /* microseconds, of MESSAGE_WAITS */
};
enum { MESSAGE_NOTES_MAX = 256 };
struct note_messages_job {
    struct job job;
    size_t count;
    struct message_note notes[MESSAGE_NOTES_MAX];
};
void note_messages_job_prepare(struct note_messages_job *n, int32_t controller_id);

struct note_endpoint_job {
    struct job job;
    const char *name, *url;
    int32_t failures;
    int64_t pause; /* microseconds; 0: none */
    bool stopped, delivered;
    int64_t revision; /* how far a recipient is; 0: as before */
    int16_t http_status;
    enum delivery_fault fault; /* of the last try, where that failed */
};
void note_endpoint_job_prepare(struct note_endpoint_job *n, int32_t controller_id);

/* Where a recipient is now. */
struct look_at_recipient_job {
    struct job job;
    const char *name; /* of the endpoint */

    bool found;
    char url[ENDPOINT_URL_MAX + 1];
    char secret[ENDPOINT_SECRET_MAX + 1];
    int64_t revision;
    char *purposes;         /* keys with a space between; NULL: all. Its receiver's */
    int32_t policy_version; /* that it was told of last */
    bool due_waits;         /* it is time to tell it of what is due (store/retention.h) */
};
void look_at_recipient_job_init(struct look_at_recipient_job *l, int32_t controller_id, const char *name);

/* That a recipient was told of a version of the policy. */
struct note_policy_job {
    struct job job;
    const char *name;
    int32_t version;
};
void note_policy_job_init(struct note_policy_job *n, int32_t controller_id, const char *name,
                          int32_t version);

/* That a recipient was told of what is due, or that nothing is. */
struct note_due_job {
    struct job job;
    const char *name;
};
void note_due_job_init(struct note_due_job *n, int32_t controller_id, const char *name);

struct recipients_lag_job {
    struct job job;
    int64_t lag; /* microseconds */
};
void recipients_lag_job_init(struct recipients_lag_job *r);

/* ---- what is told of deliveries ---- */

struct endpoint_fare {
    char url[ENDPOINT_URL_MAX + 1]; /* "": there is no endpoint */
    int32_t failures;
    instant paused_until, stopped_at, last_delivery_at;
    int16_t http_status; /* 0: none */
    enum delivery_fault fault;
};

struct delivery_row {
    int64_t message_no;
    uint8_t message_id[UUID_SIZE];
    enum message_kind kind;
    enum message_status status;
    int16_t tries;
    instant put_at, due_at, ends_at, over_at;
    int16_t http_status;
    enum delivery_fault fault;
};

struct deliveries_job {
    struct job job;
    int64_t before;
    int32_t status; /* -1: any */
    int32_t limit;

    bool broken; /* memory ran out */
    struct endpoint_fare endpoint;
    size_t count;
    struct delivery_row *rows;
};
/* Fills in verb and weight. */
void deliveries_job_prepare(struct deliveries_job *d);
void deliveries_job_clear(struct deliveries_job *d);

struct recipient_row {
    char name[ENDPOINT_NAME_MAX + 1];
    char *purposes; /* keys with a space between; NULL: all */
    int64_t revision, head;
    instant waits_since; /* INSTANT_NONE: it was told of all */
    instant as_of;
    struct endpoint_fare endpoint;
};
struct recipients_job {
    struct job job;

    bool broken;
    size_t count;
    struct recipient_row *rows;
};
void recipients_job_prepare(struct recipients_job *r);
void recipients_job_clear(struct recipients_job *r);

struct resend_job {
    struct job job;
    char id[UUID_TEXT + 1];

    int32_t status; /* -1: there is none of that id */
};
void resend_job_prepare(struct resend_job *r);
