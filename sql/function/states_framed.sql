-- SPDX-License-Identifier: Apache-2.0
-- A state as the program unpacks it (service/store/state.h, STATE_BYTES).
create or replace function state_packed(s consent) returns bytea language sql stable as $$
    select int4send(s.purpose_id) || int4send(s.slot) || int8send(s.rank) || int8send(s.revision)
           || timestamptz_send(coalesce(s.valid_until, '-infinity')) || int4send(coalesce(s.notice_no, 0))
           || uuid_send(s.record_id) || int2send(s.flags)
$$;

-- All that is heard under each of some tags, one tag behind the other: how many bytes, and the states.
create or replace function states_framed(c integer, p_tags bytea, p_purposes integer[]) returns bytea
language plpgsql stable as $$
begin
    return (
        select string_agg(int4send(coalesce(length(h.packed), 0)) || coalesce(h.packed, ''), ''
                          order by t.place)
        from tags_of(p_tags) t
        cross join lateral (select string_agg(state_packed(s), '') as packed
                            from states_heard(c, t.tag, p_purposes) s offset 0) h);
end $$;
