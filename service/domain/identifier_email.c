/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/identifier_internal.h"

#include <idn2.h>
#include <string.h>

enum {
    LOCAL_MAX = 64, /* bytes; RFC 5321, 4.5.3.1.1 */
    DOMAIN_MAX =
        253, /* RFC 1035, 2.3.4: 255 octets on the wire, of which a name written with dots shows 253 */
    LABEL_MAX = 63,
    /* A name in Unicode is at most four bytes for each of the letters that punycode makes of it. */
    DOMAIN_RAW_MAX = 4 * DOMAIN_MAX
};

/* Dots may stand anywhere, as in browsers' e-mail fields: some providers gave such addresses out. */
static bool email_character_is_fit(ucs4_t c)
{
    if (c < 0x80)
        return c > ' ' && c < 0x7f && strchr("()<>[]:;,\\\"@", (int)c) == NULL;
    return !identifier_character_is_blank(c) && !identifier_character_is_other(c);
}

static const char *email_add_local(struct identifier_text local, struct identifier *made)
{
    size_t len = identifier_text_fold(local, IDENTIFIER_LOWER, (uint8_t *)made->value, LOCAL_MAX);
    if (len == 0)
        return "The part before the @ has 1 to 64 bytes";
    /* After folding: a character may be the same as one that is not allowed (U+037E is a semicolon). */
    for (struct identifier_text rest = {(const uint8_t *)made->value, len}; rest.len > 0;) {
        if (!email_character_is_fit(identifier_text_next(&rest)))
            return "The part before the @ has no spaces, quotes, comments or control characters";
    }
    made->len = len;
    return NULL;
}

/* One or more labels of letters, digits and inner hyphens, of which the last is not a number (an IP address
 * is not a domain). ${domain} is in lower case. */
static bool email_domain_is_name(const char *domain, size_t len)
{
    const char *label = domain;
    const char *end = domain + len;
    bool letter = false;
    for (const char *at = domain;; at++) {
        if (at == end || *at == '.') {
            if (at == label || at - label > LABEL_MAX || *label == '-' || at[-1] == '-')
                return false;
            if (at == end)
                return letter && label != domain;
            label = at + 1;
            letter = false;
        } else if ((*at >= 'a' && *at <= 'z') || *at == '-') {
            letter = true;
        } else if (*at < '0' || *at > '9') {
            return false;
        }
    }
}

static const char *email_add_domain(const char *domain, struct identifier *made)
{
    static const char fault[] = "The part after the @ is a domain name with a dot in it";
    size_t len = strlen(domain);
    if (len > 0 && domain[len - 1] == '.')
        len--;
    if (len > DOMAIN_MAX || !email_domain_is_name(domain, len))
        return fault;
    memcpy(made->value + made->len, domain, len);
    made->len += len;
    return NULL;
}

/* The A-labels of a name that is not plain ASCII, or that claims to be A-labels already. */
static const char *email_add_international(const char *domain, struct identifier *made)
{
    uint8_t *labels;
    int rc = idn2_lookup_u8((const uint8_t *)domain, &labels, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    if (rc == IDN2_MALLOC)
        return "The service ran out of memory";
    if (rc != IDN2_OK)
        return "The part after the @ is not a valid internationalised domain name";
    const char *fault = email_add_domain((const char *)labels, made);
    idn2_free(labels);
    return fault;
}

const char *identifier_normalise_email(struct identifier_text raw, struct identifier *ret_identifier)
{
    struct identifier_text text = identifier_text_trim(raw);
    const uint8_t *at = text.len == 0 ? NULL : memchr(text.bytes, '@', text.len);
    if (at == NULL)
        return "An e-mail address has an @";

    /* The part before the @ as it is, the one behind it by the rules of domain names. */
    struct identifier_text local = {text.bytes, (size_t)(at - text.bytes)};
    struct identifier_text domain = {at + 1, text.len - local.len - 1};
    if (memchr(domain.bytes, '@', domain.len) != NULL)
        return "An e-mail address has one @ and no quoted part";
    const char *fault = email_add_local(local, ret_identifier);
    if (fault != NULL)
        return fault;
    if (domain.len > DOMAIN_RAW_MAX)
        return "The part after the @ is too long";
    ret_identifier->value[ret_identifier->len++] = '@';

    uint8_t name[DOMAIN_RAW_MAX + 1];
    if (!identifier_text_is_ascii(domain)) {
        memcpy(name, domain.bytes, domain.len);
        name[domain.len] = '\0';
        return email_add_international((const char *)name, ret_identifier);
    }
    name[identifier_text_fold(domain, IDENTIFIER_LOWER, name, DOMAIN_RAW_MAX)] = '\0';
    return strstr((const char *)name, "xn--") == NULL
               ? email_add_domain((const char *)name, ret_identifier)
               : email_add_international((const char *)name, ret_identifier);
}
