-- SPDX-License-Identifier: Apache-2.0
-- What staff asks of a person: $1 to $6 are those of staff(), then the members of what is asked.
select * from staff($1, $2, $3, $4, $5, $6,
                    row($7::int4, $8::int8, $9::int8, $10::bytea[], $11::int2[], $12::bytea[], $13::bool,
                        $14::bool, $15::bool, $16::interval, $17::int4[], $18::bytea[], $19::text, $20::uuid,
                        $21::uuid, $22::text, $23::text, null)::staff_ask);
