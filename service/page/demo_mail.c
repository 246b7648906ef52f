/* SPDX-License-Identifier: Apache-2.0 */
#include "page/demo_mail.h"

#include "page/frame.h"
#include "wire/reader.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct mail {
    char *to, *subject, *text;
};

/* Of all threads. The newest is at next - 1. */
static struct {
    pthread_mutex_t lock;
    size_t next;
    struct mail mails[DEMO_MAILS_MAX];
} box = {.lock = PTHREAD_MUTEX_INITIALIZER};

static char *text_copy(const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL)
        abort();
    return copy;
}

static void mail_add(const struct mail *mail)
{
    pthread_mutex_lock(&box.lock);
    struct mail *place = &box.mails[box.next++ % DEMO_MAILS_MAX];
    free(place->to);
    free(place->subject);
    free(place->text);
    *place = (struct mail){text_copy(mail->to), text_copy(mail->subject), text_copy(mail->text)};
    pthread_mutex_unlock(&box.lock);
}

void handle_demo_mail_add(struct call *call)
{
    static const char *const members[] = {"to", "subject", "text", NULL};
    if (!page_is_demo(call))
        return;
    struct reader reader;
    h2o_iovec_t body = call_body(call);
    reader_open(&reader, body.base, body.len);
    struct node root = reader_root(&reader);
    node_only(&root, members);
    struct node to = node_member(&root, "to"), subject = node_member(&root, "subject"),
                text = node_member(&root, "text");
    const struct mail mail = {(char *)node_string(&to, 1, DEMO_MAIL_BYTES_MAX, NULL),
                              (char *)node_string(&subject, 0, DEMO_MAIL_BYTES_MAX, NULL),
                              (char *)node_string(&text, 0, DEMO_MAIL_BYTES_MAX, NULL)};
    if (reader_ok(&reader)) {
        mail_add(&mail);
        call_answer(call, 204, NULL, "", 0);
    } else {
        call_bad_body(call, &reader);
    }
    reader_close(&reader);
}

/* A text, with its links as such. */
static void text_write(struct html *h, const char *text)
{
    for (const char *at = text; *at != '\0';) {
        const char *http = strstr(at, "http");
        size_t before = http != NULL ? (size_t)(http - at) : strlen(at), len = 0;
        html_bytes(h, at, before);
        at += before;
        if (http == NULL)
            return;
        len = strcspn(at, " \t\r\n<>");
        char *url = strndup(at, len);
        if (url == NULL)
            abort();
        html_open(h, "a");
        html_url(h, "href", url);
        html_text(h, url);
        html_close(h);
        free(url);
        at += len;
    }
}

static void mail_write(struct page *p, const struct mail *mail)
{
    html_open(&p->html, "li");
    html_element(&p->html, "h2", mail->subject);
    html_element(&p->html, "p", mail->to);
    html_open(&p->html, "blockquote");
    text_write(&p->html, mail->text);
    html_close(&p->html);
    html_close(&p->html);
}

void handle_demo_mail(struct call *call)
{
    static const struct policy_texts nobody = {
        .controller = "Akkoord", .address = "", .contact = "", .officer = "", .authority = ""};
    struct page p;
    if (!page_is_demo(call) || !call_takes_no_query(call))
        return;
    page_begin(&p, call, &nobody, page_language(call, &nobody, NULL), TEXT_DEMO_MAIL);
    pthread_mutex_lock(&box.lock);
    if (box.next == 0)
        page_say(&p, "p", TEXT_DEMO_MAIL_EMPTY, NULL);
    else
        html_open(&p.html, "ul");
    for (size_t i = 0; i < box.next && i < DEMO_MAILS_MAX; i++)
        mail_write(&p, &box.mails[(box.next - 1 - i) % DEMO_MAILS_MAX]);
    if (box.next > 0)
        html_close(&p.html);
    pthread_mutex_unlock(&box.lock);
    page_answer(&p, 200);
}
