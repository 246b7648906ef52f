-- SPDX-License-Identifier: Apache-2.0
select * from undo_import($1, $2, $3, $4, $5, $6, $7, $8, $9);
