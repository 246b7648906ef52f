-- SPDX-License-Identifier: Apache-2.0
-- oldest: 100
-- What a guardian says waits for its confirmation too, in a slot of that guardian's.

drop index consent_pending;
create index consent_pending on consent (valid_until) where slot & 15 = 6; -- slot_pending()
