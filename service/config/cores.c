/* SPDX-License-Identifier: Apache-2.0 */
#include "config/cores.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 4096, CORES_MAX = 1 << 20 };

int cores_of_quota(const char *cpu_max)
{
    char *end;
    long long quota = strtoll(cpu_max, &end, 10);
    if (end == cpu_max || quota <= 0)
        return 0;
    long long period = strtoll(end, NULL, 10);
    if (period <= 0)
        return 0;
    long long cores = quota / period;
    return cores < 1 ? 1 : cores > CORES_MAX ? CORES_MAX : (int)cores;
}

/* The first line of FOLDER/NAME, or "". */
static void line_read(const char *folder, const char *name, char line[LINE])
{
    char path[LINE + 64];
    line[0] = '\0';
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *in = fopen(path, "re");
    if (in == NULL)
        return;
    if (fgets(line, LINE, in) == NULL)
        line[0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    fclose(in);
}

static int smaller(int quota, int least)
{
    return quota > 0 && quota < least ? quota : least;
}

static int quota_of_folder(const char *folder, bool v2)
{
    char line[LINE], period[LINE], both[2 * LINE];
    if (v2) {
        line_read(folder, "cpu.max", line);
        return cores_of_quota(line);
    }
    line_read(folder, "cpu.cfs_quota_us", line);
    line_read(folder, "cpu.cfs_period_us", period);
    snprintf(both, sizeof both, "%s %s", line, period);
    return cores_of_quota(both);
}

/* A group's own quota and those above it all hold. Within a container the path may be the host's, and not be
 * there: then the root of what is mounted is our group. */
static int quota_of_group(const char *mount, const char *path, bool v2, int least)
{
    char folder[LINE];
    size_t root = strlen(mount);
    snprintf(folder, sizeof folder, "%s%s", mount, path);
    for (;;) {
        least = smaller(quota_of_folder(folder, v2), least);
        char *slash = strrchr(folder, '/');
        if (slash == NULL || (size_t)(slash - folder) < root)
            return least;
        *slash = '\0';
    }
}

/* A line of /proc/self/cgroup is `0::PATH` for v2 and `N:CONTROLLER,CONTROLLER:PATH` for v1. */
static int quota_of_line(char *line, int least)
{
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (path == NULL)
        return least;
    *path++ = '\0';
    controllers++;
    if (controllers[0] == '\0')
        return quota_of_group("/sys/fs/cgroup", path, true, least);
    char *rest;
    for (char *c = strtok_r(controllers, ",", &rest); c != NULL; c = strtok_r(NULL, ",", &rest)) {
        if (strcmp(c, "cpu") == 0)
            return quota_of_group("/sys/fs/cgroup/cpu", path, false, least);
    }
    return least;
}

static int cores_of_affinity(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
}

int cores_usable(int most)
{
    char line[LINE];
    int least = smaller(cores_of_affinity(), most);
    FILE *groups = fopen("/proc/self/cgroup", "re");
    if (groups == NULL)
        return least;
    while (fgets(line, sizeof line, groups) != NULL)
        least = quota_of_line(line, least);
    fclose(groups);
    return least;
}
