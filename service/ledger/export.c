/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/export_internal.h"

#include "base/limits.h"
#include "wire/policy_language.h"

#include <string.h>

const char *const export_format_words[] = {"json", "csv", "receipt", NULL};

const char *const export_rights[] = {
    "access",    "rectification", "erasure",      "restriction", "portability",
    "objection", "withdrawal",    "human_review", "complaint",   NULL};

const char *export_content_type(enum export_format format)
{
    static const char *const types[] = {"application/json", "application/zip", "application/jose"};
    return types[format];
}

const char *export_extension(enum export_format format)
{
    static const char *const extensions[] = {"json", "zip", "jws"};
    return extensions[format];
}

const char *export_text(const struct node *object, const char *name)
{
    struct node member = {0};
    if (node_is_object(object))
        member = node_optional(object, name);
    return node_kind(&member) == NODE_STRING ? node_string(&member, 0, SIZE_MAX, NULL) : "";
}

const char *export_worded(const struct export *x, const struct node *object, const char *name)
{
    struct node texts = {0};
    if (node_is_object(object))
        texts = node_optional(object, name);
    return node_present(&texts) ? language_text(&x->root, &texts, x->language, NULL) : "";
}

/* ---- what came from the person ---- */

bool export_is_portable(const struct export *x, const struct entry *e)
{
    const struct purpose *p =
        e->purpose > PURPOSE_ALL ? policy_purpose_numbered(x->controller->policy, e->purpose, NULL) : NULL;
    return p != NULL && (p->basis == BASIS_CONSENT || p->basis == BASIS_CONTRACT);
}

/* Of what an act told beside, what the person said of themselves. */
static size_t provided_detail(const char *detail, const char *ret_members[])
{
    static const char *const members[] = {"minor", "represented", "published", "reason", NULL};
    struct reader r = {0};
    size_t count = 0;
    if (detail != NULL && reader_open(&r, detail, strlen(detail)) == ERROR_NONE) {
        struct node root = reader_root(&r);
        for (size_t i = 0; members[i] != NULL && node_is_object(&root); i++) {
            struct node n = node_optional(&root, members[i]);
            if (node_present(&n))
                ret_members[count++] = members[i];
        }
    }
    reader_close(&r);
    return count;
}

void export_provided(const struct entry *e, const char *ret_members[EXPORT_PROVIDED_MAX])
{
    size_t count = 0;
    if (e->role == ROLE_SELF || role_is_guardian(e->role)) {
        ret_members[count++] = "purpose";
        ret_members[count++] = "event_state";
        ret_members[count++] = "event_time";
        if (e->language != NULL)
            ret_members[count++] = "language";
        if (e->evidence != NULL)
            ret_members[count++] = "evidence";
        count += provided_detail(e->detail, ret_members + count);
    }
    ret_members[count] = NULL;
}

/* ---- its life ---- */

int export_open(struct export *x)
{
    static const struct export_maker *const makers[] = {&export_json_maker, &export_csv_maker,
                                                        &export_receipt_maker};
    x->maker = makers[x->format];
    buf_init(&x->plain, ANSWER_BYTES_MAX);
    x->json = writer_of(&x->plain);
    subject_id_format(x->controller->ids, x->subject_no, x->subject_id);
    const char *text = x->about->document;
    if (text == NULL || reader_open(&x->document, text, strlen(text)) != ERROR_NONE)
        return -1;
    x->root = reader_root(&x->document);
    x->language = language_of(&x->root, NULL);
    return 0;
}

void export_close(struct export *x)
{
    reader_close(&x->document);
    buf_free(&x->plain);
    jws_abandon(&x->jws);
    zip_abandon(&x->zip);
}

/* ---- parts ---- */

/* A receipt is of consents: of purposes that rest on one, and of Noes to all of them. */
static bool purpose_is_consents(const struct export *x, int64_t number)
{
    const struct purpose *p =
        number > PURPOSE_ALL ? policy_purpose_numbered(x->controller->policy, (int32_t)number, NULL) : NULL;
    return number <= PURPOSE_ALL || p == NULL || p->basis == BASIS_CONSENT;
}

size_t export_parts(const struct export *x)
{
    size_t count = 0;
    if (x->format != EXPORT_RECEIPT)
        return 1;
    for (size_t i = 0; i < x->about->purpose_count; i++)
        count += purpose_is_consents(x, x->about->purposes[i]);
    return count;
}

void export_part_of(const struct export *x, size_t part, struct purpose_set *ret_only)
{
    ret_only->count = 0;
    if (x->format != EXPORT_RECEIPT)
        return;
    for (size_t i = 0; i < x->about->purpose_count; i++) {
        if (!purpose_is_consents(x, x->about->purposes[i]))
            continue;
        if (part-- > 0)
            continue;
        ret_only->numbers[ret_only->count++] = (int32_t)x->about->purposes[i];
        return;
    }
}

/* ---- pieces ---- */

void export_begin(struct export *x, struct buf *out)
{
    x->maker->begin(x, out);
    x->maker->flush(x, out);
}

void export_part_begin(struct export *x, size_t part, struct buf *out)
{
    x->entries = 0;
    x->maker->part_begin(x, part, out);
    x->maker->flush(x, out);
}

void export_entries(struct export *x, const struct entry *entries, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        x->maker->entry(x, &entries[i]);
        x->entries++;
    }
    x->maker->flush(x, out);
}

void export_part_end(struct export *x, struct buf *out)
{
    x->maker->part_end(x, out);
    x->maker->flush(x, out);
}

bool export_has_rows(const struct export *x)
{
    return x->maker->row != NULL;
}

/* Ends the list that is open, begins those before ${list}, which have no rows, and then that one. */
static void lists_to(struct export *x, int list, struct buf *out)
{
    while (x->list < list) {
        if (x->list != 0)
            x->maker->list_end(x, out);
        if (++x->list < EXPORT_LISTS_END)
            x->maker->list_begin(x, out);
    }
}

void export_rows(struct export *x, const struct export_row *rows, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        lists_to(x, (int)rows[i].list, out);
        x->maker->row(x, rows[i].line);
    }
    x->maker->flush(x, out);
}

int export_end(struct export *x, struct buf *out)
{
    if (export_has_rows(x))
        lists_to(x, EXPORT_LISTS_END, out);
    int rc = x->maker->end(x, out);
    return rc == 0 && !buf_failed(&x->plain) && !buf_failed(out) ? 0 : -1;
}
