-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller, $2 a request, $3 the kinds of request that this answers, $4 a subject, $5 what answers, $6
-- who: the request is closed by it.
select rights_request_answer($1, $2::uuid, $3::text[], $4::int8, $5::text, $6::text);
