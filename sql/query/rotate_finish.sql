-- SPDX-License-Identifier: Apache-2.0
select finish_rotation($1);
