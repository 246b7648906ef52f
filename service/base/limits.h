/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Every ceiling, with its unit and where it comes from. */

/* ---- requests ---- */

/* A record with eight identifiers of 320 bytes, 4 KiB of evidence and everything else is below 9 KiB. */
#define BODY_BYTES_MAX (256 * 1024)
/* A page's form: 500 purposes of 64 bytes, twice each, with their values, in parts of 200 bytes each. */
#define FORM_BODY_BYTES_MAX (256 * 1024)
/* POST /v1/consents: 1 000 records of 8 KB. What is no array, and each
 * element, stays below BODY_BYTES_MAX. */
#define RECORDS_BODY_BYTES_MAX (8 * 1024 * 1024)
/* Of such a body so much is parsed before others have their turn: 5 ms of evidence,
 * 20 ms of nothing but small values. */
#define PARSE_SLICE_BYTES (256 * 1024)
/* POST /v1/check/batch: 100 000 lines of 160 bytes. */
#define BATCH_BODY_BYTES_MAX (16 * 1024 * 1024)
#define BATCH_LINES_MAX      100000
/* One line of it: a subject of eight identifiers of 320 bytes, escaped. */
#define BATCH_LINE_BYTES_MAX (16 * 1024)
/* What a caller names a line by: a key of its own, such as a UUID or a message's id. */
#define BATCH_LINE_ID_MAX 64
/* POST /v1/analytics/filter: one event, with its page, its agent and what a tag manager adds. */
#define EVENT_LINE_BYTES_MAX (64 * 1024)
/* A policy of 200 purposes, 40 notices in several languages and 2 000 cookies is below 1 MB. */
#define POLICY_BODY_BYTES_MAX (4 * 1024 * 1024)
/* One person's identifiers in one request. */
#define IDENTIFIERS_MAX 8
/* What one person may have, browsers apart: more is no person. With PERSONS_PUSHED_MAX it bounds what a No
 * writes: 512 rows. */
#define PERSON_IDENTIFIERS_MAX 32
/* Whom an identifier may belong to before its Noes are looked up by those it reaches, and not pushed. */
#define PERSONS_PUSHED_MAX 16
/* Further persons that a lookup or a change tells of. */
#define PERSONS_TOLD_MAX 32
/* Records in one array, and events they make: one atomic write, one batch. The rows of so many (145 bytes
 * each) must fit a socket's buffer, since they leave before the commit: a node that does not read must not
 * hold the head's lock. */
#define RECORDS_MAX 1000
/* Identifiers in one array: four of each person. What ties them holds the head's lock meanwhile. */
#define IDENTIFIERS_TOTAL_MAX 4000
/* Purposes in one check, and choices in one record. */
#define PURPOSES_PER_CALL_MAX 100
#define CONFIRM_WITHIN_DAYS   7 /* a mailbox is looked into once a week at least */
#define EVIDENCE_BYTES_MAX    4096
#define REF_BYTES_MAX         128
#define FORM_BYTES_MAX        1024 /* the name of a form in what invalidates, before the mask */
#define PUBLISHED_BYTES_MAX   1024 /* for what an address was published, before the mask */
#define GROUNDS_BYTES_MAX     2000 /* why an objection was upheld or overridden */
/* How long a tombstone keeps an erased person from coming back, where the policy does not say: months. */
#define TOMBSTONE_MONTHS 60
/* So often what a thread counted of banners is written down: what a killed one loses. */
#define SITE_COUNTS_EVERY_MS 5000
/* What the policy says of cookies is waited for so long before a page gets the whole banner. */
#define BANNER_CHOICE_MS 1000
/* What a page sends: 500 choices of 90 bytes, a TC string, the rest; a stranger needs no token for it. */
#define SITE_BODY_BYTES_MAX (64 * 1024)
#define IDEMPOTENCY_KEY_MAX 255 /* bytes */
/* An answer: 1 000 records of 600 bytes, or a page of 1 000 events with 4 KiB of evidence each. */
#define ANSWER_BYTES_MAX (8 * 1024 * 1024)
/* A batch check's answer: 100 000 verdicts of 320 bytes, and of 480 where purposes and
 * entities have the longest keys; and 8 MB of the caller's own ids, what 16 MB of lines have room for. */
#define BATCH_ANSWER_BYTES_MAX (56 * 1024 * 1024)
#define PAGE_DEFAULT           100  /* events */
#define PAGE_MAX               1000 /* events */
/* Of an export, at a time: some 3 ms to write, 400 KB; with 4 KiB of evidence each, 2 MB. */
#define EXPORT_PAGE_EVENTS 500
/* What an export holds: two such pages, and what it is made of; beside the policy, parsed. */
#define EXPORT_HELD_BYTES     (2 * 1024 * 1024)
#define LONG_POLL_SECONDS_MAX 30
/* Entries of the audit that go in one statement (100 bytes each), and numbers that one call of /v1/audit
 * looks through for what is rare among them: some 50 ms of reading. */
#define AUDIT_BATCH_MAX 1000
#define AUDIT_WINDOW    50000
/* Lines of a batch whose entries are one statement, as many as those. */
#define BATCH_READING_LINES AUDIT_BATCH_MAX
/* Bytes of what is said about a read or a right in somebody's own words: why, on behalf of whom. */
#define REASON_BYTES_MAX 500
/* Bytes of what is told of a breach; breaches in an answer, each of five such texts and its named persons;
 * persons' numbers that one call looks through for who is concerned: some 100 ms of reading. */
#define BREACH_TEXT_BYTES_MAX 4000
#define BREACH_PAGE_MAX       100
#define BREACH_WINDOW         10000
/* Revisions that one call of /v1/changes looks through for a purpose that is rare among
 * them: below a second of reading. */
#define CHANGES_WINDOW 50000

/* ---- walks: all subjects of a controller, a stretch at a time ---- */

/* A stretch: some 10 ms of the database's time, in which a slow lane's next call waits. */
#define WALK_SUBJECTS_MAX 500
/* Verdicts worked out between two looks at other calls: 10 ms at half a microsecond each. A stretch
 * is shorter where it needs more. */
#define WALK_VERDICTS_MAX 20000

/* ---- deadlines: from acceptance, time in queues included ---- */

#define CALL_DEADLINE_MS 5000 /* what a web form waits for */
/* IDENTIFIERS_TOTAL_MAX tied one by one at 0.5 ms, times nine; a session's statements end at 20 s. */
#define ARRAY_DEADLINE_MS 18000
#define WALK_DEADLINE_MS  60000 /* a million subjects at 20 us, times three */
#define WALK_PAGE_MS      2000  /* a page of a walk ends here, however little it has found */
#define BATCH_DEADLINE_MS 60000 /* 100 000 lines at 4 us, times a busy factor of 100 */
/* A call waits this long for a connection that is being made; after it the
 * answer is 503, surely not written. */
#define QUEUE_WAIT_MS 2000
#define DRAIN_MS      9000 /* SIGTERM: the promise is to leave within 10 s */
/* Of these, the most that may pass before connections are refused: a call that came last
 * still has its whole deadline. */
#define DRAIN_DELAY_S_MAX ((DRAIN_MS - CALL_DEADLINE_MS) / 1000)

/* An idempotency key of such a walk is claimed so long: its deadline, and a write
 * that is still on the wire then. */
#define CLAIM_SECONDS (WALK_DEADLINE_MS / 1000 + 10)

/* ---- store ---- */

#define CONNECT_TIMEOUT_MS 500 /* a host; libpq's own connect_timeout is not looked at by PQconnectPoll */
/* Of a host that has said something: it is there and busy. A new primary is met by all lanes of all nodes
 * at once, and to let each in takes it some ms of its processor's time; were they to give up and come
 * again, none might ever get in. */
#define CONNECT_ANSWERED_MS 3000
#define BACKOFF_FIRST_MS    20
#define BACKOFF_MAX_MS      500
/* batches on the wire of a lane that reads: one runs, one waits on the server */
#define READ_DEPTH 2
/* Of a lane that writes: a second one would only wait for the head's lock, and would be as
 * much smaller as it came sooner. */
#define WRITE_DEPTH 1
#define DEPTH_MAX   2
/* As much weight waits in a lane of all threads before they write by their own too: what a statement costs by
 * itself, 0.5 ms, is by then a tenth of what its acts do. */
#define SHARED_WEIGHT_MAX   128
#define SHARED_WAIT_MS      250    /* likewise where its batch is longer on the wire: some fifty usual ones */
#define READ_BATCH_MAX      500    /* probes; larger ones gain under 5 % and cost latency */
#define WRITE_BATCH_MAX     500    /* acts; its answer, 60 KB, fits a socket buffer even when nobody reads */
#define QUEUE_PROBES_MAX    200000 /* probes that wait in a lane: 2 s of its work */
#define STATEMENT_BYTES_MAX (32 * 1024 * 1024)
/* A batch on the wire longer than this means the host is gone: the connection is dropped. */
#define READ_STALL_MS  2000
#define WRITE_STALL_MS 6000
#define SLOW_STALL_MS  20000
/* A step of a migration waits this long for a lock. Others wait behind it, so it is far below
 * their lock_timeout (2 s); and below deadlock_timeout (1 s), so that where it and a write wait
 * for each other, it gives way. */
#define MIGRATE_LOCK_MS   300
#define MIGRATE_PAUSE_S   2   /* between two tries */
#define MIGRATE_TRIES_MAX 200 /* ten minutes, in all */
/* Between two lines of a lane's log that say why it cannot connect: in an outage two hosts mostly
 * fail for two reasons, in turn. */
#define NEWS_EVERY_MS 10000
/* A connection without a batch asks whether its host still answers: with the stall below the time a
 * failover takes to be decided. */
#define PING_EVERY_MS 1000
#define PING_STALL_MS 2000
#define RETRIES_MAX   2 /* of a batch that met another transaction */

/* ---- chores ---- */

/* API keys of a controller, so that a list of them is one answer. Those that have ended make room. */
#define API_KEYS_MAX 100

/* What goes at a time, so that no transaction is long: as expire_keys_max()
 * and expire_pending_max() of SQL. */
#define EXPIRE_KEYS_MAX    5000
#define EXPIRE_PENDING_MAX 1000
/* Events of an import that are undone in one transaction: about 50 ms under the head's lock. */
#define UNDO_EVENTS_MAX 200
/* Acts, or identifiers, that are wound back for a check of a moment, as as_of_most() of SQL: 10 000 take half
 * a second, in which nobody else of the controller writes. */
#define AS_OF_MOST 20000
/* Events that a purge looks at in one transaction, as purge_events_max() of SQL: 25 ms of the head's lock
 * where all of them go. */
#define PURGE_EVENTS_MAX 500
/* Between the starts of two batches of a purge where somebody is served meanwhile: a tenth of a core, at
 * about 15 ms a batch, and still 3 000 events a second. */
#define PURGE_BESIDE_MS 150
/* Between two looks at what is over; at once where there was as much as goes at a time. */
#define EXPIRE_EVERY_MS 60000
/* What ended by time alone is told within a minute, two looks and their work included. */
#define ENDINGS_EVERY_MS (20 * 1000)
#define OVERDUE_EVERY_MS (10 * 1000) /* rights-requests are counted: one probe of an index */

/* ---- deliveries (chore/outbox) ---- */

/* Between two looks for what is due, of each node: what a person who waits for a mail does not notice. */
#define OUTBOX_LOOK_EVERY_MS 250
/* An endpoint whose last message was read is looked at again so soon. */
#define OUTBOX_AGAIN_MS 50
/* What came of tries is written together: so long a message that was delivered may be sent again after a
 * kill -9. */
#define OUTBOX_NOTE_MS 20
/* How an endpoint fares is written at most so often, while it fares well. */
#define OUTBOX_TELL_MS 1000
/* Between two looks at how far the recipients are, for /metrics. */
#define OUTBOX_LAG_MS 5000
/* A recipient that failed is tried again after this, before it is left alone for longer. */
#define OUTBOX_RECIPIENT_AGAIN_MS 5000
/* A statement that takes longer means that the host is gone. */
#define OUTBOX_ANSWER_MS        10000
#define OUTBOX_CONNECT_EVERY_MS 1000
/* At the end: what is on its way may arrive, and what arrived is written; and so long it is waited for. */
#define OUTBOX_FINISH_MS 500
#define OUTBOX_STOP_MS   3000

/* ---- connections ---- */

#define HANDSHAKE_TIMEOUT_MS 5000 /* TLS: two round trips on a bad line */
/* From the first byte of a header, or of a frame, to its last; on HTTP/1.1 from the answer before. */
#define HEADER_TIMEOUT_MS 10000
#define BODY_TIMEOUT_MS   60000 /* HTTP/1.1: header and body; 16 MB at 2.2 Mbit/s */
/* HTTP/2: a body for which there is room as announced begins within this, and then comes steadily, to
 * be whole BODY_TIMEOUT_MS later. */
#define BODY_START_MS     10000
#define IDLE_TIMEOUT_MS   60000   /* HTTP/2 without a frame; libh2o says GOAWAY then */
#define PING_ONLY_MS      120000  /* ... without a request */
#define CONNECTION_AGE_MS 3600000 /* closed when it is idle next: a node that came back gets its share */
/* requests of one HTTP/2 connection handled at a time; the others of its 100 wait */
#define STREAMS_MAX        32
#define ACCEPTS_PER_TICK   64 /* connections, so that a flood of them does not keep the loop from its calls */
#define DESCRIPTORS_SPARED 256 /* of the process's own: three lanes of 64 threads, listeners, files */
/* Bytes that the kernel keeps of what a client sends and we have not read. libh2o reads all
 * there is before it looks at it: this bounds what one connection can make it hold. 128 KiB a
 * round trip of 50 ms is 20 Mbit/s. */
#define RECEIVE_BUFFER_BYTES (128 * 1024)

/* ---- hostile clients (net/guard) ---- */

#define HEADER_FIELDS_MAX 100         /* libh2o's own limit on HTTP/1.1 */
#define HEADER_BYTES_MAX  (16 * 1024) /* names and values, decoded: a token of 8 KiB twice; more is 431 */
/* As they are on the wire; a connection that sends more is shut. */
#define HEADER_BLOCK_BYTES_MAX (32 * 1024)
/* Streams that a connection may have reset, by itself or by what makes us reset them, at once and then a
 * second: somebody who leaves a page cancels all that he asked, 100 at most. */
#define RESETS_MAX        200
#define RESETS_PER_SECOND 10
/* Frames that carry no request and no body, at once and then a second; each request and each KiB of answers
 * earns more (WINDOW_UPDATE: some clients send two for 4 KiB). */
#define FRAMES_MAX             1000
#define FRAMES_PER_SECOND      100
#define FRAMES_PER_REQUEST     8
#define ANSWER_BYTES_PER_FRAME 1024
/* A body is looked at only when it is larger than this: then its route, token and size are. */
#define UNJUDGED_BODY_BYTES (16 * 1024)
/* What is read of a body, kept or not: the largest there is, and as much again of one that was refused, so
 * that the answer finds its client, who only mistook the limit. */
#define DROPPED_BODY_BYTES_MAX (2 * BATCH_BODY_BYTES_MAX)
/* On HTTP/1.1 such a connection is answered first, and then read this long and no further than that; so many
 * at a time of a thread. Of a body whose length was not told before, this much. */
#define LINGER_BYTES_MAX   (4 * 1024 * 1024)
#define LINGER_MS          30000 /* the largest body there is, at 4.5 Mbit/s */
#define LINGER_SOCKETS_MAX 64
/* The service stays below 128 MB, views apart: 12 MB when idle, the next two, and 20 MB for what libh2o holds
 * twice while a body grows and for connections. */
/* Bodies being read and bodies of running calls, in all: two of the largest,
 * and 4 MB for all smaller ones. */
#define BODIES_BYTES_MAX (36 * 1024 * 1024)
/* Large answers, being made or waiting to be read, and what they are made of, in all: one of the largest. */
#define ANSWERS_BYTES_MAX (48 * 1024 * 1024)
/* What a call holds beside its body is counted in steps of this size; most calls never reach one. */
#define HOLD_STEP_BYTES (256 * 1024)
/* An allocation of this size or more is given back to the system as soon as it is freed. Below it,
 * what is freed is soon used again. */
#define MMAP_BYTES (4 * 1024 * 1024)
/* Streams that are open, in all. One that nobody reads holds some 8 KiB: 48 MB. */
#define EXCHANGES_MAX 6144
/* ... of which every connection may have this many, however many there are. */
#define EXCHANGES_SPARED 8
/* From the first byte of a request to the last of its answer: its body, the longest deadline, and 30 s to
 * read an ordinary answer. A large one has as much more as it takes at the slowest rate. */
#define EXCHANGE_MS         (BODY_TIMEOUT_MS + WALK_DEADLINE_MS + 30000)
#define ANSWER_BYTES_PER_MS 32 /* 256 kbit/s */
/* New connections of one address: so many a second as AKKOORD_ARRIVALS says, of so many seconds at once. One
 * that had to be shut counts as many, and so does one of TLS that ended without a request (its handshake cost
 * 1 to 2 ms of a core, RSA of 2048 bits): as many as leave this many of them a second. */
#define ARRIVALS_SECONDS      5
#define FLOODS_PER_SECOND     10
#define HANDSHAKES_PER_SECOND 20
/* Addresses and clients whose budgets are remembered: 16 bytes each. Who is
 * forgotten begins with a full one. */
#define BUCKET_ADDRESSES_MAX 16384
#define BUCKET_CLIENTS_MAX   16384
