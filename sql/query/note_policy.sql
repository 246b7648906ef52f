-- SPDX-License-Identifier: Apache-2.0
-- $1 controller, $2 name of a recipient's endpoint, $3 the version of the policy that it was told of.
update endpoint set policy_version = greatest(policy_version, $3::int4)
where controller_id = $1::int4 and name = $2::text
returning policy_version;
