-- SPDX-License-Identifier: Apache-2.0
select wrap_tags($1, $2, $3);
