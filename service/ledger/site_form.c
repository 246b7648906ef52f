/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/site_form.h"

#include "base/hex.h"
#include "base/limits.h"
#include "domain/identifier.h"
#include "wire/policy_language.h"
#include "wire/writer.h"

#include <openssl/crypto.h>
#include <string.h>

/* An address that can be written to; "" on a fault. */
static const char *address_read(const struct ledger_env *env, const struct node *root)
{
    enum { ADDRESS_MAX = 254 }; /* bytes: RFC 5321, 4.5.3.1.3 less its brackets */
    size_t len;
    struct node n = node_member(root, "email");
    const char *address = node_string(&n, 1, ADDRESS_MAX, &len);
    struct identifier normal;
    if (len == 0)
        return "";
    const char *wrong =
        identifier_normalise(IDENTIFIER_EMAIL, address, len, env->controller->policy->country, &normal);
    OPENSSL_cleanse(&normal, sizeof normal);
    if (wrong == NULL)
        return address;
    node_fault(&n, ERROR_INVALID, wrong);
    return "";
}

/* The words that were shown must be those in force. */
static const struct notice_text *words_read(const struct notice *notice, const char *hex,
                                            const struct node *root)
{
    uint8_t hash[NOTICE_HASH_SIZE];
    struct node n = node_member(root, "notice");
    bool is_hash = hex_read_lower(hex, strlen(hex), hash, sizeof hash);
    for (size_t i = 0; is_hash && i < notice->text_count; i++) {
        if (memcmp(notice->texts[i].sha256, hash, sizeof hash) == 0)
            return &notice->texts[i];
    }
    if (hex[0] != '\0')
        node_fault(&n, ERROR_UNKNOWN_NOTICE, "not the hash of the words that are in force for this form");
    return NULL;
}

/* As POST /v1/consents has it. */
static void consent_write(struct buf *out, const char *address, const char *form, const struct notice *notice,
                          const struct notice_text *text)
{
    struct writer w = writer_of(out);
    writer_object_begin(&w, NULL);
    writer_object_begin(&w, "subject");
    writer_text(&w, "type", "email");
    writer_text(&w, "value", address);
    writer_object_end(&w);
    writer_text(&w, "purpose", form);
    writer_text(&w, "event_state", "given");
    writer_text(&w, "collection_method", "web_form");
    writer_text(&w, "language", text->language);
    writer_object_begin(&w, "notice");
    writer_text(&w, "id", notice->id);
    writer_text(&w, "version", notice->version);
    writer_sha256(&w, "sha256", text->sha256);
    writer_object_end(&w);
    writer_object_end(&w);
}

static bool is_filled(const struct node *root, const char *name)
{
    struct node n = node_optional(root, name);
    size_t len = 0;
    if (node_present(&n))
        node_string(&n, 0, BODY_BYTES_MAX, &len);
    return len > 0;
}

/* The body becomes one of POST /v1/consents, and is read as such. */
static void form_record(const struct ledger_env *env, const char *address, const char *form,
                        const struct notice *notice, const struct notice_text *text, struct reader *body,
                        struct acts *ret_acts)
{
    struct buf consent;
    buf_init(&consent, BODY_BYTES_MAX);
    consent_write(&consent, address, form, notice, text);
    if (buf_failed(&consent)) {
        struct node root = reader_root(body);
        node_fault(&root, ERROR_OVERLOADED, "memory ran out");
    } else {
        reader_close(body);
        if (reader_open(body, consent.data, consent.len) == ERROR_NONE)
            consents_read(env, body, ret_acts);
    }
    if (consent.data != NULL)
        OPENSSL_cleanse(consent.data, consent.len);
    buf_free(&consent);
}

void site_form_read(const struct ledger_env *env, const struct site_page *page, const char *form,
                    struct reader *body, struct acts *ret_acts, struct site_form *ret_form)
{
    static const char *const members[] = {"email", "token", "notice", "language", "honeypot", NULL};
    const struct policy *policy = env->controller->policy;
    *ret_acts = (struct acts){0};
    *ret_form = (struct site_form){0};
    struct node root = reader_root(body);
    if (!node_present(&root))
        return;

    /* Who asks, and for what. */
    ret_form->site = site_of_page(policy, page, &root);
    const struct purpose *purpose = policy_purpose(policy, form);
    const struct notice *notice = purpose != NULL ? policy_form_notice(policy, purpose, env->now) : NULL;
    ret_form->is_known = notice != NULL;
    if (ret_form->site == NULL || notice == NULL) {
        if (ret_form->site != NULL)
            node_fault(&root, ERROR_NOT_FOUND, "the policy has no such form");
        return;
    }
    node_only(&root, members);
    const char *hash = site_notice_read(&root);
    site_token_read(env, page, &root, "", hash, false);

    /* What was written into it. */
    const char *address = address_read(env, &root);
    const struct notice_text *text = words_read(notice, hash, &root);
    ret_form->is_trapped = is_filled(&root, "honeypot");
    if (reader_ok(body) && text != NULL && !ret_form->is_trapped)
        form_record(env, address, form, notice, text, body, ret_acts);
}

/* ---- a link that was lost ---- */

static const char *language_read(const struct node *root)
{
    struct node n = node_optional(root, "language");
    size_t len;
    const char *text = node_present(&n) ? node_string(&n, 2, 15, &len) : "";
    if (text[0] == '\0' || language_is_tag(text))
        return text;
    node_fault(&n, ERROR_INVALID, "a language tag of BCP 47, such as nl or nl-BE");
    return "";
}

void site_link_read(const struct ledger_env *env, const struct site_page *page, struct reader *body,
                    struct lost_link *ret_lost, struct site_form *ret_form)
{
    static const char *const members[] = {"email", "token", "language", "honeypot", NULL};
    *ret_form = (struct site_form){.is_known = true};
    struct node root = reader_root(body);
    if (!node_present(&root))
        return;
    ret_form->site = site_of_page(env->controller->policy, page, &root);
    if (ret_form->site == NULL)
        return;
    node_only(&root, members);
    site_token_read(env, page, &root, "", "", false);

    /* what was written into it */
    const char *address = address_read(env, &root), *language = language_read(&root);
    struct identifier to;
    ret_form->is_trapped = is_filled(&root, "honeypot");
    if (reader_ok(body) && identifier_normalise(IDENTIFIER_EMAIL, address, strlen(address),
                                                env->controller->policy->country, &to) == NULL)
        lost_link_make(env, &to, language, ret_lost);
}
