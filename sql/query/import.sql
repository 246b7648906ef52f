-- SPDX-License-Identifier: Apache-2.0
-- $1 to $13 are those of import_acts(), but for the acts: their members are an array each, from $17 on; $14
-- to $16 are what verdicts look at.
select (i.told).*, i.before, i.after from import_acts($1, $2, $3, $4, $5, $6, $7,
    array(select row(a.*)::act
          from unnest($17::int4[], $18::bytea[], $19::bytea[], $20::bytea[], $21::int4[], $22::text[],
                      $23::int4[], $24::bytea[], $25::bytea[], $26::int4[], $27::int2[], $28::int2[],
                      $29::int2[], $30::int8[], $31::int4[], $32::bool[], $33::int8[], $34::int8[],
                      $35::interval[], $36::int4[], $37::int2[], $38::uuid[], $39::text[], $40::text[],
                      $41::text[], $42::text[], $43::text[], $44::bool[], $45::text[], $46::bool[],
                      $47::bytea[], $48::bytea[], $49::bytea[], $50::int8[], $51::interval[])
               a(request, tags, types, old_tags, purpose_id, over, slot, guardian, old_guardian, guardian_no,
                 flags, role, method, rank_base, tiebreak, floating, at, age, validity, notice_no, effect,
                 record_id, language, ref, detail, evidence, age_until, age_documented, care_until,
                 care_documented, message, message_to, second, answers, second_after)),
    $8, $9, $10, $11, $12, $13, $14, $15, $16) i;
