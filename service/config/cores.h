/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The processor cores this process may use: its affinity, and the quota of its control group and all above it
 * (cgroup v2's cpu.max, v1's cpu.cfs_quota_us), rounded down. From 1 to ${most}. */
int cores_usable(int most);

/* The quota that cpu.max states (`150000 100000`: one and a half), rounded down but at least 1; 0 for none
 * (`max 100000`) and for what is not a cpu.max. */
int cores_of_quota(const char *cpu_max);
