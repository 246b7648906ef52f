/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/budget.h"
#include "net/guard/guard_internal.h"
#include "net/peers.h"

#include <assert.h>
#include <stdatomic.h>

enum { SWEEP_MS = 1000 };

/* ---- counting ---- */

void guard_count(struct guard *g, enum guard_cause cause)
{
    atomic_fetch_add_explicit(&g->shut[cause], 1, memory_order_relaxed);
}

uint64_t guard_shut_count(const struct guard *g, enum guard_cause cause)
{
    return atomic_load_explicit(&g->shut[cause], memory_order_relaxed);
}

#ifdef AKKOORD_CHECKS
static size_t held_of(const struct connection *c)
{
    size_t held = 0;
    list_each(node, &c->exchanges) held += list_entry(node, struct exchange, link)->held;
    return held;
}

void guard_check(const struct guard *g)
{
    size_t exchanges = 0, held = 0;
    list_each(node, &g->connections)
    {
        const struct connection *c = list_entry(node, struct connection, link);
        assert(c->guard == g);
        connection_check(c);
        exchanges += c->condemned ? 0 : c->exchange_count;
        held += held_of(c);
    }
    assert(exchanges == g->exchanges);              /* (11) */
    assert(held <= budget_held(g->options.bodies)); /* (12) */
    for (size_t i = 0; i < GUARD_CAUSE_COUNT; i++)
        assert(g->shut_logged[i] <= guard_shut_count(g, (enum guard_cause)i)); /* (13) */
}
#else
void guard_check(const struct guard *g)
{
    assert(!list_empty(&g->connections) || g->exchanges == 0); /* (11) */
}
#endif

/* ---- who has to go ---- */

struct connection *guard_idlest(struct guard *g)
{
    struct connection *found = NULL;
    unsigned most = 0;
    list_each(node, &g->connections)
    {
        struct connection *c = list_entry(node, struct connection, link);
        unsigned of_peer = peer_connections(c->peer);
        if (c->condemned || !connection_is_idle(c) || of_peer < most)
            continue;
        if (found == NULL || of_peer > most || c->active < found->active)
            found = c;
        most = of_peer;
    }
    return found;
}

struct connection *guard_longest_open(struct guard *g)
{
    struct connection *found = NULL;
    int64_t oldest = INT64_MAX;
    list_each(node, &g->connections)
    {
        struct connection *c = list_entry(node, struct connection, link);
        if (c->condemned || c->exchange_count < EXCHANGES_SPARED)
            continue;
        int64_t begun = list_entry(c->exchanges.next, struct exchange, link)->begun;
        if (begun >= oldest)
            continue;
        found = c;
        oldest = begun;
    }
    return found;
}

/* ---- what time tells ---- */

static bool is_over(int64_t since, int64_t now, int64_t max_ms)
{
    return since != 0 && now - since > max_ms * 1000;
}

static bool has_overdue(const struct connection *c, int64_t now)
{
    list_each(node, &c->exchanges)
    {
        if (exchange_is_overdue(list_entry(node, struct exchange, link), now))
            return true;
    }
    return false;
}

static void connection_sweep(struct connection *c, int64_t now)
{
    bool idle = connection_is_idle(c);
    if ((c->is_http2 || idle) &&
        (is_over(c->header_since, now, HEADER_TIMEOUT_MS) || is_over(c->frame_since, now, HEADER_TIMEOUT_MS)))
        connection_shut(c, GUARD_SLOW_HEADER);
    else if (has_overdue(c, now))
        connection_shut(c, GUARD_SLOW_EXCHANGE);
    else if (idle && is_over(c->active, now, PING_ONLY_MS))
        connection_shut(c, GUARD_IDLE);
    else if (idle && connection_is_old(c))
        connection_shut(c, GUARD_OLD);
}

/* Once a second what is new; of arrivals only that they began (connection.c). */
static void shut_log(struct guard *g)
{
    char text[320];
    int len = 0;
    for (size_t i = 0; i < GUARD_CAUSE_COUNT; i++) {
        uint64_t all = guard_shut_count(g, (enum guard_cause)i), fresh = all - g->shut_logged[i];
        if (fresh > 0 && i != GUARD_ARRIVALS)
            len += snprintf(text + len, sizeof text - (size_t)len, "%s%s=%llu", len > 0 ? " " : "",
                            guard_cause_word((enum guard_cause)i), (unsigned long long)fresh);
        g->shut_logged[i] = all;
    }
    if (len > 0)
        log_warn("guard.shut", "%s", text);
}

static void on_beat(struct loop_pulse *pulse)
{
    struct guard *g = list_entry(pulse, struct guard, pulse);
    g->now = clock_monotonic();
    if (g->now - g->swept < SWEEP_MS * 1000)
        return;
    g->swept = g->now;
    list_each(node, &g->connections)
    {
        struct connection *c = list_entry(node, struct connection, link);
        if (!c->condemned)
            connection_sweep(c, g->now);
    }
    linger_sweep(&g->lingering, g->now);
    shut_log(g);
    guard_check(g);
}

/* ---- its life ---- */

struct guard *guard_create(const struct guard_options *options)
{
    struct guard *g = h2o_mem_alloc(sizeof *g);
    *g = (struct guard){.options = *options,
                        .now = clock_monotonic(),
                        .exchanges_max = EXCHANGES_MAX / (options->threads > 0 ? options->threads : 1)};
    list_init(&g->connections);
    linger_init(&g->lingering);
    loop_pulse_start(options->loop, &g->pulse, on_beat);
    return g;
}

void guard_destroy(struct guard *g)
{
    loop_pulse_stop(&g->pulse);
    linger_end(&g->lingering);
}
