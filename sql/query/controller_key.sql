-- SPDX-License-Identifier: Apache-2.0
-- $1 a controller's number, out of a link: its key, for good.
select key from controller where controller_id = $1;
