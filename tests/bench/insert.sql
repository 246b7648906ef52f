-- SPDX-License-Identifier: Apache-2.0
-- pgbench -M prepared: one event and the state it leaves, in one statement. The same rows as the
-- service writes for a record of an unknown subject, without the tie between them, the head's lock and
-- what the service finds out first.
with n as materialized (select nextval('ledger') as no, '\x01'::bytea || uuid_send(gen_random_uuid()) as tag),
written as (
    insert into event (controller_id, revision, record_id, subject_no, purpose_id, rank, recorded_at,
                       notice_no, policy_version, slot, flags, role, method, effect, was, answer, actor)
    select 1, no, gen_random_uuid(), no, 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint << 6,
           clock_timestamp(), 1, 1, 0, 0, 1, 1, 0, 0, 0, 'bench'
    from n
    returning revision, record_id, rank)
insert into consent as old (controller_id, tag, purpose_id, slot, notice_no, flags, tiebreak, rank, revision,
                            record_id)
select 1, tag, 1, 0, 1, 0, 0, rank, revision, record_id from written, n
on conflict (controller_id, tag, purpose_id, slot) do update
    set notice_no = excluded.notice_no, rank = excluded.rank, tiebreak = excluded.tiebreak,
        revision = excluded.revision, record_id = excluded.record_id
    where (old.rank, old.tiebreak) < (excluded.rank, excluded.tiebreak);
