-- SPDX-License-Identifier: Apache-2.0
-- Whether nothing is known under any of the identifiers that acts name, which are apart.
create or replace function are_unknown(c integer, p_acts act[]) returns boolean language plpgsql stable as $$
begin
    if length(p_acts[1].tags) = tag_size() then
        return not exists (
            select from unnest(p_acts) a
            cross join lateral (select from identifier x where x.controller_id = c and x.tag = a.tags
                                union all
                                select from consent x where x.controller_id = c and x.tag = a.tags
                                offset 0) k);
    end if;
    return not exists (
        select from unnest(p_acts) a
        cross join lateral tags_of(a.tags) t
        cross join lateral (select from identifier x where x.controller_id = c and x.tag = t.tag
                            union all
                            select from consent x where x.controller_id = c and x.tag = t.tag offset 0) k);
end $$;

-- Step 6 of record() in one statement, for acts that touch nobody else: each is the person's own Yes, No,
-- sale or request, of one purpose, without anything told of an age; no two name the same identifier; and each
-- names one, or each names several, none a browser (service/store/record.c, record_is_apart). It does for
-- them what record_one_by_one() does, which tests/store/test_apart.c holds it to. Where one of the
-- identifiers turns out to be tied to others, or one of several to be known, or where what comes of an act
-- depends on an age that is known, it writes nothing and returns no row.
--
-- Of several that nobody knew the first is the person, the others are tied to it, and what the act does
-- stands under each: a No has nowhere else to go yet (tie.sql).
--
-- p_is_trial: it returns the rows, and writes nothing.
create or replace function record_apart(
    c integer, h head, p_policy_version integer,
    r_key bytea[], r_fingerprint bytea[], r_context text[], r_actor text[],
    p_acts act[], left_out integer[], p_now bigint, p_is_trial boolean)
returns setof recorded language plpgsql as $$
declare
    now_ constant timestamptz := time_of(p_now);
    are_several constant boolean := length(p_acts[1].tags) > tag_size();
begin
    if are_several and not are_unknown(c, p_acts) then
        return;
    end if;
    return query
    with
    -- each with its identifier, and what stands there: one probe of each index
    probed as materialized (
        select (a.ordinality - 1)::integer as act, a.request, a.tags, a.types, a.purpose_id, a.slot, a.flags,
               a.role, a.method, a.rank_base, a.tiebreak, a.validity, a.notice_no, a.effect, a.record_id,
               a.language, a.ref, a.detail, a.evidence, a.message,
               i.subject_no as known_no, i.is_person, i.is_tied, s.prior, s.is_first,
               coalesce(case when i.subject_no is not null
                                  and is_to_entities(a.rank_base, a.purpose_id, a.over)
                             then greatest(s.prior, stood_of_entities(c, a.tags, a.purpose_id))
                             else s.prior end, s.guardians, s.sales) as was_rank,
               a.effect = effect_settled_there() and coalesce(s.is_told, false) as is_open,
               case when a.floating then greatest(p_now, h.latest)
                    when a.at is null then p_now - a.age
                    else least(a.at, p_now) end as event_us,
               length(a.tags) / tag_size() as names
        from unnest(p_acts) with ordinality a
        left join lateral (select x.subject_no, x.is_person, x.is_tied from identifier x
                           where x.controller_id = c and x.tag = a.tags offset 0) i on true
        left join lateral (select max(x.rank) filter (where x.slot <= slot_reached() and k.counts) as prior,
                                  max(x.rank) filter (where x.slot >= slot_count() and k.counts
                                                            and x.slot & 15 <= slot_reached()) as guardians,
                                  max(x.rank) filter (where x.slot & 15 = slot_sale() and k.counts
                                                            and not rank_is_no(x.rank)) as sales,
                                  bool_or(x.slot between slot_age() and slot_care_document()) as is_told,
                                  count(*) = 0 as is_first
                           from consent x
                           cross join lateral (select x.purpose_id in (a.purpose_id, a.over[1])
                                                      or rank_is_no(x.rank) and x.purpose_id = any (a.over)
                                                      as counts) k
                           where x.controller_id = c and x.tag = a.tags
                                 and x.purpose_id = any (array[a.purpose_id, purpose_all()] || a.over)
                           offset 0) s on true
        where a.request <> all (left_out)),
    placed as materialized (
        select p.act, p.request, p.tags, p.types, p.purpose_id, p.slot, p.flags, p.role, p.method, p.tiebreak,
               p.notice_no, p.record_id, p.language, p.ref, p.detail, p.evidence, p.message,
               p.known_no, p.is_person, p.is_first, p.was_rank, p.event_us, p.names,
               h.revision + row_number() over so_far as revision,
               coalesce(p.known_no,
                        h.subject_no + 1 - p.names
                        + sum(p.names) filter (where p.known_no is null) over so_far) as subject_no,
               rank_at(p.rank_base, p.event_us) as rank,
               time_of(case when p.slot = slot_pending() then p_now else p.event_us end) + p.validity
                   as valid_until,
               case when p.slot = slot_pending() then p.effect
                    when p.slot % slot_count() = slot_sale() and rank_is_no(p.prior)
                         or p.slot % slot_count() <> slot_sale()
                            and rank_at(p.rank_base, p.event_us) >> 5 < p.prior >> 5
                    then effect_superseded()
                    when p.effect = effect_settled_there() then effect_applied() -- no age is known
                    else p.effect end as settled,
               case when p.known_no is null then answer_unknown() else 0::smallint end as answer
        from probed p
        where not (select coalesce(bool_or(is_tied or is_open), false) from probed)
        window so_far as (rows unbounded preceding)),
    kept as not materialized (select * from placed where not p_is_trial),
    -- under each of several, by its place, what the act does there
    spread as materialized (
        select p.*, t.place, t.tag, get_byte(p.types, t.place) as type
        from kept p cross join lateral tags_of(p.tags) t
        where are_several),

    written as (
        insert into event (controller_id, revision, record_id, subject_no, purpose_id, rank, recorded_at,
                           valid_until, notice_no, policy_version, slot, flags, role, method, effect, was,
                           answer, language, actor, ref, detail, tiebreak)
        select c, revision, record_id, subject_no, purpose_id, rank, now_,
               valid_until, notice_no, p_policy_version, slot, flags, role, method, settled,
               coalesce(rank_state(was_rank), 0), answer, language, r_actor[request + 1], ref, detail::jsonb,
               tiebreak
        from kept),
    numbered as (
        insert into identifier (controller_id, tag, subject_no, type, is_person)
        select c, tags, subject_no, get_byte(types, 0), true from kept
        where known_no is null and not are_several),
    numbered_several as (
        insert into identifier (controller_id, tag, subject_no, type, is_person, is_tied)
        select c, tag, subject_no + place, type, place = 0, true from spread),
    tied as (
        insert into tie (controller_id, person_no, beside_no, beside_type)
        select c, subject_no, subject_no + place, type from spread where place > 0),
    beside_named as (
        insert into named (controller_id, revision, beside_nos)
        select c, revision, array(select generate_series(subject_no + 1, subject_no + names - 1))
        from kept where are_several),
    beside_put as (
        insert into beside (controller_id, beside_no, revision)
        select c, subject_no + place, revision from spread where place > 0),
    -- by an array: a join may be planned, while the table is small, as a walk over all of it for each act,
    -- and is then one for good
    met as (
        update identifier i set is_person = true
        where i.controller_id = c
              and i.tag = any (array(select p.tags from kept p where not p.is_person))),
    counted as (
        update head x set revision = x.revision + n.events, subject_no = x.subject_no + coalesce(n.fresh, 0),
                        latest = greatest(x.latest, n.latest)
        from (select count(*) as events, sum(names) filter (where known_no is null) as fresh,
                     max(event_us) as latest from kept) n
        where x.controller_id = c and n.events > 0),
    proven as (
        insert into evidence (controller_id, revision, document)
        select c, revision, evidence::jsonb from kept where evidence is not null),
    keyed as (
        insert into idempotency as old (controller_id, key_hash, fingerprint, context, first_revision, events,
                                        recorded_at)
        select c, r_key[request + 1], r_fingerprint[request + 1], r_context[request + 1],
               min(revision), count(*), now_
        from kept where r_key[request + 1] is not null group by request
        on conflict (controller_id, key_hash) do update
            set fingerprint = excluded.fingerprint, context = excluded.context,
                first_revision = excluded.first_revision, events = excluded.events,
                recorded_at = excluded.recorded_at),
    posted as (
        insert into outbox (controller_id, message_id, kind, tag, put_at, ends_at, content, subject_no,
                            revision, valid_until, due_at)
        select c, record_id, message_confirmation(), substr(tags, 1, tag_size()), now_,
               least(valid_until, now_ + message_tried()), message, subject_no, revision, valid_until, now_
        from kept
        where message is not null
              and (r_actor[request + 1] <> 'site'
                   or confirmation_is_due(c, substr(tags, 1, tag_size()), now_))
        order by revision),
    touching as (
        insert into touched (controller_id, no, marks)
        select c, touched_newest(c) + 1, string_agg(tag_mark(tag), '')
        from (select tags as tag from kept where not are_several union all select tag from spread) t
        having count(*) > 0),
    -- where the probe found no row of the purpose nobody writes one meanwhile, and there is none to look for
    stood_first as (
        insert into consent (controller_id, tag, purpose_id, slot, notice_no, flags, tiebreak, rank,
                             revision, valid_until, record_id)
        select c, tags, purpose_id, slot, notice_no, flags, tiebreak, rank, revision, valid_until, record_id
        from kept where not are_several and is_first
        union all
        select c, tag, purpose_id, slot, notice_no, flags, tiebreak, rank, revision, valid_until, record_id
        from spread),
    stood as (
        insert into consent as old (controller_id, tag, purpose_id, slot, notice_no, flags, tiebreak, rank,
                                    revision, valid_until, record_id)
        select c, tags, purpose_id, slot, notice_no, flags, tiebreak, rank, revision, valid_until, record_id
        from kept where not are_several and not is_first
        on conflict (controller_id, tag, purpose_id, slot) do update
            set notice_no = excluded.notice_no, flags = excluded.flags, tiebreak = excluded.tiebreak,
                rank = excluded.rank, revision = excluded.revision, valid_until = excluded.valid_until,
                record_id = excluded.record_id
            where (old.rank, old.tiebreak) < (excluded.rank, excluded.tiebreak))

    select record_done(), request, act, record_id, revision, subject_no, rank, now_, valid_until, purpose_id,
           settled, coalesce(rank_state(was_rank), 0::smallint), null::bigint[], p_policy_version, null::text,
           answer
    from placed;
end $$;
