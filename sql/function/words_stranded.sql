-- SPDX-License-Identifier: Apache-2.0
-- The notice versions that the ledger knows and a document has not, and that a Yes rests on: a line each, its
-- id, a tab and its version; null: none. A Yes to them is one to words that nobody knows. Of a large ledger
-- only so many states are looked at that no transaction takes long, in the order of their tags, which is
-- none: what many rest on is found. p_key: the controller's.
create or replace function words_stranded(p_key text, p_ids text[], p_versions text[]) returns text
language plpgsql as $$
declare
    most constant integer := 50000;
    c integer;
    gone integer[];
begin
    select x.controller_id into c from controller x where x.key = p_key;
    select array_agg(n.notice_no) into gone
        from notice n
        where n.controller_id = c
              and not exists (select from unnest(p_ids, p_versions) k(id, version)
                              where k.id = n.id and k.version = n.version);
    if gone is null then
        return null;
    end if;
    perform set_config('akkoord.controllers', array[c]::text, true);
    return (
        select string_agg(distinct n.id || E'\t' || n.version, E'\n')
        from (select x.notice_no, x.slot from consent x where x.controller_id = c
              order by x.tag limit most) s
        join notice n on n.controller_id = c and n.notice_no = s.notice_no
        where s.notice_no = any (gone) and s.slot & (slot_count() - 1) = slot_yes());
end $$;
