-- SPDX-License-Identifier: Apache-2.0
-- $1 to $12 are those of record_imports(), but for the acts: their members are an array each, from $13 on.
select * from record_imports($1, $2, $3, $4, $5, $6, $7,
    array(select row(a.*)::act
          from unnest($13::int4[], $14::bytea[], $15::bytea[], $16::bytea[], $17::int4[], $18::text[],
                      $19::int4[], $20::bytea[], $21::bytea[], $22::int4[], $23::int2[], $24::int2[],
                      $25::int2[], $26::int8[], $27::int4[], $28::bool[], $29::int8[], $30::int8[],
                      $31::interval[], $32::int4[], $33::int2[], $34::uuid[], $35::text[], $36::text[],
                      $37::text[], $38::text[], $39::text[], $40::bool[], $41::text[], $42::bool[],
                      $43::bytea[], $44::bytea[], $45::bytea[], $46::int8[], $47::interval[])
               a(request, tags, types, old_tags, purpose_id, over, slot, guardian, old_guardian, guardian_no,
                 flags, role, method, rank_base, tiebreak, floating, at, age, validity, notice_no, effect,
                 record_id, language, ref, detail, evidence, age_until, age_documented, care_until,
                 care_documented, message, message_to, second, answers, second_after)),
    $8, $9, $10, $11, $12);
