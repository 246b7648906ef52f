/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/webhook.h"
#include "chore/transfer.h"
#include "command/command.h"
#include "command/on_database.h"
#include "domain/moment.h"
#include "net/networks.h"
#include "store/blocking.h"
#include "store/controller.h"
#include "store/delivery.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* akkoord webhook test: whether the webhooks of a controller's policy can be reached and take what is signed,
 * as the service would deliver it from here. What answers 2xx is delivered to again, also where it was
 * stopped. */

static const struct config_flag webhook_flags[] = {
    {"controller", "K", "the key of the controller whose policy names the webhooks"}, {0}};

struct testing {
    const struct config *config;
    const char *controller;
    struct webhook_secrets *secrets;
    struct transfers *transfers;
    size_t failed;
    struct endpoints_job endpoints;
};

static const char *fault_text(enum delivery_fault fault)
{
    switch (fault) {
    case DELIVERY_FAULT_RESOLVE:
        return "its name has no address";
    case DELIVERY_FAULT_ADDRESS:
        return "its address is not public, or without TLS: AKKOORD_WEBHOOK_ALLOW may allow it";
    case DELIVERY_FAULT_CONNECT:
        return "nobody takes the connection";
    case DELIVERY_FAULT_TLS:
        return "its certificate is none that this machine trusts, or it speaks no TLS";
    case DELIVERY_FAULT_TIMEOUT:
        return "it did not answer within 20 s";
    case DELIVERY_FAULT_SECRET:
        return "AKKOORD_WEBHOOK_SECRETS_FILE has no secret of the name that the policy says";
    default:
        return delivery_fault_words[fault];
    }
}

/* One delivery, waited for. */
static struct transfer_result test_send(struct testing *t, const struct endpoint_row *e)
{
    char body[512], at[MOMENT_TEXT + 1], signature[WEBHOOK_SIGNATURE_MAX + 1], id[64];
    struct transfer_result result = {.fault = DELIVERY_FAULT_SECRET};
    int64_t now = (int64_t)time(NULL);
    moment_format(now * SECOND, at);
    int len = snprintf(body, sizeof body,
                       "{\"type\":\"webhook.test\",\"timestamp\":\"%s\",\"data\":{\"controller\":\"%s\"}}",
                       at, e->controller);
    snprintf(id, sizeof id, "test_%d_%lld", (int)e->endpoint_no, (long long)now);
    const struct transfer_request request = {
        .url = e->url, .id = id, .signature = signature, .timestamp = now, .body = body, .len = (size_t)len};
    if (webhook_sign(t->secrets, e->secret, id, now, body, (size_t)len, signature) != 0)
        return result;
    result.fault = DELIVERY_FAULT_MEMORY;
    if (transfer_start(t->transfers, &request) != 0)
        return result;
    do
        transfers_wait(t->transfers, -1, 1000);
    while (!transfers_next(t->transfers, &result));
    return result;
}

static void endpoint_test(PGconn *pg, struct testing *t, const struct endpoint_row *e)
{
    struct transfer_result result = test_send(t, e);
    if (result.fault == DELIVERY_FAULT_NONE) {
        struct mend_endpoint_job mend;
        mend_endpoint_job_init(&mend, e->controller_id, e->name);
        job_run_blocking(pg, &mend.job);
        printf("%s\t%s\tdelivered: %d\n", e->name, e->url, result.http_status);
        return;
    }
    t->failed++;
    if (result.http_status != 0)
        printf("%s\t%s\tit answered %d\n", e->name, e->url, result.http_status);
    else
        printf("%s\t%s\t%s\n", e->name, e->url, fault_text(result.fault));
}

static int webhooks_test(PGconn *pg, const struct numbered_keys *keys, void *cookie)
{
    struct testing *t = cookie;
    struct controller_job controller;
    (void)keys;
    controller_job_init(&controller, t->controller);
    enum error e = job_run_blocking(pg, &controller.job);
    bool found = e == ERROR_NONE && controller.found;
    int32_t id = controller.controller_id;
    controller_job_clear(&controller);
    if (!found)
        return command_failed("webhook test", e == ERROR_NONE ? "there is no such controller"
                                                              : "the database did not answer");
    endpoints_job_init(&t->endpoints, id);
    if (job_run_blocking(pg, &t->endpoints.job) != ERROR_NONE)
        return command_failed("webhook test", "the database did not answer");
    if (t->endpoints.count == 0)
        return command_failed("webhook test", "its policy names no endpoint");
    for (size_t i = 0; i < t->endpoints.count; i++)
        endpoint_test(pg, t, &t->endpoints.rows[i]);
    return t->failed == 0 ? 0 : 1;
}

static int test_run(const struct config *config, const char *controller)
{
    char fault[KEY_FILES_FAULT];
    const char *trouble;
    struct testing t = {.config = config, .controller = controller};
    if (webhook_secrets_load(config, &t.secrets, fault) != 0)
        return command_failed("webhook test", fault);
    struct networks *allow = networks_create(config->webhook_allow);
    t.transfers = transfers_create(allow, &trouble);
    int rc = t.transfers != NULL ? on_database(config, "webhook test", webhooks_test, &t)
                                 : command_failed("webhook test", trouble);
    transfers_destroy(t.transfers);
    networks_destroy(allow);
    webhook_secrets_free(t.secrets);
    return rc;
}

static int webhook_run(const struct config *config, const struct arguments *args)
{
    const char *controller = arguments_flag(args, "controller");
    if (args->operand_count != 1 || strcmp(args->operands[0], "test") != 0)
        return command_misused("webhook", "it is test");
    if (controller == NULL || !controller_key_valid(controller))
        return command_misused("webhook test", "--controller is needed, and is a key of a controller");
    return test_run(config, controller);
}

static const char *const webhook_options[] = {"database",      "subject-key-file", "webhook-secrets-file",
                                              "webhook-allow", "log-level",        NULL};

const struct command webhook_command = {
    "webhook",
    "test",
    "test: delivers `webhook.test` to each webhook of a controller's policy, and tells what it answers",
    webhook_flags,
    webhook_options,
    webhook_run};
