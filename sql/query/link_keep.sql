-- SPDX-License-Identifier: Apache-2.0
-- $1 controller, $2 its generation, $3 ids of links, $4 persons, $5 contents, $6 ends; of each identifier
-- that they name $7 the link's id, $8 the place, $9 the tag.
select keep_links($1::int4, $2::int8, $3::bytea[], $4::int8[], $5::bytea[], $6::int8[], $7::bytea[],
                  $8::int4[], $9::bytea[]);
