-- SPDX-License-Identifier: Apache-2.0
select outcome, version, offender,
       case when outcome in (apply_done(), apply_same()) then words_stranded($1, $13, $14) end,
       case when outcome in (apply_done(), apply_same()) then entities_left($1, $10) end
from apply_policy($1, $2, $3, $4, $5, $6, $7, $8::int4::int2, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                  $18);
