-- SPDX-License-Identifier: Apache-2.0
-- oldest: 100
-- A request that a guardian is asked to answer on a page names that guardian by number, in its detail.

create index event_by_asked on event (controller_id, ((detail ->> 'asks')::integer))
    where slot = 6 and detail ? 'asks'; -- slot_pending()
