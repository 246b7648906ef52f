/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Preloaded by node_clock.py: a wall clock that is AKKOORD_CLOCK_AHEAD seconds fast (or slow, below 0). The clock that
 * never jumps is left alone. */

static time_t ahead(void)
{
    const char *text = getenv("AKKOORD_CLOCK_AHEAD");
    return text != NULL ? strtol(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t id, struct timespec *ret_time)
{
    int rc = (int)syscall(SYS_clock_gettime, id, ret_time);
    if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        ret_time->tv_sec += ahead();
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
