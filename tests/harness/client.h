/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "service.h"

#include <jansson.h>

/* A client of the service, by libcurl. Answers live as long as the test. Every answer is held to what the
 * contract says of all of them: an error is a problem that is complete and has no personal data, answers
 * under /v1/ are not to be kept. */

/* Personal data in the tests has one of these in it, so that it can be looked for. */
#define MARK        "mallemolen" /* e-mail addresses, customer and visitor codes, user agents */
#define MARK_PHONE  "618182839"  /* a Dutch mobile number without its prefix */
#define MARK_POSTAL "9741ZQ"
#define MARK_IP     "203.0.113.77"
/* Ends with NULL. */
extern const char *const client_marks[];
/* The mark that ${text} has, in any case; NULL: none. */
const char *client_mark_in(const char *text);

enum protocol { HTTP2, HTTP2_UPGRADE, HTTP2_TLS, HTTP11, HTTP11_TLS };

enum { REQUEST_HEADERS_MAX = 4 };

struct request {
    const struct service *service;
    enum protocol protocol;
    const char *method; /* NULL: POST with a body, else GET */
    const char *path;
    const char *token;                            /* NULL: no Authorization */
    const char *body;                             /* NULL: none */
    size_t body_len;                              /* 0: up to its NUL */
    const char *content_type;                     /* NULL: application/json; "": no such header */
    const char *headers[REQUEST_HEADERS_MAX + 1]; /* Name: value */
    bool may_fail;       /* the connection may break: the answer's status is then 0 */
    bool foreign;        /* the answer may come from libh2o, and is not held to the contract */
    bool own_connection; /* not one that is open already */
};

struct answer {
    int status;
    int http_version;    /* 11 or 20 */
    const char *headers; /* the last block of lines */
    const char *body;
    size_t len;
    const json_t *json; /* NULL: not JSON */
};

const struct answer *client_send(const struct request *request);
/* All at once. */
void client_send_all(const struct request *requests, size_t count, const struct answer *ret_answers[]);
/* The value of a header field, or NULL. */
const char *answer_header(const struct answer *answer, const char *name);
