/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "command/doctor.h"
#include "net/tls.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

enum { EXPIRES_SOON_DAYS = 14 }; /* what renews by itself does so earlier */

static void validity_check(const X509 *certificate, struct findings *f)
{
    const ASN1_TIME *begin = X509_get0_notBefore(certificate), *end = X509_get0_notAfter(certificate);
    bool is_early = X509_cmp_current_time(begin) > 0;
    int days = 0, seconds;
    char day[16] = "?";
    struct tm tm;
    if (ASN1_TIME_to_tm(is_early ? begin : end, &tm) == 1)
        strftime(day, sizeof day, "%Y-%m-%d", &tm);
    ASN1_TIME_diff(&days, &seconds, NULL, end);
    if (X509_cmp_current_time(end) < 0)
        findings_say(f, FINDING_BROKEN, "the certificate expired on %s: get a new one, then send SIGHUP",
                     day);
    else if (is_early)
        findings_say(f, FINDING_BROKEN,
                     "the certificate is valid from %s on, and not yet: or is the clock slow?", day);
    else
        findings_say(f, days < EXPIRES_SOON_DAYS ? FINDING_WARNING : FINDING_OK,
                     "the certificate and its key fit; it expires on %s, in %d days%s", day, days,
                     days < EXPIRES_SOON_DAYS ? ": renew it" : "");
}

/* ---- the base of links ---- */

/* Of a URL, without port and brackets. */
static void host_of(const char *url, char ret_host[CONFIG_HOST_MAX + 1])
{
    const char *host = strstr(url, "://") + strlen("://");
    size_t len = strcspn(host, "/");
    const char *at = memchr(host, '@', len);
    if (at != NULL) {
        len -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    if (host[0] == '[')
        len = strcspn(++host, "]/");
    else
        len = strcspn(host, ":") < len ? strcspn(host, ":") : len;
    len = len < CONFIG_HOST_MAX ? len : CONFIG_HOST_MAX;
    memcpy(ret_host, host, len);
    ret_host[len] = '\0';
}

static bool is_local(const char *host)
{
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

static bool listens_to_others(const struct config *config)
{
    const char *const lists[] = {config->listen, config->tls_listen};
    struct address address;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (const char *cursor = lists[i]; address_next(&cursor, &address);) {
            if (!is_local(address.host))
                return true;
        }
    }
    return false;
}

static void link_check(const struct config *config, struct findings *f)
{
    char host[CONFIG_HOST_MAX + 1];
    const char *url = config->public_url;
    host_of(url, host);
    if (is_local(host) && listens_to_others(config))
        findings_say(
            f, FINDING_WARNING,
            "AKKOORD_PUBLIC_URL is %s: links lead there, and to others that is their own machine; set it "
            "to what people call",
            url);
    else if (!is_local(host) && strncmp(url, "https:", strlen("https:")) != 0)
        findings_say(
            f, FINDING_WARNING,
            "AKKOORD_PUBLIC_URL is %s: links lead there in clear text; let TLS be in front, and https in it",
            url);
    else
        findings_say(f, FINDING_OK, "links lead to %s", url);
}

static void name_check(const struct config *config, X509 *certificate, struct findings *f)
{
    char host[CONFIG_HOST_MAX + 1];
    host_of(config->public_url, host);
    if (!is_local(host) && X509_check_host(certificate, host, 0, 0, NULL) != 1 &&
        X509_check_ip_asc(certificate, host, 0) != 1)
        findings_say(f, FINDING_WARNING, "the certificate is not for %s, the host of AKKOORD_PUBLIC_URL",
                     host);
}

void doctor_tls(const struct config *config, struct findings *f)
{
    link_check(config, f);
    if (config->tls_cert_file[0] == '\0' || config->tls_key_file[0] == '\0')
        return;
    if (file_is_exposed(config->tls_key_file))
        findings_say(f, FINDING_BROKEN, "AKKOORD_TLS_KEY_FILE: %s: " FILE_EXPOSED, config->tls_key_file);
    char fault[TLS_FAULT];
    SSL_CTX *ctx = tls_create(config->tls_cert_file, config->tls_key_file, fault);
    if (ctx == NULL) {
        findings_say(f, FINDING_BROKEN, "%s", fault);
        return;
    }
    X509 *certificate = SSL_CTX_get0_certificate(ctx);
    validity_check(certificate, f);
    name_check(config, certificate, f);
    SSL_CTX_free(ctx);
}
