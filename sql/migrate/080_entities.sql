-- SPDX-License-Identifier: Apache-2.0
-- oldest: 80
-- An entity has a number: that of the standing No to all that it does. From here on apply_policy() gives it.
insert into purpose (controller_id, purpose_id, key, entity, basis, stops)
    select e.controller_id,
           (select max(x.purpose_id) from purpose x where x.controller_id = e.controller_id)
               + row_number() over (partition by e.controller_id order by e.entity),
           '*', e.entity, '', true
    from (select distinct p.controller_id, p.entity from purpose p where p.entity <> '') e;
