/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/identifier.h"
#include "ledger/consents_json.h"
#include "ledger/event_json.h"
#include "ledger/export_internal.h"
#include "ledger/export_lists.h"
#include "wire/policy_register.h"

#include <string.h>

/* All that is held, as JSON. */

/* A member of the policy as it stands there; null where it is not stated. */
static void stated(struct export *x, const struct node *object, const char *name, const char *key)
{
    struct node n = {0};
    struct buf json;
    if (node_is_object(object))
        n = node_optional(object, name);
    if (!node_present(&n)) {
        writer_null(&x->json, key);
        return;
    }
    buf_init(&json, x->plain.ceiling);
    node_dump(&n, false, &json);
    if (buf_failed(&json))
        x->plain.failed = true;
    else
        writer_raw(&x->json, key, json.data, json.len);
    buf_free(&json);
}

static void rights_write(struct export *x)
{
    struct node rights = node_optional(&x->root, "rights");
    const char *term = export_text(&rights, "term");
    writer_object_begin(&x->json, "rights");
    writer_array_begin(&x->json, "may_ask_for");
    for (size_t i = 0; export_rights[i] != NULL; i++)
        writer_text(&x->json, NULL, export_rights[i]);
    writer_array_end(&x->json);
    writer_text(&x->json, "term", term[0] != '\0' ? term : "P1M"); /* GDPR art. 12(3) */
    writer_object_end(&x->json);
}

/* As the policy says it, and how long a proof is kept where it does not. */
static void retention_write(struct export *x)
{
    struct node retention = node_optional(&x->root, "retention"), n;
    void *cursor = NULL;
    const char *name;
    bool is_stated = false;
    writer_object_begin(&x->json, "retention");
    while (node_is_object(&retention) && node_next(&retention, &cursor, &name, &n)) {
        is_stated = is_stated || strcmp(name, "proof_kept") == 0;
        stated(x, &retention, name, name);
    }
    if (!is_stated)
        writer_text(&x->json, "proof_kept", EXPORT_PROOF_KEPT);
    writer_object_end(&x->json);
}

/* Who gets data, beside whom each row of the processing names. Where it is delivered is nothing of theirs. */
static void recipients_write(struct export *x)
{
    struct node all = node_optional(&x->root, "recipients");
    size_t count = node_is_array(&all) ? node_elements(&all, 0, SIZE_MAX) : 0;
    writer_array_begin(&x->json, "recipients");
    for (size_t i = 0; i < count; i++) {
        struct node n = node_at(&all, i);
        writer_object_begin(&x->json, NULL);
        writer_text(&x->json, "name", export_text(&n, "name"));
        stated(x, &n, "purposes", "purposes");
        writer_object_end(&x->json);
    }
    writer_array_end(&x->json);
}

static void processing_write(struct export *x)
{
    struct buf json;
    buf_init(&json, x->plain.ceiling);
    register_json(&(struct processing_register){&x->document, x->about->policy_version, x->language}, &json);
    if (buf_failed(&json))
        x->plain.failed = true;
    else
        writer_raw(&x->json, "processing", json.data, json.len);
    buf_free(&json);
}

static void identifiers_write(struct export *x)
{
    writer_array_begin(&x->json, "identifiers");
    for (size_t i = 0; i < x->about->type_count; i++) {
        writer_object_begin(&x->json, NULL);
        writer_text(&x->json, "type", identifier_type_word((enum identifier_type)x->about->types[i]));
        writer_text(&x->json, "held_as", "keyed hash");
        writer_object_end(&x->json);
    }
    writer_array_end(&x->json);
}

static void notices_write(struct export *x)
{
    writer_array_begin(&x->json, "notices");
    for (size_t i = 0; i < x->notices->count; i++) {
        const struct export_notice *n = &x->notices->notices[i];
        if (n->document != NULL) {
            writer_raw(&x->json, NULL, n->document, strlen(n->document));
            continue;
        }
        writer_object_begin(&x->json, NULL);
        writer_text(&x->json, "id", n->id);
        writer_text(&x->json, "version", n->version);
        writer_null(&x->json, "texts");
        writer_object_end(&x->json);
    }
    writer_array_end(&x->json);
}

static void json_begin(struct export *x, struct buf *out)
{
    struct node controller = node_optional(&x->root, "controller");
    struct writer *w = &x->json;
    (void)out;
    writer_object_begin(w, NULL);
    writer_text(w, "subject_id", x->subject_id);
    writer_moment(w, "as_of", x->about->as_of);
    writer_int(w, "head", x->about->head);

    /* who holds it, and by which rules */
    stated(x, &x->root, "controller", "controller");
    stated(x, &x->root, "entities", "entities");
    stated(x, &controller, "supervisory_authority", "supervisory_authority");
    rights_write(x);
    retention_write(x);
    recipients_write(x);
    processing_write(x);

    /* what of this person */
    identifiers_write(x);
    consents_members(w, x->controller, x->states);
    notices_write(x);
}

static void json_part_begin(struct export *x, size_t part, struct buf *out)
{
    (void)part, (void)out;
    writer_array_begin(&x->json, "events");
}

static void json_entry(struct export *x, const struct entry *e)
{
    const char *provided[EXPORT_PROVIDED_MAX];
    export_provided(e, provided);
    writer_object_begin(&x->json, NULL);
    entry_members(&x->json, e, x->controller);
    writer_bool(&x->json, "portable", export_is_portable(x, e));
    writer_array_begin(&x->json, "provided");
    for (size_t i = 0; provided[i] != NULL; i++)
        writer_text(&x->json, NULL, provided[i]);
    writer_array_end(&x->json);
    writer_object_end(&x->json);
}

static void json_flush(struct export *x, struct buf *out)
{
    buf_append(out, x->plain.data, x->plain.len);
    if (buf_failed(&x->plain))
        out->failed = true;
    else
        buf_clear(&x->plain);
}

static void json_part_end(struct export *x, struct buf *out)
{
    (void)out;
    writer_array_end(&x->json);
}

static void json_list_begin(struct export *x, struct buf *out)
{
    (void)out;
    writer_array_begin(&x->json, export_list_name((enum export_list)x->list));
}

static void json_row(struct export *x, const char *line)
{
    writer_raw(&x->json, NULL, line, strlen(line));
}

static int json_end(struct export *x, struct buf *out)
{
    writer_int(&x->json, "event_count", x->about->events);
    writer_object_end(&x->json);
    json_flush(x, out);
    return 0;
}

const struct export_maker export_json_maker = {.begin = json_begin,
                                               .part_begin = json_part_begin,
                                               .entry = json_entry,
                                               .flush = json_flush,
                                               .part_end = json_part_end,
                                               .list_begin = json_list_begin,
                                               .row = json_row,
                                               .list_end = json_part_end,
                                               .end = json_end};
