/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "domain/identifier.h"
#include "domain/moment.h"
#include "ledger/event_json.h"
#include "ledger/export_internal.h"
#include "ledger/export_lists.h"
#include "wire/csv.h"
#include "wire/policy_contact.h"
#include "wire/policy_language.h"
#include "wire/policy_register.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* All that is held, as files of CSV in a ZIP archive. */

/* A cell of the line that is being written. */
static void cell(struct export *x, const char *text)
{
    bool first = x->plain.len == 0 || x->plain.data[x->plain.len - 1] == '\n';
    csv_cell(&x->plain, first, text);
}

static void moment_cell(struct export *x, instant at)
{
    char text[MOMENT_TEXT + 1] = "";
    if (at != INSTANT_NONE)
        moment_format(at, text);
    cell(x, text);
}

static void number_cell(struct export *x, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    cell(x, text);
}

static void csv_flush(struct export *x, struct buf *out)
{
    if (buf_failed(&x->plain)) {
        out->failed = true;
        return;
    }
    zip_add(&x->zip, x->plain.data, x->plain.len, out);
    buf_clear(&x->plain);
}

static void file_end(struct export *x, struct buf *out)
{
    csv_flush(x, out);
    zip_file_end(&x->zip, out);
}

/* ---- about.csv: a line an item ---- */

static void item(struct export *x, const char *name, const char *text)
{
    cell(x, name);
    cell(x, text);
    csv_line_end(&x->plain);
}

/* A contact or an address as one line. */
static void contact_item(struct export *x, const char *name, const struct node *object, const char *member)
{
    struct node n = node_optional(object, member);
    struct buf line;
    if (!node_present(&n))
        return;
    buf_init(&line, CONTACT_MAX);
    if (strcmp(member, "address") == 0)
        address_join(&line, &n);
    else
        contact_join(&line, &n);
    buf_byte(&line, '\0');
    item(x, name, buf_failed(&line) ? "" : line.data);
    buf_free(&line);
}

static void about_write(struct export *x)
{
    struct node controller = node_optional(&x->root, "controller");
    struct node rights = node_optional(&x->root, "rights"), retention = node_optional(&x->root, "retention");
    const char *term = export_text(&rights, "term"), *proof = export_text(&retention, "proof_kept");
    char as_of[MOMENT_TEXT + 1];
    moment_format(x->about->as_of, as_of);
    item(x, "subject_id", x->subject_id);
    item(x, "as_of", as_of);
    item(x, "controller", export_worded(x, &controller, "name"));
    contact_item(x, "address", &controller, "address");
    contact_item(x, "contact", &controller, "contact");
    contact_item(x, "data_protection_officer", &controller, "data_protection_officer");
    contact_item(x, "supervisory_authority", &controller, "supervisory_authority");
    item(x, "rights_term", term[0] != '\0' ? term : "P1M");
    for (size_t i = 0; export_rights[i] != NULL; i++)
        item(x, "right", export_rights[i]);
    item(x, "proof_kept", proof[0] != '\0' ? proof : EXPORT_PROOF_KEPT);
    struct node recipients = node_optional(&x->root, "recipients");
    size_t count = node_is_array(&recipients) ? node_elements(&recipients, 0, SIZE_MAX) : 0;
    for (size_t i = 0; i < count; i++) {
        struct node n = node_at(&recipients, i);
        item(x, "recipient", export_text(&n, "name"));
    }
    for (size_t i = 0; i < x->about->type_count; i++)
        item(x, "identifier", identifier_type_word((enum identifier_type)x->about->types[i]));
}

/* ---- consents.csv ---- */

static void consents_write(struct export *x)
{
    const struct policy *policy = x->controller->policy;
    struct states all = {.count = x->states->count, .list = x->states->states};
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *p = &policy->purposes[i];
        struct verdict v = verdict_of(policy, p, ENTITY_ANY, &all, x->states->as_of);
        cell(x, p->key);
        cell(x, reason_allows(v.reason) ? "yes" : "no");
        cell(x, reason_word(v.reason));
        cell(x, lawful_basis_words[p->basis]);
        moment_cell(x, v.since);
        moment_cell(x, v.valid_until);
        csv_line_end(&x->plain);
    }
}

/* ---- notices.csv: a line a language ---- */

static void notice_line(struct export *x, const struct export_notice *n, const char *language,
                        const char *text)
{
    cell(x, n->id);
    cell(x, n->version);
    cell(x, language);
    cell(x, text);
    csv_line_end(&x->plain);
}

static void notice_lines(struct export *x, const struct export_notice *n)
{
    struct reader r = {0};
    void *cursor = NULL;
    const char *language;
    struct node text;
    if (n->document == NULL || reader_open(&r, n->document, strlen(n->document)) != ERROR_NONE) {
        notice_line(x, n, "", "");
        reader_close(&r);
        return;
    }
    struct node root = reader_root(&r), texts = node_optional(&root, "texts");
    if (node_is_object(&texts))
        while (node_next(&texts, &cursor, &language, &text))
            notice_line(x, n, language, node_string(&text, 0, SIZE_MAX, NULL));
    else
        notice_line(x, n, "", export_text(&root, "texts"));
    reader_close(&r);
}

/* ---- the archive ---- */

static void csv_begin(struct export *x, struct buf *out)
{
    static const char *const about[] = {"item", "value", NULL};
    static const char *const consents[] = {"purpose", "allow",       "reason", "lawful_basis",
                                           "since",   "valid_until", NULL};
    static const char *const notices[] = {"id", "version", "language", "text", NULL};
    zip_begin(&x->zip, x->about->as_of);

    zip_file_begin(&x->zip, "about.csv", out);
    csv_names(&x->plain, about);
    about_write(x);
    file_end(x, out);

    zip_file_begin(&x->zip, "processing.csv", out);
    register_csv(&(struct processing_register){&x->document, x->about->policy_version, x->language},
                 &x->plain);
    file_end(x, out);

    zip_file_begin(&x->zip, "consents.csv", out);
    csv_names(&x->plain, consents);
    consents_write(x);
    file_end(x, out);

    zip_file_begin(&x->zip, "notices.csv", out);
    csv_names(&x->plain, notices);
    for (size_t i = 0; i < x->notices->count; i++)
        notice_lines(x, &x->notices->notices[i]);
    file_end(x, out);
}

static void csv_part_begin(struct export *x, size_t part, struct buf *out)
{
    static const char *const names[] = {"record_id",
                                        "revision",
                                        "purpose",
                                        "entity",
                                        "channel",
                                        "event_state",
                                        "effect",
                                        "event_time",
                                        "recorded_at",
                                        "valid_until",
                                        "collection_method",
                                        "language",
                                        "notice",
                                        "notice_version",
                                        "notice_sha256",
                                        "expressed_by",
                                        "ref",
                                        "evidence",
                                        "detail",
                                        "actor",
                                        "on_behalf_of",
                                        "policy_version",
                                        "portable",
                                        "provided",
                                        NULL};
    (void)part;
    zip_file_begin(&x->zip, "events.csv", out);
    csv_names(&x->plain, names);
}

static void words_cells(struct export *x, const struct entry *e)
{
    struct notice_words words = notice_words_numbered(x->controller, e->notice, e->language);
    char hash[2 * SHA256_SIZE + 1] = "";
    if (words.sha256 != NULL)
        hex_write(words.sha256, SHA256_SIZE, hash);
    cell(x, words.id);
    cell(x, words.version);
    cell(x, hash);
}

static void provided_cell(struct export *x, const struct entry *e)
{
    const char *provided[EXPORT_PROVIDED_MAX];
    export_provided(e, provided);
    csv_cell_begin(&x->plain, false, provided[0]);
    for (size_t i = 0; provided[i] != NULL; i++) {
        csv_text(&x->plain, i > 0 ? " " : "");
        csv_text(&x->plain, provided[i]);
    }
    csv_cell_end(&x->plain);
}

/* As a reseller said it. */
static void behalf_cell(struct export *x, const struct entry *e)
{
    static const char member[] = "on_behalf_of";
    if (e->detail == NULL || strstr(e->detail, member) == NULL) { /* most have none: nothing is read */
        cell(x, NULL);
        return;
    }
    struct reader r;
    reader_open(&r, e->detail, strlen(e->detail));
    struct node root = reader_root(&r), n = {0};
    if (node_is_object(&root))
        n = node_optional(&root, member);
    cell(x, node_present(&n) ? node_string(&n, 0, SIZE_MAX, NULL) : NULL);
    if (reader_error(&r) == ERROR_OVERLOADED)
        x->plain.failed = true;
    reader_close(&r);
}

static void csv_entry(struct export *x, const struct entry *e)
{
    struct purpose_name name = purpose_name_of(x->controller, e->purpose);
    char uuid[UUID_TEXT + 1];
    uuid_format(e->record_id, uuid);
    cell(x, uuid);
    number_cell(x, e->revision);
    cell(x, name.key);
    cell(x, name.entity);
    cell(x, name.channel);
    cell(x, event_word(rank_state(e->rank), e->guardian, e->slot));
    cell(x, effect_word(e->effect));
    moment_cell(x, rank_time(e->rank));
    moment_cell(x, e->recorded_at);
    moment_cell(x, e->valid_until);
    cell(x, collection_method_word(e->method));
    cell(x, e->language);
    words_cells(x, e);
    cell(x, role_word(e->role));
    cell(x, e->ref);
    cell(x, e->evidence);
    cell(x, e->detail);
    cell(x, e->actor);
    behalf_cell(x, e);
    number_cell(x, e->policy_version);
    cell(x, export_is_portable(x, e) ? "yes" : "no");
    provided_cell(x, e);
    csv_line_end(&x->plain);
}

static void csv_part_end(struct export *x, struct buf *out)
{
    file_end(x, out);
}

static void csv_list_begin(struct export *x, struct buf *out)
{
    char name[40];
    snprintf(name, sizeof name, "%s.csv", export_list_name((enum export_list)x->list));
    zip_file_begin(&x->zip, name, out);
    csv_names(&x->plain, export_list_columns((enum export_list)x->list));
}

static void csv_row(struct export *x, const char *line)
{
    export_list_line((enum export_list)x->list, line, &x->plain);
}

static int csv_end(struct export *x, struct buf *out)
{
    return zip_end(&x->zip, out);
}

const struct export_maker export_csv_maker = {.begin = csv_begin,
                                              .part_begin = csv_part_begin,
                                              .entry = csv_entry,
                                              .flush = csv_flush,
                                              .part_end = csv_part_end,
                                              .list_begin = csv_list_begin,
                                              .row = csv_row,
                                              .list_end = csv_part_end,
                                              .end = csv_end};
