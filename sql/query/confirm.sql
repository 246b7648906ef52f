-- SPDX-License-Identifier: Apache-2.0
select * from confirm($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::int4::int2, $12, $13, $14::int4::int2,
                      $15, $16);
