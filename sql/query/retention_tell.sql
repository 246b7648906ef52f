-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a subject, $3 an event, $4 a client's key or '', $5 a purpose's key or '', $6 a data
-- class or null, $7 the caller's reference or '', $8 when (microseconds since 1970) or null, $9 who says so,
-- $10 the hash of an idempotency key, or null, and $11 that of the request it came with.
select outcome, at_ from retention_tell($1, $2, $3, $4, $5, $6, $7, time_of($8), $9, $10::bytea, $11::bytea);
