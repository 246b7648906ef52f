/* SPDX-License-Identifier: Apache-2.0 */
#include "command/mask_gate.h"

#include "command/client.h"

#include <stdlib.h>

struct mask_gate {
    struct client_options options;
    struct client *client;
};

struct mask_gate *mask_gate_open(const struct mask_gate_options *options, const char **ret_fault)
{
    const char *const parameters[] = {"purpose",        options->purpose, "visitor",
                                      options->visitor, "refused",        options->refused,
                                      "keep",           options->keep,    NULL};
    *ret_fault = "out of memory";
    struct mask_gate *g = calloc(1, sizeof *g);
    if (g == NULL)
        return NULL;
    g->options = (struct client_options){
        .url = options->url, .token_file = options->token_file, .ca_file = options->ca_file};
    g->client = client_open(&g->options, ret_fault);
    if (g->client != NULL)
        *ret_fault = client_path(g->client, "/v1/analytics/filter", parameters);
    if (g->client != NULL && *ret_fault == NULL)
        return g;
    mask_gate_close(g);
    return NULL;
}

void mask_gate_close(struct mask_gate *g)
{
    if (g->client != NULL)
        client_close(g->client);
    free(g);
}

const char *mask_gate_pass(struct mask_gate *g, const char *lines, size_t len, struct buf *answer)
{
    return client_post(g->client, lines, len, answer);
}
