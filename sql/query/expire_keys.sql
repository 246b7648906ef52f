-- SPDX-License-Identifier: Apache-2.0
select expire_keys()::int8;
