-- SPDX-License-Identifier: Apache-2.0
-- The numbers of batches, one element each; 0 where none is named. A new one gets the next. Under the head's
-- lock.
create or replace function import_batches(c integer, p_source text[], p_batch text[]) returns integer[]
language plpgsql as $$
declare
    nos integer[] := '{}';
    no integer;
begin
    for k in 1 .. cardinality(p_batch) loop
        no := 0;
        if p_batch[k] is not null then
            select b.batch_no into no from import_batch b
                where b.controller_id = c and b.source = p_source[k] and b.batch = p_batch[k];
            if no is null then
                insert into import_batch as b (controller_id, batch_no, source, batch)
                    select c, coalesce(max(x.batch_no), 0) + 1, p_source[k], p_batch[k]
                    from import_batch x where x.controller_id = c
                    returning b.batch_no into no;
            end if;
        end if;
        nos := nos || no;
    end loop;
    return nos;
end $$;
