/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Every ceiling, with its unit and where it comes from. */

/* ---- requests ---- */

/* A record with eight identifiers of 320 bytes, 4 KiB of evidence and everything else is below 9 KiB; an array of 1 000
 * records of ordinary size (200 bytes) is 200 KB. */
#define BODY_BYTES_MAX (256 * 1024)
/* POST /v1/check/batch: 100 000 lines of 160 bytes. */
#define BATCH_BODY_BYTES_MAX (16 * 1024 * 1024)
#define BATCH_LINES_MAX      100000
/* One line of it: a subject of eight identifiers of 320 bytes, escaped. */
#define BATCH_LINE_BYTES_MAX (16 * 1024)
/* POST /v1/analytics/filter: one event, with its page, its agent and what a tag manager adds. */
#define EVENT_LINE_BYTES_MAX (64 * 1024)
/* A policy of 200 purposes, 40 notices in several languages and 2 000 cookies is below 1 MB. */
#define POLICY_BODY_BYTES_MAX (4 * 1024 * 1024)
#define JSON_DEPTH_MAX        32
#define JSON_MEMBERS_MAX      1000
/* One person's identifiers in one request. */
#define IDENTIFIERS_MAX 8
/* Records in one array: one atomic write, one batch. */
#define RECORDS_MAX 1000
/* Identifiers in one array of records. Each may be another subject and give an event; the rows of so many (145 bytes each) must fit
 * a socket's buffer, since they leave before the commit: a node that does not read must not hold the head's lock. */
#define IDENTIFIERS_TOTAL_MAX 1000
/* Purposes in one check, and choices in one record. */
#define PURPOSES_PER_CALL_MAX 100
#define CONFIRM_WITHIN_DAYS   7 /* a mailbox is looked into once a week at least */
#define EVIDENCE_BYTES_MAX    4096
#define REF_BYTES_MAX         128
#define FORM_BYTES_MAX        1024 /* the name of a form in evidence, before the mask */
#define GROUNDS_BYTES_MAX     2000 /* why an objection was upheld or overridden */
#define IDEMPOTENCY_KEY_MAX   255  /* bytes */
/* An answer: 1 000 records of 600 bytes, or a page of 1 000 events with 4 KiB of evidence each. */
#define ANSWER_BYTES_MAX (8 * 1024 * 1024)
/* A batch check's answer: 100 000 verdicts of 300 bytes. */
#define BATCH_ANSWER_BYTES_MAX (64 * 1024 * 1024)
#define PAGE_DEFAULT           100  /* events */
#define PAGE_MAX               1000 /* events */
#define LONG_POLL_SECONDS_MAX  30
/* Revisions that one call of /v1/changes looks through for a purpose that is rare among them: below a second of reading. */
#define CHANGES_WINDOW 50000

/* ---- walks: all subjects of a controller, a stretch at a time ---- */

/* A stretch: some 10 ms of the database's time, in which a slow lane's next call waits. */
#define WALK_SUBJECTS_MAX 500
/* Verdicts worked out between two looks at other calls: 10 ms at half a microsecond each. A stretch is shorter where it needs more. */
#define WALK_VERDICTS_MAX 20000

/* ---- deadlines: from acceptance, time in queues included ---- */

#define CALL_DEADLINE_MS  5000  /* what a web form waits for */
#define WALK_DEADLINE_MS  60000 /* a million subjects at 20 us, times three */
#define WALK_PAGE_MS      2000  /* a page of a walk ends here, however little it has found */
#define BATCH_DEADLINE_MS 60000 /* 100 000 lines at 4 us, times a busy factor of 100 */
/* A call waits this long for a connection that is being made; after it the answer is 503, surely not written. */
#define QUEUE_WAIT_MS 2000
#define DRAIN_MS      9000 /* SIGTERM: the promise is to leave within 10 s */

/* ---- store ---- */

#define CONNECT_TIMEOUT_MS 500 /* a host; libpq's own connect_timeout is not looked at by PQconnectPoll */
#define BACKOFF_FIRST_MS   20
#define BACKOFF_MAX_MS     500
#define READ_DEPTH         2 /* batches on the wire of a lane that reads: one runs, one waits on the server */
/* Of a lane that writes: a second one would only wait for the head's lock, and would be as much smaller as it came sooner. */
#define WRITE_DEPTH         1
#define DEPTH_MAX           2
#define READ_BATCH_MAX      500    /* probes; larger ones gain under 5 % and cost latency */
#define WRITE_BATCH_MAX     500    /* acts; its answer, 60 KB, fits a socket buffer even when nobody reads */
#define QUEUE_PROBES_MAX    200000 /* probes that wait in a lane: 2 s of its work */
#define STATEMENT_BYTES_MAX (32 * 1024 * 1024)
/* A batch on the wire longer than this means the host is gone: the connection is dropped. */
#define READ_STALL_MS  2000
#define WRITE_STALL_MS 6000
#define SLOW_STALL_MS  20000
#define RETRIES_MAX    2 /* of a batch that met another transaction */

/* ---- connections ---- */

#define HANDSHAKE_TIMEOUT_MS 5000 /* TLS: two round trips on a bad line */
#define REQUEST_TIMEOUT_MS   10000 /* HTTP/1.1: from one request to the end of the next one's header and body */
#define IDLE_TIMEOUT_MS      60000 /* HTTP/2 without a frame */
#define STREAMS_MAX          32 /* requests of one HTTP/2 connection handled at a time; the others of its 100 wait */
#define ACCEPTS_PER_TICK     64 /* connections, so that a flood of them does not keep the loop from its calls */
#define EXPIRE_KEYS_MAX      5000 /* as in sql/query/expire_keys.sql */
/* Between looks at idempotency keys that are older than their 24 h; at once where there were as many as go at a time. */
#define EXPIRE_KEYS_EVERY_MS 60000
