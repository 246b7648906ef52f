/* SPDX-License-Identifier: Apache-2.0 */
#include "base/embedded.h"
#include "base/fault.h"
#include "base/hex.h"
#include "wire/policy_document_internal.h"

#include <libpsl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The websites of a controller: who may send choices, and how its banner looks there. */

extern const struct embedded banner_texts_files[];

static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

/* ---- origins ---- */

/* A name of a host in lower case, labels between dots, at most 253 bytes (RFC 1035). Returns its length at
 * the beginning of ${text}; 0: there is none. */
static size_t host_length(const char *text)
{
    enum { LABEL_MAX = 63, HOST_MAX = 253 };
    size_t len = 0;
    for (;;) {
        size_t label = strspn(text + len, lower);
        if (label == 0 || label > LABEL_MAX || text[len] == '-' || text[len + label - 1] == '-')
            return 0;
        len += label;
        if (text[len] != '.')
            return len <= HOST_MAX ? len : 0;
        len++;
    }
}

/* Whether ${text} is ":port" or nothing; ${standard} is the port that browsers leave out. */
static bool port_is_valid(const char *text, const char *standard)
{
    uint32_t port = 0;
    size_t digits = 0;
    if (text[0] == '\0')
        return true;
    while (digits < 5 && text[1 + digits] >= '0' && text[1 + digits] <= '9')
        port = port * 10 + (uint32_t)(text[1 + digits++] - '0');
    return text[0] == ':' && text[1] != '0' && digits > 0 && text[1 + digits] == '\0' && port <= UINT16_MAX &&
           strcmp(text + 1, standard) != 0;
}

/* The host of an origin as browsers send it, of https or of http://localhost; NULL where it is none. */
static const char *origin_host(const char *origin, size_t *ret_len)
{
    static const char https[] = "https://", here[] = "http://localhost";
    if (strncmp(origin, https, sizeof https - 1) == 0) {
        const char *host = origin + sizeof https - 1;
        *ret_len = host_length(host);
        return *ret_len > 0 && port_is_valid(host + *ret_len, "443") ? host : NULL;
    }
    if (strncmp(origin, here, sizeof here - 1) != 0 || !port_is_valid(origin + sizeof here - 1, "80"))
        return NULL;
    *ret_len = strlen("localhost");
    return origin + strlen("http://");
}

/* A copy of a text in the array ${texts}, which the site owns; a fault where memory ran out. */
static void text_keep(const struct node *n, char **texts, size_t *count, const char *text)
{
    char *copy = fault_strikes() ? NULL : strdup(text);
    if (copy == NULL)
        node_fault(n, ERROR_OVERLOADED, "memory ran out");
    else
        texts[(*count)++] = copy;
}

static void origin_read(struct draft *d, const struct node *n)
{
    size_t len, host_len;
    struct site *site = &d->policy->sites[d->policy->site_count];
    const char *origin = node_string(n, 1, POLICY_LINE_MAX, &len);
    if (len == 0)
        return;
    if (origin_host(origin, &host_len) == NULL) {
        node_fault(n, ERROR_INVALID,
                   "must be an origin as browsers send it, such as https://www.example.nl or "
                   "http://localhost:8000");
        return;
    }
    bool here = false;
    for (size_t i = 0; i < site->origin_count; i++)
        here = here || strcmp(site->origins[i], origin) == 0;
    if (here || policy_site(d->policy, origin, len) != NULL)
        node_fault(n, ERROR_INVALID, "stands twice");
    else
        text_keep(n, site->origins, &site->origin_count, origin);
}

static void origins_read(struct draft *d, const struct node *n)
{
    struct site *site = &d->policy->sites[d->policy->site_count];
    size_t count = node_elements(n, 1, SITE_ORIGINS_MAX);
    if (count == 0 || (site->origins = array_of(n, count, sizeof *site->origins)) == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        struct node origin = node_at(n, i);
        origin_read(d, &origin);
    }
}

/* ---- the cookie's domain ---- */

/* Whether a host is ${domain} or one below it. */
static bool host_is_of(const char *host, size_t len, const char *domain)
{
    size_t below = strlen(domain);
    return len >= below && memcmp(host + len - below, domain, below) == 0 &&
           (len == below || host[len - below - 1] == '.');
}

/* A cookie of a public suffix would be everybody's: browsers drop it. Without a list none is let through. */
static bool is_public_suffix(const char *domain)
{
    const psl_ctx_t *list = psl_builtin();
    return list == NULL || psl_is_public_suffix(list, domain) != 0;
}

static void cookie_domain_read(struct draft *d, const struct node *n)
{
    struct site *site = &d->policy->sites[d->policy->site_count];
    size_t len, count = 0;
    if (node_kind(n) == NODE_NULL)
        return;
    const char *domain = node_string(n, 1, POLICY_LINE_MAX, &len);
    if (len == 0)
        return;
    if (host_length(domain) != len || is_public_suffix(domain)) {
        node_fault(n, ERROR_INVALID, "must be a domain in lower case, and no public suffix such as co.uk");
        return;
    }
    size_t below = 0, local = 0;
    for (size_t i = 0; i < site->origin_count; i++) {
        size_t host_len = 0;
        const char *host = origin_host(site->origins[i], &host_len);
        local += strncmp(site->origins[i], "http://", 7) == 0;
        below += host != NULL && host_is_of(host, host_len, domain);
    }
    if (below == 0 || below + local < site->origin_count) {
        node_fault(n, ERROR_INVALID,
                   "must be the domain of each of the origins, and of one at least, localhost apart");
        return;
    }
    text_keep(n, &site->cookie_domain, &count, domain);
}

/* ---- looks and words ---- */

enum { RGB = 3 };

static bool colour_of(const struct node *n, uint8_t ret_rgb[RGB])
{
    size_t len;
    const char *text = node_string(n, 0, POLICY_LINE_MAX, &len);
    return len == 1 + 2 * RGB && text[0] == '#' && hex_read(text + 1, ret_rgb, RGB);
}

static void colour_check(const struct node *n)
{
    uint8_t rgb[RGB];
    if (node_kind(n) != NODE_STRING || !colour_of(n, rgb))
        node_fault(n, ERROR_INVALID, "must be a colour, #rrggbb");
}

/* Relative luminance (WCAG 2.2). */
static double luminance(const uint8_t rgb[RGB])
{
    static const double weights[RGB] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (size_t i = 0; i < RGB; i++) {
        double c = rgb[i] / 255.0;
        sum += weights[i] * (c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
    }
    return sum;
}

/* WCAG 2.2, 1.4.3: what nobody can read is no information. */
static void contrast_check(const struct node *colours, const char *front, const char *behind)
{
    static const double least = 4.5;
    struct node a = node_optional(colours, front), b = node_optional(colours, behind);
    uint8_t text[RGB], ground[RGB];
    if (!node_present(&a) || !node_present(&b) || !colour_of(&a, text) || !colour_of(&b, ground))
        return;
    double one = luminance(text) + 0.05, other = luminance(ground) + 0.05;
    if ((one > other ? one / other : other / one) < least)
        node_fault(&a, ERROR_INVALID, "has a contrast to what is behind it of less than 4.5 to 1");
}

static const struct member colour_members[] = {
    {"background", OPTIONAL, .check = colour_check}, {"text", OPTIONAL, .check = colour_check},
    {"accent", OPTIONAL, .check = colour_check},     {"accent_text", OPTIONAL, .check = colour_check},
    {"border", OPTIONAL, .check = colour_check},     {.name = NULL},
};

static void colours_check(const struct node *n)
{
    section_read(NULL, n, colour_members);
    if (!node_is_object(n))
        return;
    contrast_check(n, "text", "background");
    contrast_check(n, "accent_text", "accent");
}

static const struct member theme_members[] = {
    {"light", OPTIONAL, .check = colours_check},
    {"dark", OPTIONAL, .check = colours_check},
    {.name = NULL},
};

static void theme_check(const struct node *n)
{
    section_read(NULL, n, theme_members);
}

/* Each name is one of the banner's own words. */
static void words_check(const struct node *n)
{
    const struct embedded *own = embedded_find(banner_texts_files, "en.json");
    struct reader words;
    void *cursor = NULL;
    const char *name;
    struct node text;
    if (reader_open(&words, own->data, own->len) != ERROR_NONE)
        node_fault(n, ERROR_OVERLOADED, "memory ran out");
    struct node known = reader_root(&words);
    while (reader_ok(&words) && node_next(n, &cursor, &name, &text)) {
        struct node word = node_optional(&known, name);
        if (node_present(&word))
            value_text_or_texts(&text);
        else
            node_fault(&text, ERROR_INVALID, "unknown member");
    }
    reader_close(&words);
}

static void visitor_code_read(struct draft *d, const struct node *n)
{
    static const char *const words[] = {"random", "none", NULL};
    d->policy->sites[d->policy->site_count].visitor_codes = node_word(n, words) != 1;
}

static bool url_is_valid(const char *url)
{
    size_t host_len;
    const char *path = strstr(url, "://");
    path = path != NULL ? strchr(path + 3, '/') : NULL;
    if (path == NULL || strpbrk(path, " \"<>\\^`{|}#") != NULL)
        return false;
    for (const char *at = path; *at != '\0'; at++) {
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f)
            return false;
    }
    char origin[POLICY_LINE_MAX + 1];
    size_t origin_len = (size_t)(path - url);
    if (origin_len >= sizeof origin)
        return false;
    memcpy(origin, url, origin_len);
    origin[origin_len] = '\0';
    return origin_host(origin, &host_len) != NULL;
}

static void return_urls_read(struct draft *d, const struct node *n)
{
    struct site *site = &d->policy->sites[d->policy->site_count];
    size_t count = node_elements(n, 0, SITE_URLS_MAX);
    if (count == 0 || (site->return_urls = array_of(n, count, sizeof *site->return_urls)) == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        size_t len;
        struct node element = node_at(n, i);
        const char *url = node_string(&element, 1, POLICY_LINE_MAX, &len);
        if (len > 0 && !url_is_valid(url))
            node_fault(&element, ERROR_INVALID,
                       "must be a URL of https, or of http://localhost, with a path and without #");
        else if (len > 0)
            text_keep(&element, site->return_urls, &site->return_url_count, url);
    }
}

/* The cookie's domain is held to the origins. */
static const struct member site_members[] = {
    {"origins", REQUIRED, .read = origins_read},
    {"cookie_domain", OPTIONAL, .read = cookie_domain_read},
    {"visitor_code", OPTIONAL, .read = visitor_code_read},
    {"theme", OPTIONAL, .check = theme_check},
    {"texts", OPTIONAL, .kinds = KIND_OBJECT, .check = words_check},
    {"return_urls", OPTIONAL, .read = return_urls_read},
    {.name = NULL},
};

void sites_read(struct draft *d, const struct node *n)
{
    struct policy *policy = d->policy;
    size_t count = node_elements(n, 0, POLICY_SITES_MAX);
    if (count == 0 || (policy->sites = array_of(n, count, sizeof *policy->sites)) == NULL)
        return;
    for (; policy->site_count < count; policy->site_count++) {
        struct node site = node_at(n, policy->site_count);
        policy->sites[policy->site_count].visitor_codes = true;
        section_read(d, &site, site_members);
    }
}
