/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_register.h"

#include "wire/csv.h"
#include "wire/policy_contact.h"
#include "wire/policy_document_internal.h"
#include "wire/policy_language.h"

#include <string.h>

enum {
    VALUES_MAX = 1024 * 1024, /* bytes of one cell: all retention rules (2 000 of 500 bytes) of one purpose */
    SCRATCH_MAX = 64 * 1024   /* bytes of one value */
};

/* One row while it is written. */
struct row {
    const struct node *root, *controller, *purpose, *client; /* client: absent where it is not done for one */
    const char *language;
    struct buf values; /* of the cell that is being made: each followed by a NUL */
};

static const char *text_of(const struct node *object, const char *name)
{
    struct node member = node_optional(object, name);
    return node_kind(&member) == NODE_STRING ? node_string(&member, 0, SIZE_MAX, NULL) : "";
}

static void value_add(struct row *row, const char *text)
{
    if (text[0] != '\0')
        buf_append(&row->values, text, strlen(text) + 1);
}

static void worded_add(struct row *row, const struct node *object, const char *name)
{
    struct node texts = node_optional(object, name);
    value_add(row, language_text(row->root, &texts, row->language, NULL));
}

static void lines_add(struct row *row, const struct node *object, const char *name)
{
    struct node lines = node_optional(object, name);
    size_t count = node_is_array(&lines) ? node_elements(&lines, 0, SIZE_MAX) : 0;
    for (size_t i = 0; i < count; i++) {
        struct node line = node_at(&lines, i);
        value_add(row, node_string(&line, 0, SIZE_MAX, NULL));
    }
}

/* Ends what was put together in ${b}, as one value. */
static void scratch_add(struct row *row, struct buf *b)
{
    buf_byte(b, '\0');
    if (buf_failed(b))
        row->values.failed = true;
    else
        value_add(row, b->data);
    buf_free(b);
}

static void contact_add(struct row *row, const struct node *object, const char *name)
{
    struct buf b;
    struct node contact = node_optional(object, name);
    buf_init(&b, SCRATCH_MAX);
    contact_join(&b, &contact);
    scratch_add(row, &b);
}

/* A name, and how to reach it: of the controller, an entity or a client. */
static void party_add(struct row *row, const struct node *party)
{
    struct buf b;
    struct node name = node_optional(party, "name");
    struct node address = node_optional(party, "address");
    struct node contact = node_optional(party, "contact");
    const char *text = language_text(row->root, &name, row->language, NULL);
    buf_init(&b, SCRATCH_MAX);
    text_join(&b, text[0] != '\0' ? text : text_of(party, "key"));
    address_join(&b, &address);
    contact_join(&b, &contact);
    scratch_add(row, &b);
}

/* ---- a function a column ---- */

static void purpose_cell(struct row *row)
{
    value_add(row, text_of(row->purpose, "key"));
}

static void name_cell(struct row *row)
{
    worded_add(row, row->purpose, "name");
}

static void description_cell(struct row *row)
{
    worded_add(row, row->purpose, "description");
}

static void status_cell(struct row *row)
{
    struct node retired = node_optional(row->purpose, "retired");
    value_add(row, node_kind(&retired) == NODE_BOOL && node_bool(&retired) ? "retired" : "in use");
}

static const char *role_of(const struct node *purpose)
{
    const char *role = text_of(purpose, "role");
    return role[0] != '\0' ? role : "controller";
}

static void role_cell(struct row *row)
{
    value_add(row, role_of(row->purpose));
}

static void client_cell(struct row *row)
{
    if (node_present(row->client))
        party_add(row, row->client);
}

static void controller_cell(struct row *row)
{
    party_add(row, row->controller);
}

/* Whether the purpose is of the entity of that key; of all where it names none. */
static bool purpose_is_of(const struct node *purpose, const char *key)
{
    struct node named = node_optional(purpose, "entities");
    if (!node_is_array(&named))
        return true;
    size_t count = node_elements(&named, 0, SIZE_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node element = node_at(&named, i);
        if (value_is_word(&element, key))
            return true;
    }
    return false;
}

static void entities_cell(struct row *row)
{
    struct node entities = node_optional(row->root, "entities");
    size_t count = node_is_array(&entities) ? node_elements(&entities, 0, SIZE_MAX) : 0;
    for (size_t i = 0; i < count; i++) {
        struct node entity = node_at(&entities, i);
        if (purpose_is_of(row->purpose, text_of(&entity, "key")))
            party_add(row, &entity);
    }
}

static void officer_cell(struct row *row)
{
    contact_add(row, row->controller, "data_protection_officer");
}

static void authority_cell(struct row *row)
{
    contact_add(row, row->controller, "supervisory_authority");
}

static void basis_cell(struct row *row)
{
    value_add(row, text_of(row->purpose, "lawful_basis"));
}

static void rationale_cell(struct row *row)
{
    worded_add(row, row->purpose, "rationale");
}

static void subjects_cell(struct row *row)
{
    lines_add(row, row->purpose, "data_subjects");
}

static void categories_cell(struct row *row)
{
    lines_add(row, row->purpose, "data_categories");
}

static void recipients_cell(struct row *row)
{
    lines_add(row, row->purpose, "recipients");
}

static void processor_add(struct row *row, const struct node *processor, bool transfers)
{
    struct node sub = node_optional(processor, "sub_processor");
    const char *safeguard = text_of(processor, "safeguard");
    struct buf b;
    if (transfers && safeguard[0] == '\0')
        return;
    buf_init(&b, SCRATCH_MAX);
    text_join(&b, text_of(processor, "name"));
    text_join(&b, text_of(processor, "country"));
    if (transfers)
        text_join(&b, safeguard);
    else if (node_kind(&sub) == NODE_BOOL && node_bool(&sub))
        text_join(&b, "sub-processor");
    scratch_add(row, &b);
}

static void processors_add(struct row *row, bool transfers)
{
    struct node processors = node_optional(row->purpose, "processors");
    size_t count = node_is_array(&processors) ? node_elements(&processors, 0, SIZE_MAX) : 0;
    for (size_t i = 0; i < count; i++) {
        struct node processor = node_at(&processors, i);
        if (node_is_object(&processor))
            processor_add(row, &processor, transfers);
    }
}

static void processors_cell(struct row *row)
{
    processors_add(row, false);
}

/* Art. 30(1)(e): who needs a safeguard is outside the Union. */
static void transfers_cell(struct row *row)
{
    processors_add(row, true);
}

static void locations_cell(struct row *row)
{
    lines_add(row, row->controller, "storage_locations");
}

static void rule_add(struct row *row, const struct node *rule)
{
    const char *purpose = text_of(rule, "purpose");
    const char *duration = text_of(rule, "duration");
    struct buf b;
    if (purpose[0] != '\0' && strcmp(purpose, text_of(row->purpose, "key")) != 0)
        return;
    buf_init(&b, SCRATCH_MAX);
    if (strcmp(duration, "none") == 0)
        buf_printf(&b, "%s: not kept", text_of(rule, "data_class"));
    else
        buf_printf(&b, "%s: %s after %s", text_of(rule, "data_class"), duration, text_of(rule, "after"));
    buf_printf(&b, " (%s, review %s)", text_of(rule, "source"), text_of(rule, "review_date"));
    scratch_add(row, &b);
}

/* A client's own rules stand in the place of the controller's. */
static void retention_cell(struct row *row)
{
    struct node retention = node_optional(row->root, "retention");
    struct node own = node_optional(row->client, "retention");
    struct node general = node_optional(&retention, "rules");
    const struct node *rules = node_is_array(&own) ? &own : &general;
    size_t count = node_is_array(rules) ? node_elements(rules, 0, SIZE_MAX) : 0;
    for (size_t i = 0; i < count; i++) {
        struct node rule = node_at(rules, i);
        rule_add(row, &rule);
    }
}

static void security_cell(struct row *row)
{
    worded_add(row, row->controller, "security");
}

static void automated_cell(struct row *row)
{
    struct node decision = node_optional(row->purpose, "automated_decision");
    if (node_kind(&decision) == NODE_STRING || node_is_object(&decision))
        value_add(row, language_text(row->root, &decision, row->language, NULL));
    else
        value_add(row, node_kind(&decision) == NODE_BOOL && node_bool(&decision) ? "yes" : "no");
}

static const struct column {
    const char *name;
    bool several;
    void (*fill)(struct row *row);
} columns[] = {
    {"purpose", false, purpose_cell},
    {"name", false, name_cell},
    {"description", false, description_cell},
    {"status", false, status_cell},
    {"role", false, role_cell},
    {"client", false, client_cell},
    {"controller", false, controller_cell},
    {"entities", true, entities_cell},
    {"data_protection_officer", false, officer_cell},
    {"supervisory_authority", false, authority_cell},
    {"lawful_basis", false, basis_cell},
    {"rationale", false, rationale_cell},
    {"data_subjects", true, subjects_cell},
    {"data_categories", true, categories_cell},
    {"recipients", true, recipients_cell},
    {"processors", true, processors_cell},
    {"transfers", true, transfers_cell},
    {"storage_locations", true, locations_cell},
    {"retention", true, retention_cell},
    {"security", false, security_cell},
    {"automated_decision", false, automated_cell},
};
enum { COLUMN_COUNT = sizeof columns / sizeof *columns };

/* ---- the rows ---- */

typedef void row_writer(struct row *row, void *cookie);

/* Whether the client's data is in the purpose: in each where it names none. */
static bool client_takes_part(const struct node *client, const struct node *purpose)
{
    struct node purposes = node_optional(client, "purposes");
    if (!node_is_array(&purposes))
        return true;
    size_t count = node_elements(&purposes, 0, SIZE_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node element = node_at(&purposes, i);
        if (value_is_word(&element, text_of(purpose, "key")))
            return true;
    }
    return false;
}

/* Calls ${write} for the rows of one purpose: at least one. */
static void rows_of_purpose(struct row *row, row_writer *write, void *cookie)
{
    struct node clients = node_optional(row->root, "clients");
    bool processor = strcmp(role_of(row->purpose), "processor") == 0 && node_is_array(&clients);
    size_t count = processor ? node_elements(&clients, 0, SIZE_MAX) : 0;
    size_t written = 0;
    for (size_t i = 0; i < count; i++) {
        struct node client = node_at(&clients, i);
        if (!client_takes_part(&client, row->purpose))
            continue;
        row->client = &client;
        write(row, cookie);
        written++;
    }
    struct node nobody = node_at(&clients, SIZE_MAX);
    row->client = &nobody;
    if (written == 0)
        write(row, cookie);
    row->client = NULL; /* it was this function's */
}

static void rows_each(const struct processing_register *reg, row_writer *write, void *cookie)
{
    struct node root = reader_root(reg->document);
    struct node controller = node_optional(&root, "controller");
    struct node purposes = node_optional(&root, "purposes");
    size_t count = node_elements(&purposes, 0, SIZE_MAX);
    struct row row = {
        .root = &root, .controller = &controller, .language = language_of(&root, reg->language)};
    buf_init(&row.values, VALUES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node purpose = node_at(&purposes, i);
        row.purpose = &purpose;
        rows_of_purpose(&row, write, cookie);
    }
    buf_free(&row.values);
}

/* Fills the values of one cell. What did not fit makes ${out} fail: a register that
 * leaves something out is none. */
static void cell_fill(struct row *row, const struct column *column, struct buf *out)
{
    buf_clear(&row->values);
    column->fill(row);
    if (buf_failed(&row->values))
        out->failed = true;
}

/* Walks the values of a cell: start with NULL. NULL after the last. */
static const char *value_next(const struct row *row, const char *value)
{
    const char *next = value == NULL ? row->values.data : value + strlen(value) + 1;
    return row->values.len == 0 || next == row->values.data + row->values.len ? NULL : next;
}

/* ---- JSON ---- */

static void row_json(struct row *row, void *cookie)
{
    struct writer *w = cookie;
    writer_object_begin(w, NULL);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        const struct column *column = &columns[i];
        cell_fill(row, column, w->buf);
        if (!column->several) {
            writer_text(w, column->name, value_next(row, NULL));
            continue;
        }
        writer_array_begin(w, column->name);
        for (const char *value = value_next(row, NULL); value != NULL; value = value_next(row, value))
            writer_text(w, NULL, value);
        writer_array_end(w);
    }
    writer_object_end(w);
}

void register_json(const struct processing_register *reg, struct buf *out)
{
    struct writer w = writer_of(out);
    struct node root = reader_root(reg->document);
    struct node controller = node_optional(&root, "controller");
    writer_object_begin(&w, NULL);
    writer_text(&w, "controller", text_of(&controller, "key"));
    writer_int(&w, "policy_version", reg->version);
    writer_text(&w, "language", language_of(&root, reg->language));
    writer_array_begin(&w, "rows");
    rows_each(reg, row_json, &w);
    writer_array_end(&w);
    writer_object_end(&w);
}

/* ---- CSV ---- */

static void row_csv(struct row *row, void *cookie)
{
    struct buf *out = cookie;
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        cell_fill(row, &columns[i], out);
        const char *value = value_next(row, NULL);
        csv_cell_begin(out, i == 0, value);
        for (const char *between = ""; value != NULL; value = value_next(row, value), between = "; ") {
            buf_text(out, between);
            csv_text(out, value);
        }
        csv_cell_end(out);
    }
    csv_line_end(out);
}

void register_csv(const struct processing_register *reg, struct buf *out)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        buf_printf(out, "%s%s", i > 0 ? "," : "", columns[i].name);
    buf_text(out, "\r\n");
    rows_each(reg, row_csv, out);
}
