-- SPDX-License-Identifier: Apache-2.0
-- What a document says of each of its purposes, as far as a later one is held to it.
create or replace function purposes_said(p_document jsonb)
returns table (place integer, key text, basis text, channel text, replaces text, notice text,
               needs_words boolean, -- a Yes to words that are not known does not count
               is_retired boolean,
               entities text[]) -- that it is of; none: the controller as a whole
language plpgsql immutable as $$
declare
    everybody constant text[] := array(select e ->> 'key'
                                       from jsonb_array_elements(coalesce(p_document -> 'entities', '[]')) e);
begin
    return query
    select (x.n - 1)::integer, x.said ->> 'key', x.said ->> 'lawful_basis', x.said ->> 'channel',
           x.said ->> 'replaces', x.said ->> 'notice',
           jsonb_typeof(x.said -> 'unknown_words') is distinct from 'object',
           coalesce((x.said ->> 'retired')::boolean, false),
           case when x.said ? 'entities' then array(select jsonb_array_elements_text(x.said -> 'entities'))
                else everybody end
    from jsonb_array_elements(p_document -> 'purposes') with ordinality x(said, n);
end $$;

-- Keeps it, once purposes have their numbers. One that is retired may be of more entities, and gives nobody
-- anything by it; that must not be what it is held to when it comes again.
create or replace function purposes_said_keep(c integer, p_document jsonb) returns void
language plpgsql as $$
begin
    update purpose x
        set channel = s.channel, replaces = s.replaces,
            entities = case when s.is_retired then coalesce(x.entities, s.entities) else s.entities end
        from purposes_said(p_document) s
        where x.controller_id = c and x.key = s.key and x.entity = '';
end $$;

-- Whether so many people may have agreed to it without naming an entity, and it is now of one more. Of a
-- controller as a whole are all entities that its last document had. p_last: that document.
create or replace function entities_widen(p_was text[], p_is text[], p_last jsonb) returns boolean
language plpgsql immutable as $$
begin
    if cardinality(p_is) > 0 then
        return not p_is <@ p_was;
    end if;
    return cardinality(p_was) > 0
           and exists (select from jsonb_array_elements(coalesce(p_last -> 'entities', '[]')) e
                       where e ->> 'key' <> all (p_was));
end $$;

-- Whether everybody who agreed by the words of p_notice is asked anew: a version that was not known so far
-- has material changes and is in force, with none that was known behind it.
create or replace function notice_asks_anew(c integer, p_document jsonb, p_notice text) returns boolean
language plpgsql stable as $$
begin
    return (
        select coalesce(max(n.at) filter (where n.is_new and n.is_material)
                            > max(n.at) filter (where not n.is_new),
                        bool_or(n.is_new and n.is_material), false)
        from (select coalesce((x ->> 'effective_from')::timestamptz, '-infinity') as at,
                     coalesce(x ->> 'change', 'material') = 'material' as is_material,
                     not exists (select from notice k where k.controller_id = c and k.id = p_notice
                                 and k.version = x ->> 'version') as is_new
              from jsonb_array_elements(coalesce(p_document -> 'notices', '[]')) x
              where x ->> 'id' = p_notice) n
        where n.at <= clock_timestamp());
end $$;

-- The entities that a document has not, and that something was said to alone: a line each; null: none.
-- Everything that one does may have been stopped too: of a large ledger only so many states are looked at
-- for that as in words_stranded(). p_key: the controller's.
create or replace function entities_left(p_key text, p_entities text[]) returns text
language plpgsql as $$
declare
    most constant integer := 50000;
    c integer;
    gone integer[]; -- the number of each
begin
    select x.controller_id into c from controller x where x.key = p_key;
    select array_agg(x.purpose_id) into gone
        from purpose x
        where x.controller_id = c and x.key = '*' and x.entity <> '' and x.entity <> all (p_entities);
    if gone is null then
        return null;
    end if;
    perform set_config('akkoord.controllers', array[c]::text, true);
    return (
        select string_agg(distinct e.entity, E'\n')
        from purpose e
        where e.controller_id = c and e.purpose_id = any (gone)
              and (exists (select from purpose x
                           where x.controller_id = c and x.entity = e.entity and x.key <> '*' and x.used)
                   or exists (select from (select x.purpose_id from consent x where x.controller_id = c
                                           order by x.tag limit most) s
                              where s.purpose_id between purpose_of_entity(e.purpose_id, -31)
                                                     and purpose_of_entity(e.purpose_id, 0))));
end $$;
