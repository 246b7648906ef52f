/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"

/* /demo/mail: what a demonstration mailed, to be looked into, so that the whole way from a form to a click
 * can be seen without a mail account. With AKKOORD_DEMO=1 alone, which is refused where anybody but this
 * machine listens: the mails have live links. Kept in memory, the newest first; without it the pages are
 * not there. */

enum {
    DEMO_MAILS_MAX = 50,
    DEMO_MAIL_BYTES_MAX = 64 * 1024 /* of a mail as it is posted */
};

/* GET: the mails. */
void handle_demo_mail(struct call *call);
/* POST {"to", "subject", "text"}: whoever took a mail by SMTP brings it here (script/lib/mailbox). 204. */
void handle_demo_mail_add(struct call *call);
