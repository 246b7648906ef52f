-- SPDX-License-Identifier: Apache-2.0
select rights_overdue();
