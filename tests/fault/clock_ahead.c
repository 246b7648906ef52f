/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Preloaded by node_clock.py: a wall clock that is AKKOORD_CLOCK_AHEAD seconds fast (or slow, below 0). The
 * clock that never jumps is left alone, but for time_limits.py: it is ahead by the seconds that stand in the
 * file AKKOORD_CLOCK_FILE, eight bytes that may change at any time. */

static time_t ahead(void)
{
    const char *text = getenv("AKKOORD_CLOCK_AHEAD");
    return text != NULL ? strtol(text, NULL, 10) : 0;
}

static const volatile int64_t *leap; /* NULL: none */

__attribute__((constructor)) static void leap_map(void)
{
    const char *path = getenv("AKKOORD_CLOCK_FILE");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *at = mmap(NULL, sizeof *leap, PROT_READ, MAP_SHARED, fd, 0);
    leap = at != MAP_FAILED ? at : NULL;
    close(fd);
}

int clock_gettime(clockid_t id, struct timespec *ret_time)
{
    int rc = (int)syscall(SYS_clock_gettime, id, ret_time);
    if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        ret_time->tv_sec += ahead();
    if (rc == 0 && leap != NULL && (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE))
        ret_time->tv_sec += *leap;
    return rc;
}

int gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
    (void)zone;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *ret_time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *ret_time)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (ret_time != NULL)
        *ret_time = now.tv_sec;
    return now.tv_sec;
}
