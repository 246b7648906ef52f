/* SPDX-License-Identifier: Apache-2.0 */
#include "net/guard/linger.h"

#include "base/limits.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct linger_socket {
    struct list link;
    struct linger_list *all;
    h2o_socket_t *socket;
    int64_t due;
    size_t left; /* bytes */
};

void linger_init(struct linger_list *l)
{
    list_init(&l->sockets);
    l->count = 0;
}

static void linger_close(struct linger_socket *x)
{
    list_remove(&x->link);
    x->all->count--;
    h2o_socket_close(x->socket);
    free(x);
}

static void on_read(h2o_socket_t *socket, const char *err)
{
    struct linger_socket *x = socket->data;
    size_t size = socket->input->size;
    h2o_buffer_consume(&socket->input, size);
    x->left -= size < x->left ? size : x->left;
    if (err != NULL || x->left == 0)
        linger_close(x);
}

void linger_take(struct linger_list *l, h2o_loop_t *loop, int fd, size_t max, int64_t now)
{
    if (l->count == LINGER_SOCKETS_MAX || shutdown(fd, SHUT_WR) != 0) {
        close(fd);
        return;
    }
    struct linger_socket *x = h2o_mem_alloc(sizeof *x);
    *x = (struct linger_socket){.all = l,
                                .socket = h2o_evloop_socket_create(loop, fd, 0),
                                .left = max,
                                .due = now + LINGER_MS * INT64_C(1000)};
    x->socket->data = x;
    list_append(&l->sockets, &x->link);
    l->count++;
    h2o_socket_read_start(x->socket, on_read);
}

void linger_sweep(struct linger_list *l, int64_t now)
{
    list_each_safe(node, &l->sockets)
    {
        struct linger_socket *x = list_entry(node, struct linger_socket, link);
        if (now > x->due)
            linger_close(x);
    }
}

void linger_end(struct linger_list *l)
{
    linger_sweep(l, INT64_MAX);
}
