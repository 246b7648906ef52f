/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/policy_warnings.h"

#include "domain/due_date.h"

#include <stdio.h>
#include <string.h>

/* Each line of ${stranded} (store/policy.h). The words are none of the document's: the pointer is to where
 * they would stand. */
static void stranded_warn(const char *stranded, policy_warning *tell, void *cookie)
{
    while (stranded != NULL && *stranded != '\0') {
        char detail[2 * POLICY_KEY_MAX + 128];
        int id = (int)strcspn(stranded, "\t");
        const char *version = stranded + id + (stranded[id] == '\t' ? 1 : 0);
        int len = (int)strcspn(version, "\n");
        snprintf(detail, sizeof detail,
                 "%.*s %.*s is not here, and consents rest on it: they are to words that nobody knows", id,
                 stranded, len, version);
        tell(cookie, "/notices", detail);
        stranded = version + len + (version[len] == '\n' ? 1 : 0);
    }
}

/* Each line of ${left}, likewise. */
static void left_warn(const char *left, policy_warning *tell, void *cookie)
{
    while (left != NULL && *left != '\0') {
        char detail[POLICY_KEY_MAX + 128];
        int len = (int)strcspn(left, "\n");
        snprintf(
            detail, sizeof detail,
            "%.*s is not here, and people said something to it alone: a No to it is asked about no longer",
            len, left);
        tell(cookie, "/entities", detail);
        left += len + (left[len] == '\n' ? 1 : 0);
    }
}

void policy_warnings(struct reader *body, const struct policy_apply_job *job, policy_warning *tell,
                     void *cookie)
{
    policy_document_warn(body, job->policy, tell, cookie);
    stranded_warn(job->stranded, tell, cookie);
    left_warn(job->left, tell, cookie);
    if (!holidays_known(job->policy->country))
        tell(cookie, "/controller/country",
             "no public holidays of this country are known here: a request of a person is then due on one "
             "as on any day, which is sooner than the law asks");
}

static void warning_write(void *writer, const char *pointer, const char *detail)
{
    struct writer *w = writer;
    writer_object_begin(w, NULL);
    writer_text(w, "pointer", pointer);
    writer_text(w, "detail", detail);
    writer_object_end(w);
}

void policy_warnings_write(struct reader *body, const struct policy_apply_job *job, struct writer *w)
{
    writer_array_begin(w, "warnings");
    policy_warnings(body, job, warning_write, w);
    writer_array_end(w);
}
