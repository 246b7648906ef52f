/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/watch.h"

#include "base/fault.h"
#include "loop/loop.h"

#include <fcntl.h>
#include <h2o.h>
#include <unistd.h>

struct watch {
    h2o_socket_t *socket;
    void (*on_ready)(void *cookie);
    void *cookie;
};

static void on_socket_ready(h2o_socket_t *socket, const char *err)
{
    struct watch *w = socket->data;
    (void)err; /* libpq meets the same error when it reads */
    w->on_ready(w->cookie);
}

struct watch *watch_create(struct loop *loop, int fd, void (*on_ready)(void *cookie), void *cookie)
{
    int copy = fault_strikes() ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
        return NULL;
    struct watch *w = h2o_mem_alloc(sizeof *w);
    w->socket = h2o_evloop_socket_create(loop_h2o(loop), copy, H2O_SOCKET_FLAG_DONT_READ);
    w->socket->data = w;
    w->on_ready = on_ready;
    w->cookie = cookie;
    h2o_socket_read_start(w->socket, on_socket_ready);
    return w;
}

void watch_want_write(struct watch *w)
{
    if (!h2o_socket_is_writing(w->socket))
        h2o_socket_notify_write(w->socket, on_socket_ready);
}

void watch_destroy(struct watch *w)
{
    if (w == NULL)
        return;
    h2o_socket_close(w->socket);
    free(w);
}
