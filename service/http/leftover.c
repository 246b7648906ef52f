/* SPDX-License-Identifier: Apache-2.0 */
#include "http/leftover.h"

#include "base/limits.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct leftover {
    struct list link;
    struct leftovers *all;
    h2o_socket_t *socket;
    int64_t due;
    size_t left; /* bytes */
};

void leftovers_init(struct leftovers *l)
{
    list_init(&l->sockets);
    l->count = 0;
}

static void leftover_close(struct leftover *x)
{
    list_remove(&x->link);
    x->all->count--;
    h2o_socket_close(x->socket);
    free(x);
}

static void on_read(h2o_socket_t *socket, const char *err)
{
    struct leftover *x = socket->data;
    size_t came = socket->input->size;
    h2o_buffer_consume(&socket->input, came);
    x->left -= came < x->left ? came : x->left;
    if (err != NULL || x->left == 0)
        leftover_close(x);
}

void leftovers_take(struct leftovers *l, h2o_loop_t *loop, int fd, size_t max, int64_t now)
{
    if (l->count == LEFTOVERS_MAX || shutdown(fd, SHUT_WR) != 0) {
        close(fd);
        return;
    }
    struct leftover *x = h2o_mem_alloc(sizeof *x);
    *x = (struct leftover){.all = l,
                           .socket = h2o_evloop_socket_create(loop, fd, 0),
                           .left = max,
                           .due = now + LEFTOVER_MS * INT64_C(1000)};
    x->socket->data = x;
    list_append(&l->sockets, &x->link);
    l->count++;
    h2o_socket_read_start(x->socket, on_read);
}

void leftovers_sweep(struct leftovers *l, int64_t now)
{
    list_each_safe(node, &l->sockets)
    {
        struct leftover *x = list_entry(node, struct leftover, link);
        if (now > x->due)
            leftover_close(x);
    }
}

void leftovers_end(struct leftovers *l)
{
    leftovers_sweep(l, INT64_MAX);
}
