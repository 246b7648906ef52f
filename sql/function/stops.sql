-- SPDX-License-Identifier: Apache-2.0
-- Which Noes stop what, for whoever looks at events or states without a verdict: as service/domain/verdict.c
-- has it (own_find, over_find).

-- A standing No to one entity (service/domain/consent.h); p_standing: to everything, or to a channel.
create or replace function purpose_of_entity(p_entity integer, p_standing integer) returns integer
    immutable parallel safe return -1000 - 32 * p_entity + p_standing;

-- For each number of a purpose: under which numbers a No stops all that a Yes under it allows; and under
-- which it stops any of it, the former among them. The channel of what has left the document is not known.
create or replace function stopped_by(c integer, p_document jsonb)
returns table (purpose_id integer, wholly integer[], partly integer[]) language plpgsql stable as $$
begin
    return query
    with recursive said as materialized (
        select x ->> 'key' as key, x ->> 'replaces' as replaces,
               array_position(array['email', 'sms', 'phone', 'post', 'web'], x ->> 'channel') as channel
        from jsonb_array_elements(coalesce(p_document -> 'purposes', '[]')) x),
    -- whose Noes count: a purpose's own, and those of what it replaces
    counts as (
        select distinct x.key, x.key as said_of from purpose x where x.controller_id = c and x.key <> '*'
        union
        select k.key, s.replaces from counts k join said s on s.key = k.said_of
        where s.replaces is not null),
    noes as (
        select p.purpose_id as no_to, q.purpose_id as no, q.entity in ('', p.entity) as is_whole
        from purpose p
        join counts k on k.key = p.key
        join purpose q on q.controller_id = c and q.key = k.said_of
                          and (p.entity = '' or q.entity in ('', p.entity))
        where p.controller_id = c
        union all
        select p.purpose_id,
               case when e.purpose_id = purpose_all() then 0 else purpose_of_entity(e.purpose_id, 0) end
                   - n.channel,
               e.entity in ('', p.entity) and (n.channel = 0 or s.channel is not null)
        from purpose p
        left join said s on s.key = p.key
        join purpose e on e.controller_id = c and e.key = '*'
                          and (p.entity = '' or e.entity in ('', p.entity))
        cross join lateral (select 0 as channel
                            union all select s.channel where s.channel is not null
                            union all select generate_series(1, 31) where s.channel is null) n
        where p.controller_id = c and p.key <> '*' and p.stops)
    select x.no_to, array_agg(x.no) filter (where x.is_whole), array_agg(x.no)
        from noes x group by x.no_to;
end $$;

-- Whether what was said in one slot is a further word on what stands in another: of the same person or
-- guardian; on a sale, of the person. A signal is none on a No, beside which it stands.
create or replace function slot_answers(said integer, stood integer) returns boolean
    language sql immutable parallel safe as
    'select said & 15 in (slot_yes(), slot_no(), slot_signal())
            and not (said & 15 = slot_signal() and stood & 15 = slot_no())
            and said / slot_count()
                = case when stood & 15 = slot_sale() then 0 else stood / slot_count() end';

-- Whether a No, by its slot and rank, is a later word than a Yes, by its rank and flags: a browser's signal
-- (service/domain/verdict.c, signal_find) by its time, and never than what was agreed to under it.
create or replace function no_is_later(p_slot integer, p_no bigint, p_yes bigint, p_flags smallint)
returns boolean language sql immutable parallel safe as
    'select case when p_slot & 15 in (slot_signal(), slot_signal() + 1)
                 then p_flags & flag_signal() = 0 and rank_time(p_no) >= rank_time(p_yes)
                 else p_no > p_yes end';

-- Whether an event takes the place of another of its subject, or stops it, whichever came first.
-- p_stopped_by: under what numbers a No stops the other wholly. p_noes: only a No is asked about.
create or replace function event_overrules(c integer, p_later event, e event, p_stopped_by integer[],
                                           p_noes boolean)
returns boolean language plpgsql stable as $$
begin
    return case when rank_is_no(p_later.rank) and not rank_is_no(e.rank)
                then no_is_later(p_later.slot, p_later.rank, e.rank, e.flags)
                else p_later.rank > e.rank end
           and (rank_is_no(p_later.rank) or not p_noes)
           and (p_later.slot = e.slot and p_later.purpose_id = e.purpose_id
                or slot_answers(p_later.slot, e.slot)
                   and (p_later.purpose_id = e.purpose_id
                        or rank_is_no(p_later.rank) and not rank_is_no(e.rank)
                           and p_later.purpose_id = any (p_stopped_by)))
           -- as invalidation_binds() left it
           and not (is_of_import(p_later.rank, p_later.flags) and is_chosen(e.rank)
                    and e.revision < p_later.revision)
           and not exists (select from unranked u
                           where u.controller_id = c and u.revision = p_later.revision);
end $$;

-- When the person said something else of the same (p_noes: a No), so that an event no longer is what they
-- say: looked for from the event on, since most acts arrive in their order.
create or replace function overruled_at(c integer, e event, p_stopped_by integer[], p_noes boolean)
returns timestamptz language plpgsql stable as $$
begin
    return time_of(rank_time(coalesce(
        (select v.rank from event v
         where v.controller_id = c and v.subject_no = e.subject_no and v.revision > e.revision
               and event_overrules(c, v, e, p_stopped_by, p_noes)
         order by v.revision limit 1),
        (select v.rank from event v
         where v.controller_id = c and v.subject_no = e.subject_no and v.revision < e.revision
               and event_overrules(c, v, e, p_stopped_by, p_noes)
         order by v.revision desc limit 1))));
end $$;
