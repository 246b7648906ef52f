/* SPDX-License-Identifier: Apache-2.0 */
#include "page/opened.h"

#include "net/client_address.h"
#include "page/frame.h"
#include "store/person_own.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

struct opening {
    struct call *call;
    void (*begin)(struct call *call, void *cookie);
    void *cookie;
    struct controller_key_job job;
};

/* The keys of controllers whose numbers stood in links: neither ever changes. */
enum { KEYS_KEPT = 256 };
static _Thread_local struct {
    int32_t number;
    char key[POLICY_KEY_MAX + 1];
} keys_kept[KEYS_KEPT];

static void opened(struct opening *o, const char *key)
{
    struct call *call = o->call;
    struct claims *claims = &call->claims;
    *claims = (struct claims){.scopes = SCOPE_CONSENT_RECORD | SCOPE_CONSENT_WITHDRAW};
    snprintf(claims->controller, sizeof claims->controller, "%s", key);
    snprintf(claims->subject, sizeof claims->subject, "page");
    call->charged = true; /* the address was, by its route */
    o->begin(call, o->cookie);
}

static void on_key(struct job *job, enum error e)
{
    struct opening *o = list_entry(list_entry(job, struct controller_key_job, job), struct opening, job);
    if (e != ERROR_NONE || o->call->req == NULL) {
        call_problem(o->call, e != ERROR_NONE ? e : ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    if (o->job.key[0] == '\0') { /* of another database */
        page_not_found(o->call);
        return;
    }
    size_t place = (uint32_t)o->job.number % KEYS_KEPT;
    keys_kept[place].number = o->job.number;
    memcpy(keys_kept[place].key, o->job.key, sizeof o->job.key);
    opened(o, o->job.key);
}

void page_open(struct call *call, int32_t controller_id, void (*begin)(struct call *call, void *cookie),
               void *cookie)
{
    struct opening *o = call_alloc(call, sizeof *o);
    *o = (struct opening){.call = call, .begin = begin, .cookie = cookie};
    size_t place = (uint32_t)controller_id % KEYS_KEPT;
    if (keys_kept[place].number == controller_id) {
        opened(o, keys_kept[place].key);
        return;
    }
    controller_key_job_init(&o->job, controller_id);
    o->job.job.deadline = call->deadline;
    o->job.job.done = on_key;
    lane_submit(call->worker->read, &o->job.job);
}

const char *page_sender_address(struct call *call)
{
    struct sockaddr_storage address;
    char *text = call_alloc(call, INET6_ADDRSTRLEN);
    if (call->req == NULL)
        return NULL;
    client_address_of(call->worker->networks, call->req, &address);
    if (address.ss_family == AF_INET)
        return inet_ntop(AF_INET, &((struct sockaddr_in *)&address)->sin_addr, text, INET6_ADDRSTRLEN);
    if (address.ss_family == AF_INET6)
        return inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&address)->sin6_addr, text, INET6_ADDRSTRLEN);
    return NULL;
}

const char *page_sender_agent(struct call *call)
{
    enum { AGENT_BYTES_MAX = 1024 }; /* as of a client's evidence */
    h2o_iovec_t agent = call->req != NULL ? call_header(call, "user-agent") : h2o_iovec_init(NULL, 0);
    bool fits = agent.base != NULL && agent.len > 0 && agent.len <= AGENT_BYTES_MAX;
    for (size_t i = 0; fits && i < agent.len; i++)
        fits = agent.base[i] >= ' ' && agent.base[i] <= '~';
    return fits ? call_copy(call, agent.base, agent.len) : NULL;
}
