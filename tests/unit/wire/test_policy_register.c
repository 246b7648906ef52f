/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_register.h"

#include "base/embedded.h"

#include <criterion/criterion.h>
#include <string.h>

extern const struct embedded example_files[];

enum { REGISTER_MAX = 1 << 20 };

static struct reader r, answer;
static struct buf out;

static void start(void)
{
    buf_init(&out, REGISTER_MAX);
}

static void finish(void)
{
    reader_close(&r);
    reader_close(&answer);
    buf_free(&out);
}

TestSuite(policy_register, .init = start, .fini = finish);

static void open_example(const char *name)
{
    const struct embedded *f = example_files;
    while (strcmp(f->name, name) != 0)
        f++;
    cr_assert_eq(reader_open(&r, f->data, f->len), ERROR_NONE);
}

static void open_text(const char *text)
{
    struct buf json;
    buf_init(&json, REGISTER_MAX);
    for (const char *c = text; *c != '\0'; c++)
        buf_byte(&json, *c == '\'' ? '"' : *c);
    cr_assert_eq(reader_open(&r, json.data, json.len), ERROR_NONE);
    buf_free(&json);
}

/* The rows of the JSON answer. */
static struct node rows_in(const char *language, size_t expected)
{
    static struct node root;
    struct processing_register reg = {&r, 3, language};
    register_json(&reg, &out);
    cr_assert_not(buf_failed(&out));
    cr_assert_eq(reader_open(&answer, out.data, out.len), ERROR_NONE);
    root = reader_root(&answer);
    struct node rows = node_member(&root, "rows");
    cr_assert_eq(node_elements(&rows, expected, expected), expected);
    return rows;
}

static void assert_cell(const struct node *rows, size_t row, const char *name, const char *expected)
{
    struct node one = node_at(rows, row), value = node_member(&one, name);
    struct buf text;
    buf_init(&text, REGISTER_MAX);
    node_dump(&value, true, &text);
    for (size_t i = 0; i < text.len; i++)
        text.data[i] = text.data[i] == '"' ? '\'' : text.data[i];
    buf_byte(&text, '\0');
    cr_expect_str_eq(text.data, expected, "row %zu, %s: %s", row, name, text.data);
    buf_free(&text);
}

Test(policy_register, a_row_tells_all_of_a_purpose)
{
    open_example("directory.json");
    struct node rows = rows_in("nl", 9);
    assert_cell(&rows, 0, "purpose", "'analytics'");
    assert_cell(&rows, 0, "name", "'Statistieken over bezoeken'");
    assert_cell(&rows, 0, "role", "'controller'");
    assert_cell(&rows, 0, "client", "null");
    assert_cell(&rows, 0, "controller",
                "'Voorbeeld Telecom, Brink 21, 7400 EE, Deventer, NL, privacy@directory.example'");
    assert_cell(&rows, 0, "entities", "[]");
    assert_cell(&rows, 0, "data_protection_officer", "'fg@directory.example'");
    assert_cell(&rows, 0, "supervisory_authority",
                "'Autoriteit Persoonsgegevens, https://autoriteitpersoonsgegevens.nl'");
    assert_cell(&rows, 0, "lawful_basis", "'consent'");
    assert_cell(&rows, 0, "data_categories", "['pages seen','browser']");
    assert_cell(&rows, 0, "processors", "['Voorbeeld Analytics, US']");
    assert_cell(&rows, 0, "transfers", "['Voorbeeld Analytics, US, standard contractual clauses']");
    assert_cell(&rows, 1, "transfers", "[]");
    assert_cell(&rows, 0, "storage_locations", "['NL']");
    assert_cell(&rows, 0, "security", "'Gecertificeerd volgens ISO 27001.'");
    assert_cell(&rows, 0, "automated_decision", "'no'");
    assert_cell(&rows, 0, "status", "'in use'");
    assert_cell(&rows, 6, "recipients", "['publishers of directories']");
    assert_cell(&rows, 5, "retention", "['recordings: P4M after recorded (own choice, review 2027-06-01)']");
    cr_expect(reader_ok(&answer));
}

Test(policy_register, what_is_done_for_clients_has_a_row_for_each_with_its_own_terms)
{
    open_example("no-cookies.json");
    struct node rows =
        rows_in("en", 7); /* four of the controller; recordings for two clients, reports for one */
    assert_cell(&rows, 2, "purpose", "'hosted_recordings'");
    assert_cell(&rows, 2, "role", "'processor'");
    assert_cell(&rows, 2, "client", "'Garage Voorbeeld, The owner, privacy@garage.example'");
    assert_cell(&rows, 2, "retention",
                "['recordings: P6M after recorded (processor contract with the client, review 2027-06-01)']");
    assert_cell(&rows, 3, "purpose", "'hosted_recordings'");
    assert_cell(&rows, 3, "client", "'Bakkerij Voorbeeld, The office, kantoor@bakery.example'");
    assert_cell(&rows, 4, "purpose", "'staff_reports'");
    assert_cell(&rows, 4, "automated_decision",
                "'Reports are made without a human; what follows from them the client decides.'");
    assert_cell(&rows, 2, "processors", "['Voorbeeld Datacentrum, NL, sub-processor']");
    cr_expect(reader_ok(&answer));
}

Test(policy_register, several_companies_stand_in_the_rows_of_their_purposes)
{
    open_example("three-entities.json");
    struct node rows = rows_in("nl", 5);
    assert_cell(&rows, 2, "entities",
                "['Voorbeeld VoIP, Arnhem, NL, privacy@voip.example',"
                "'Voorbeeld VoIP Abonnementen, Arnhem, NL, privacy@subscriptions.example']");
    struct node all = node_at(&rows, 0), entities = node_member(&all, "entities");
    cr_expect_eq(node_elements(&entities, 3, 3), 3);
}

static const char *csv(void)
{
    struct processing_register reg = {&r, 3, NULL};
    buf_clear(&out);
    register_csv(&reg, &out);
    cr_assert_not(buf_failed(&out));
    buf_byte(&out, '\0');
    return out.data;
}

#define PURPOSE(members)                                                                                     \
    "{'controller': {'key': 'k', 'country': 'NL'}, 'purposes': [{'key': 'p', 'lawful_basis': 'contract',"    \
    " 'channel': 'post', " members "}]}"

Test(policy_register, csv_has_a_line_of_names_and_one_for_each_row)
{
    open_text(PURPOSE("'data_categories': ['name', 'say \\'hi\\', please'], 'retired': true"));
    cr_expect_str_eq(
        csv(), "purpose,name,description,status,role,client,controller,entities,data_protection_officer,"
               "supervisory_authority,lawful_basis,rationale,data_subjects,data_categories,recipients,"
               "processors,transfers,"
               "storage_locations,retention,security,automated_decision\r\n"
               "\"p\",\"\",\"\",\"retired\",\"controller\",\"\",\"k\",\"\",\"\",\"\",\"contract\",\"\",\"\","
               "\"name; say \"\"hi\"\", please\",\"\",\"\",\"\",\"\",\"\",\"\",\"no\"\r\n");
}

Test(policy_register, no_cell_begins_a_formula)
{
    static const char *const starts[] = {"=", "+", "-", "@", "\\t", "\\r"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        struct buf text, expected;
        buf_init(&text, REGISTER_MAX);
        buf_init(&expected, REGISTER_MAX);
        buf_printf(&text, PURPOSE("'rationale': '%sHYPERLINK(1)'"), starts[i]);
        buf_byte(&text, '\0');
        reader_close(&r);
        open_text(text.data);
        buf_printf(&expected, ",\"'%sHYPERLINK(1)\",",
                   starts[i][0] != '\\'  ? starts[i]
                   : starts[i][1] == 't' ? "\t"
                                         : "\r");
        buf_byte(&expected, '\0');
        cr_expect_not_null(strstr(csv(), expected.data), "%s", starts[i]);
        buf_free(&text);
        buf_free(&expected);
    }
}

Test(policy_register, every_example_has_a_register)
{
    for (const struct embedded *f = example_files; f->name != NULL; f++) {
        reader_close(&r);
        cr_assert_eq(reader_open(&r, f->data, f->len), ERROR_NONE);
        cr_expect_gt(strlen(csv()), 200, "%s", f->name);
        cr_expect(reader_ok(&r), "%s", f->name);
    }
}
