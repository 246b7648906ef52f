-- SPDX-License-Identifier: Apache-2.0
-- The tags that stand one behind the other in p_tags. offset 0 keeps each a column: put into a condition,
-- substr() would have to wait behind the wall, and find nothing by an index.
create or replace function tags_of(p_tags bytea) returns table (place integer, tag bytea)
language sql immutable as $$
    select g, substr(p_tags, g * tag_size() + 1, tag_size())
    from generate_series(0, length(p_tags) / tag_size() - 1) g offset 0
$$;
