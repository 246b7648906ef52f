-- SPDX-License-Identifier: Apache-2.0
-- $1 to $9 are those of record(), but for the acts: their members are an array each, from $10 on;
-- then those that record() has besides.
select * from record($1, $2, $3, $4, $5, $6, $7,
    array(select row(a.*)::act
          from unnest($10::int4[], $11::bytea[], $12::bytea[], $13::bytea[], $14::int4[], $15::text[],
                      $16::int4[], $17::bytea[], $18::bytea[], $19::int4[], $20::int2[], $21::int2[],
                      $22::int2[], $23::int8[], $24::int4[], $25::bool[], $26::int8[], $27::int8[],
                      $28::interval[], $29::int4[], $30::int2[], $31::uuid[], $32::text[], $33::text[],
                      $34::text[], $35::text[], $36::text[], $37::bool[], $38::text[], $39::bool[],
                      $40::bytea[], $41::bytea[], $42::bytea[], $43::int8[], $44::interval[])
               a(request, tags, types, old_tags, purpose_id, over, slot, guardian, old_guardian, guardian_no,
                 flags, role, method, rank_base, tiebreak, floating, at, age, validity, notice_no, effect,
                 record_id, language, ref, detail, evidence, age_until, age_documented, care_until,
                 care_documented, message, message_to, second, answers, second_after)),
    $8, $9, $45::int8, $46::int4[]);
