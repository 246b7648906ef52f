/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_document_internal.h"

#include <string.h>

/* What the service delivers to webhooks: messages that must reach a person, and to recipients what changed.
 * Where they are is kept by the database, which reads this document too (sql/function/endpoint.sql). An
 * address in clear text, or of a private network, is the operator's to allow, not the policy's. */

static bool host_is_plain(const char *host, size_t len)
{
    static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:[]-";
    return len > 0 && strspn(host, characters) >= len;
}

/* Printable ASCII without what would have to be written as %XX; no user before the host, no fragment. */
static void endpoint_check(const struct node *n)
{
    size_t len;
    const char *url = node_string(n, 1, POLICY_LINE_MAX, &len);
    size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;
    const char *rest = url + scheme;
    size_t host = strcspn(rest, "/?");
    bool good = scheme > 0 && host_is_plain(rest, host);
    for (const char *c = rest + host; *c != '\0'; c++)
        good = good && *c > ' ' && *c < 0x7f && strchr("\"#<>\\^`{|}", *c) == NULL;
    if (len > 0 && !good)
        node_fault(n, ERROR_INVALID, "must be https://, a host and perhaps a path, without a user or a #");
}

static void secret_check(const struct node *n)
{
    char name[POLICY_KEY_MAX + 1];
    value_key(n, name);
}

/* Only one that names an endpoint can be told of by it. */
static void secret_require(const struct node *object)
{
    struct node endpoint = node_optional(object, "endpoint"), secret = node_optional(object, "secret");
    if (node_present(&endpoint) && !node_present(&secret))
        node_fault(&secret, ERROR_INVALID,
                   "is required: the name of the secret that signs what is delivered");
    if (node_present(&secret) && !node_present(&endpoint))
        node_fault(&endpoint, ERROR_INVALID, "is required where there is a secret");
}

/* ---- messages ---- */

static void mailto_read(struct draft *d, const struct node *n)
{
    value_email(n);
    size_t len;
    const char *text = node_string(n, 1, POLICY_LINE_MAX, &len);
    if (len < sizeof d->policy->messages.mailto)
        memcpy(d->policy->messages.mailto, text, len + 1);
    else
        node_fault(n, ERROR_INVALID, "must be at most 320 bytes long");
}

static void confirmation_read(struct draft *d, const struct node *n)
{
    static const char *const words[] = {"returned", "delivered", NULL};
    d->policy->messages.confirmation_only_delivered = node_word(n, words) == 1;
}

/* A second mail at once would be read by whoever still has the first before them; one that comes after a
 * month, by somebody who has forgotten. */
enum { SECOND_MIN_SECONDS = 60, SECOND_MAX_DAYS = 30 };

static void second_after_read(struct draft *d, const struct node *n)
{
    struct duration after = value_duration(n);
    instant at = duration_add(0, after);
    if (duration_is_zero(after))
        return;
    if (at < SECOND_MIN_SECONDS * SECOND || at > SECOND_MAX_DAYS * (86400 * SECOND))
        node_fault(n, ERROR_INVALID, "must be from PT1M to P30D");
    d->policy->messages.second_after = after;
}

static const struct member messages_members[] = {
    {"endpoint", OPTIONAL, .check = endpoint_check},       {"secret", OPTIONAL, .check = secret_check},
    {"confirmation", OPTIONAL, .read = confirmation_read}, {"mailto", OPTIONAL, .read = mailto_read},
    {"second_after", OPTIONAL, .read = second_after_read}, {.name = NULL},
};

void messages_read(struct draft *d, const struct node *n)
{
    d->policy->messages.second_after = (struct duration){.days = 1};
    section_read(d, n, messages_members);
    if (!node_is_object(n))
        return;
    secret_require(n);
    struct node endpoint = node_optional(n, "endpoint"), confirmation = node_optional(n, "confirmation");
    d->policy->messages.has_endpoint = node_present(&endpoint);
    if (d->policy->messages.confirmation_only_delivered && !node_present(&endpoint))
        node_fault(&confirmation, ERROR_INVALID, "delivered needs an endpoint that it is delivered to");
}

/* ---- recipients ---- */

static void recipient_purposes_read(struct draft *d, const struct node *n)
{
    size_t count = node_elements(n, 1, POLICY_PURPOSES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node element = node_at(n, i);
        value_purpose(d, &element);
    }
}

static const struct member recipient_members[] = {
    {"name", REQUIRED, .check = value_line},
    {"endpoint", OPTIONAL, .check = endpoint_check},
    {"secret", OPTIONAL, .check = secret_check},
    {"purposes", OPTIONAL, .read = recipient_purposes_read},
    {.name = NULL},
};

/* Deliveries are told by the name. */
static void recipient_name_check(const struct node *recipients, size_t i)
{
    struct node recipient = node_at(recipients, i), name = node_optional(&recipient, "name");
    const char *text = node_is_object(&recipient) ? node_string(&name, 0, POLICY_LINE_MAX, NULL) : "";
    for (size_t k = 0; k < i && text[0] != '\0'; k++) {
        struct node other = node_at(recipients, k), its_name = node_optional(&other, "name");
        if (node_is_object(&other) && value_is_word(&its_name, text)) {
            node_fault(&name, ERROR_INVALID, "another recipient has this name");
            return;
        }
    }
}

void recipients_read(struct draft *d, const struct node *n)
{
    size_t count = node_elements(n, 0, POLICY_RECIPIENTS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node recipient = node_at(n, i);
        section_read(d, &recipient, recipient_members);
        recipient_name_check(n, i);
        if (node_is_object(&recipient))
            secret_require(&recipient);
    }
}
