-- SPDX-License-Identifier: Apache-2.0
-- Records a group of an import's lines, and tells what each was worth: record_copies(), and what a check
-- would have read before and after it, in the same transaction. p_dry: the same, and then all of it is taken
-- back, so that a trial can tell nothing else than what would be. Where nothing is known of anybody, all that
-- could be told of the acts is what record_apart() says of them, and it is asked for that alone. A verdict
-- looks at p_numbers[low : high] of each act.
create or replace function import_acts(
    c integer, p_generation bigint, p_policy_version integer,
    r_key bytea[], r_fingerprint bytea[], r_context text[], r_actor text[],
    p_acts act[], p_apart boolean,
    p_copy integer[], p_line uuid[], p_source text[], p_batch text[], p_dry boolean,
    p_numbers integer[], p_low integer[], p_high integer[])
returns setof import_told language plpgsql as $$
declare
    is_new boolean; -- nothing is known under the acts' tags, and nothing but an act's own state comes there
    is_lone boolean; -- something is, under one tag each; nothing but an act's own state comes to it
    before bytea[];
    after bytea[];
    rows recorded[];
    stands head;
    now_us bigint;
begin
    select * into stands from head where controller_id = c for no key update;
    now_us := instant_of(clock_timestamp());
    is_new := p_apart and are_unknown(c, p_acts);
    is_lone := not is_new and p_apart and length(p_acts[1].tags) = tag_size()
               and not exists (select from unnest(p_acts) a
                               cross join lateral (select x.is_tied from identifier x
                                                   where x.controller_id = c and x.tag = a.tags offset 0) i
                               where i.is_tied);
    if is_new then
        before := array(select decode(repeat('00000000', length(a.tags) / tag_size()), 'hex')
                        from unnest(p_acts) with ordinality a order by a.ordinality);
    elsif is_lone then
        before := array(
            select int4send(coalesce(length(h.packed), 0)) || coalesce(h.packed, '')
            from unnest(p_acts) with ordinality a
            cross join lateral (
                select string_agg(state_packed(s), '') as packed
                from (select x.* from consent x
                      where x.controller_id = c and x.tag = a.tags
                            and x.purpose_id = any (p_numbers[p_low[a.ordinality] : p_high[a.ordinality]])
                      offset 0) s offset 0) h
            order by a.ordinality);
    else
        before := array(select states_framed(c, a.tags, p_numbers[p_low[a.ordinality] : p_high[a.ordinality]])
                        from unnest(p_acts) with ordinality a order by a.ordinality);
    end if;

    if p_dry and is_new and (select generation from controller where controller_id = c) = p_generation
       and not exists (select from unnest(p_acts) where at > now_us) then
        rows := array(select t from record_apart(c, stands, p_policy_version, r_key, r_fingerprint, r_context,
                                                 r_actor, p_acts, '{}', now_us, true) t);
        return query select t, before[t.act + 1], null::bytea from unnest(rows) t;
        return;
    end if;

    begin
        rows := array(select t from record_copies(c, p_generation, p_policy_version, r_key, r_fingerprint,
                                                  r_context, r_actor, p_acts, p_apart, p_copy, p_line,
                                                  p_source, p_batch, is_new) t);
        after := array(
            select case when not is_new and not (is_lone and length(before[a.ordinality]) = 4)
                        then states_framed(c, a.tags,
                                           p_numbers[p_low[a.ordinality] : p_high[a.ordinality]]) end
            from unnest(p_acts) with ordinality a order by a.ordinality);
        if p_dry then
            raise exception 'a trial is not kept' using errcode = 'AK002';
        end if;
    exception when sqlstate 'AK002' then
        null; -- what the variables hold stays
    end;
    return query select t, before[t.act + 1], after[t.act + 1] from unnest(rows) t;
end $$;
