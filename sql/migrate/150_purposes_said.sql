-- SPDX-License-Identifier: Apache-2.0
-- oldest: 100
-- What the last document that had a purpose said of it, where a later one must not undo a No or widen a Yes
-- (sql/function/policy_conflict.sql). In rows for all entities alone; null: not known.
alter table purpose
    add column channel text,
    add column replaces text, -- the key of another
    add column entities text[]; -- that it was of; none: the controller as a whole

update purpose x
    set channel = s.said ->> 'channel', replaces = s.said ->> 'replaces',
        entities = case when s.said ? 'entities'
                        then array(select jsonb_array_elements_text(s.said -> 'entities'))
                        else array(select e ->> 'key' from jsonb_array_elements(s.entities) e) end
    from (select distinct on (p.controller_id, k.said ->> 'key')
                 p.controller_id, k.said, coalesce(p.document::jsonb -> 'entities', '[]') as entities
          from policy p
          cross join jsonb_array_elements(p.document::jsonb -> 'purposes') k(said)
          order by p.controller_id, k.said ->> 'key', p.version desc) s
    where x.controller_id = s.controller_id and x.key = s.said ->> 'key' and x.entity = '';
