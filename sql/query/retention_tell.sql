-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a subject, $3 an event, $4 a purpose's key or '', $5 a data class or null, $6 the
-- caller's reference or '', $7 when (microseconds since 1970) or null, $8 who says so, $9 the hash of an
-- idempotency key, or null, and $10 that of the request it came with.
select outcome, at_ from retention_tell($1, $2, $3, $4, $5, $6, time_of($7), $8, $9::bytea, $10::bytea);
