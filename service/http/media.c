/* SPDX-License-Identifier: Apache-2.0 */
#include "http/media.h"

#include <string.h>
#include <strings.h>

static const char *const media_types[][4] = {
    [MEDIA_NONE] = {NULL},
    [MEDIA_JSON] = {"application/json", NULL},
    [MEDIA_JSON_OR_NONE] = {"application/json", NULL},
    [MEDIA_NDJSON] = {"application/x-ndjson", NULL},
    [MEDIA_RECORDS] = {"application/json", "application/x-ndjson", NULL},
    [MEDIA_MASKABLE] = {"text/plain", "application/json", "application/x-ndjson", NULL},
};

/* ${parameters}: from the first semicolon on. */
static bool charset_is_utf8(h2o_iovec_t parameters)
{
    char text[64];
    size_t len = 0;
    for (size_t i = 0; i < parameters.len && len < sizeof text - 1; i++) {
        char c = parameters.base[i];
        if (c != ' ' && c != '"' && c != ';' && c != '\t')
            text[len++] = c;
    }
    text[len] = '\0';
    return len == 0 || strcasecmp(text, "charset=utf-8") == 0 || strcasecmp(text, "charset=utf8") == 0 ||
           strcasecmp(text, "charset=us-ascii") == 0;
}

const char media_encoded[] = "Send it without Content-Encoding.";

bool media_is_encoded(const h2o_req_t *req)
{
    return h2o_find_header(&req->headers, H2O_TOKEN_CONTENT_ENCODING, -1) >= 0;
}

bool media_is_lines(h2o_iovec_t type)
{
    static const char lines[] = "application/x-ndjson";
    return type.len >= sizeof lines - 1 && strncasecmp(type.base, lines, sizeof lines - 1) == 0;
}

bool media_fits(const h2o_req_t *req, enum media media)
{
    if (media_is_encoded(req))
        return false;
    if (media == MEDIA_NONE || media == MEDIA_ANY)
        return true;
    if (media == MEDIA_JSON_OR_NONE && req->entity.len == 0)
        return true;
    ssize_t at = h2o_find_header(&req->headers, H2O_TOKEN_CONTENT_TYPE, -1);
    if (at < 0)
        return false;

    h2o_iovec_t value = req->headers.entries[at].value;
    const char *semicolon = memchr(value.base, ';', value.len);
    size_t len = semicolon != NULL ? (size_t)(semicolon - value.base) : value.len;
    h2o_iovec_t parameters = h2o_iovec_init(value.base + len, value.len - len);
    while (len > 0 && value.base[len - 1] == ' ')
        len--;
    for (const char *const *type = media_types[media]; *type != NULL; type++) {
        if (strlen(*type) == len && strncasecmp(*type, value.base, len) == 0)
            return charset_is_utf8(parameters);
    }
    return false;
}

/* What ";q=0.5" at ${at} says. */
static int weight_read(const char *at, const char *end)
{
    int weight = 1000;
    while (at < end && (*at == ' ' || *at == '\t' || *at == ';'))
        at++;
    if (end - at >= 3 && (at[0] | 32) == 'q' && at[1] == '=' && at[2] == '0') {
        weight = 0;
        at += 3;
        at += at < end && *at == '.';
        for (int place = 100; place > 0 && at < end && *at >= '0' && *at <= '9'; at++, place /= 10)
            weight += place * (*at - '0');
    }
    return weight;
}

int media_weight(h2o_iovec_t accept, const char *type)
{
    size_t len = strlen(type);
    for (size_t i = 0; i + len <= accept.len; i++) {
        if (strncasecmp(accept.base + i, type, len) == 0)
            return weight_read(accept.base + i + len, accept.base + accept.len);
    }
    return 0;
}

int coding_weight(h2o_iovec_t accept, const char *coding)
{
    const char *at = accept.base, *end = accept.base + accept.len;
    size_t len = strlen(coding);
    int any = -1;
    while (at < end) {
        while (at < end && (*at == ' ' || *at == '\t' || *at == ','))
            at++;
        const char *name = at, *comma = at;
        while (comma < end && *comma != ',')
            comma++;
        while (at < comma && *at != ' ' && *at != '\t' && *at != ';')
            at++;
        if ((size_t)(at - name) == len && strncasecmp(name, coding, len) == 0)
            return weight_read(at, comma);
        if (at - name == 1 && *name == '*')
            any = weight_read(at, comma);
        at = comma;
    }
    return any;
}
