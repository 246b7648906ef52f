/* SPDX-License-Identifier: Apache-2.0 */
#include "command/recipe.h"

#include "domain/moment.h"
#include "wire/reader.h"
#include "wire/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PAIRS_MAX = 64, NAME_MAX_LEN = 128, RULES_MAX = 8 };

/* What a column can be. The first five are identifiers, the last five evidence. */
static const char *const members[] = {"email",   "phone",    "customer",          "postal",
                                      "visitor", "purpose",  "event_state",       "event_time",
                                      "ref",     "language", "collection_method", "confirmed_at",
                                      "ip",      "url",      "user_agent",        "form",
                                      NULL};
enum {
    IDENTIFIER_MEMBERS = 5,
    MEMBER_PURPOSE = 5,
    MEMBER_STATE,
    MEMBER_TIME,
    MEMBER_REF,
    MEMBER_LANGUAGE,
    MEMBER_METHOD,
    MEMBER_CONFIRMED,
    MEMBER_COUNT = 16
};

/* The first rule whose column has that value (NULL: any but none) says what the row is. */
struct rule {
    const char *column, *value;
    const char *state; /* NULL: the row is left out, for ${why} */
    const char *why;
    const char *time;      /* the column that says when */
    const char *confirmed; /* ... and when that was confirmed, of a double opt-in; NULL: none does */
};

struct tool {
    const char *name;
    enum rows_format format;
    const char *map; /* as --map */
    struct rule rules[RULES_MAX];
};

static const char bounced[] = "mail to it bounced, which is no choice";
static const char unconfirmed[] = "it was never confirmed";

/* Sources: the columns are those of each tool's own export. */
static const struct tool tools[] = {
    {"listmonk",
     ROWS_CSV,
     "email=email,uuid=ref",
     {{"status", "blocklisted", "withdrawn", NULL, "updated_at", NULL},
      {"status", "disabled", NULL, "its subscriber is disabled, which is no choice", NULL, NULL},
      {"status", "enabled", "given", NULL, "created_at", NULL}}},
    {"listmonk-api",
     ROWS_LISTMONK,
     "email=email,uuid=ref",
     {{"status", "blocklisted", "withdrawn", NULL, "updated_at", NULL},
      {"status", "disabled", NULL, "its subscriber is disabled, which is no choice", NULL, NULL},
      {"subscription", "single/unsubscribed", "withdrawn", NULL, "subscription_updated_at", NULL},
      {"subscription", "double/unsubscribed", "withdrawn", NULL, "subscription_updated_at", NULL},
      {"subscription", "double/unconfirmed", NULL, unconfirmed, NULL, NULL},
      {"subscription", "double/confirmed", "given", NULL, "subscription_created_at",
       "subscription_updated_at"},
      {"subscription", "/", NULL, "it is on no list", NULL, NULL},
      {"subscription", NULL, "given", NULL, "subscription_created_at", NULL}}},
    {"mautic",
     ROWS_CSV,
     "email=email,id=ref",
     {{"dnc_reason", "2", NULL, bounced, NULL, NULL},
      {"dnc_reason", "bounced", NULL, bounced, NULL, NULL},
      {"dnc_reason", "0", "given", NULL, "date_identified", NULL},
      {"dnc_reason", NULL, "withdrawn", NULL, "dnc_date", NULL},
      {"email", NULL, "given", NULL, "date_identified", NULL}}},
    {"mailchimp",
     ROWS_CSV,
     "Email Address=email,EUID=ref,CONFIRM_IP=ip",
     {{"CLEAN_TIME", NULL, NULL, bounced, NULL, NULL},
      {"UNSUB_TIME", NULL, "withdrawn", NULL, "UNSUB_TIME", NULL},
      {"OPTIN_TIME", NULL, "given", NULL, "OPTIN_TIME", "CONFIRM_TIME"},
      {"CONFIRM_TIME", NULL, "given", NULL, "CONFIRM_TIME", NULL}}},
};

struct pair {
    char from[NAME_MAX_LEN + 1], to[NAME_MAX_LEN + 1];
};

struct recipe {
    const struct recipe_options *options;
    const struct tool *tool; /* NULL: none */
    enum rows_format format;
    int member_of[MEMBER_COUNT]; /* the column that it is; -1: none */
    const char *const *columns;
    size_t column_count;
    struct pair states[PAIRS_MAX];
    size_t state_count;
    char notice_id[NAME_MAX_LEN + 1];
    const char *notice_version; /* behind the colon; NULL: no notice was named */
    char why[256];
};

static const struct tool *tool_find(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof tools / sizeof *tools; i++) {
        if (strcmp(tools[i].name, name) == 0)
            return &tools[i];
    }
    return NULL;
}

bool recipe_format(const char *name, enum rows_format fallback, enum rows_format *ret_format)
{
    const struct tool *tool = tool_find(name);
    *ret_format = tool != NULL ? tool->format : fallback;
    return tool != NULL || name == NULL || strcmp(name, "plain") == 0;
}

/* ---- which column is what ---- */

static int column_find(const struct recipe *p, const char *name)
{
    for (size_t i = 0; i < p->column_count; i++) {
        if (strcasecmp(p->columns[i], name) == 0)
            return (int)i;
    }
    return -1;
}

static int member_find(const char *name)
{
    for (int i = 0; members[i] != NULL; i++) {
        if (strcmp(members[i], name) == 0)
            return i;
    }
    return -1;
}

/* "a=b,c=d". Returns false where it is none, or has too many. */
static bool pairs_read(const char *text, struct pair *pairs, size_t *ret_count)
{
    *ret_count = 0;
    while (text != NULL && *text != '\0') {
        size_t len = strcspn(text, ","), equals = strcspn(text, "=");
        struct pair *one = &pairs[*ret_count];
        if (*ret_count == PAIRS_MAX || equals >= len || equals > NAME_MAX_LEN ||
            len - equals - 1 > NAME_MAX_LEN)
            return false;
        snprintf(one->from, sizeof one->from, "%.*s", (int)equals, text);
        snprintf(one->to, sizeof one->to, "%.*s", (int)(len - equals - 1), text + equals + 1);
        ++*ret_count;
        text += len + (text[len] == ',');
    }
    return true;
}

static const char *map_take(struct recipe *p, const char *map)
{
    struct pair pairs[PAIRS_MAX];
    size_t count;
    if (!pairs_read(map, pairs, &count))
        return "--map is column=member, and a comma between two";
    for (size_t i = 0; i < count; i++) {
        int member = member_find(pairs[i].to), column = column_find(p, pairs[i].from);
        if (member < 0) {
            snprintf(p->why, sizeof p->why, "--map: \"%.64s\" is nothing that a column can be", pairs[i].to);
            return p->why;
        }
        if (column < 0) {
            snprintf(p->why, sizeof p->why, "line 1, the header: it lacks the column \"%.64s\"",
                     pairs[i].from);
            return p->why;
        }
        p->member_of[member] = column;
    }
    return NULL;
}

/* Whether "a,b" has that name. */
static bool list_has(const char *text, const char *name)
{
    size_t len;
    for (; text != NULL && *text != '\0'; text += len + (text[len] == ',')) {
        len = strcspn(text, ",");
        if (len == strlen(name) && strncasecmp(text, name, len) == 0)
            return true;
    }
    return false;
}

static bool is_read(const struct recipe *p, size_t column)
{
    for (int i = 0; i < MEMBER_COUNT; i++) {
        if (p->member_of[i] == (int)column)
            return true;
    }
    for (size_t i = 0; p->tool != NULL && i < RULES_MAX && p->tool->rules[i].column != NULL; i++) {
        const struct rule *rule = &p->tool->rules[i];
        const char *const used[] = {rule->column, rule->time, rule->confirmed};
        for (size_t k = 0; k < sizeof used / sizeof *used; k++) {
            if (used[k] != NULL && strcasecmp(used[k], p->columns[column]) == 0)
                return true;
        }
    }
    return false;
}

bool recipe_passes_over(const struct recipe *p, size_t column)
{
    return p->format == ROWS_CSV && !is_read(p, column) && !list_has(p->options->ignored, p->columns[column]);
}

/* Whether a column's name is one for what people chose: a row of somebody who left would be a Yes without it.
 * By its letters alone, so that "Opt-out" is "optout". */
static bool may_say_choice(const char *name)
{
    static const char *const whole[] = {"status", "state", "dnc", "blocked", "active", NULL};
    static const char *const parts[] = {
        "unsub",    "subscribed", "subscription", "optin",         "optout",     "optedin",      "optedout",
        "consent",  "permission", "donotcontact", "donotmail",     "donotemail", "blocklist",    "blacklist",
        "suppress", "withdr",     "toestemming",  "uitgeschreven", "uitschrijf", "ingeschreven", "inschrijf",
        "afgemeld", "afmeld",     "aangemeld",    "aanmeld",       NULL};
    char letters[NAME_MAX_LEN + 1];
    size_t len = 0;
    for (; *name != '\0' && len < NAME_MAX_LEN; name++) {
        char c = (char)(*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name);
        if (c >= 'a' && c <= 'z')
            letters[len++] = c;
    }
    letters[len] = '\0';
    for (size_t i = 0; whole[i] != NULL; i++) {
        if (strcmp(letters, whole[i]) == 0)
            return true;
    }
    for (size_t i = 0; parts[i] != NULL; i++) {
        if (strstr(letters, parts[i]) != NULL)
            return true;
    }
    return false;
}

static const char *ignored_take(const struct recipe *p, char why[256])
{
    size_t len;
    for (const char *text = p->options->ignored; text != NULL && *text != '\0';
         text += len + (text[len] == ',')) {
        char name[NAME_MAX_LEN + 1];
        len = strcspn(text, ",");
        snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name - 1), text);
        if (column_find(p, name) < 0) {
            snprintf(why, 256, "line 1, the header: it lacks the column \"%.64s\"", name);
            return why;
        }
    }
    /* of a tool's own export it is known which columns say what was chosen */
    for (size_t i = 0; p->tool == NULL && i < p->column_count; i++) {
        if (recipe_passes_over(p, i) && may_say_choice(p->columns[i])) {
            snprintf(why, 256,
                     "line 1, the header: the column \"%.64s\" may say who chose what, and nothing is read "
                     "from it: say what it is by --map, or pass it over by --ignore-column",
                     p->columns[i]);
            return why;
        }
    }
    return NULL;
}

static const char *columns_take(struct recipe *p)
{
    for (int i = 0; i < MEMBER_COUNT; i++)
        p->member_of[i] = p->tool == NULL ? column_find(p, members[i]) : -1;
    if (p->tool != NULL) {
        /* an export lacks what none of its rows has, but never the address */
        struct pair pairs[PAIRS_MAX];
        size_t count;
        pairs_read(p->tool->map, pairs, &count);
        for (size_t i = 0; i < count; i++)
            p->member_of[member_find(pairs[i].to)] = column_find(p, pairs[i].from);
        if (p->member_of[0] < 0) {
            snprintf(p->why, sizeof p->why, "line 1, the header: it lacks the column \"%.64s\"",
                     pairs[0].from);
            return p->why;
        }
    }
    const char *fault = map_take(p, p->options->map);
    bool has_identifier = false;
    for (int i = 0; i < IDENTIFIER_MEMBERS; i++)
        has_identifier = has_identifier || p->member_of[i] >= 0;
    if (fault == NULL && !has_identifier)
        return "line 1, the header: it lacks a column email, phone, customer, postal or visitor: say which "
               "it is by "
               "--map";
    return fault != NULL ? fault : ignored_take(p, p->why);
}

static const char *notice_take(struct recipe *p)
{
    const char *notice = p->options->notice;
    if (notice == NULL)
        return NULL;
    size_t id = strcspn(notice, ":");
    if (id == 0 || id > NAME_MAX_LEN || notice[id] == '\0' || notice[id + 1] == '\0')
        return "--notice is id:version";
    snprintf(p->notice_id, sizeof p->notice_id, "%.*s", (int)id, notice);
    p->notice_version = notice + id + 1;
    return NULL;
}

struct recipe *recipe_open(const struct recipe_options *options, enum rows_format format,
                           const char *const *columns, size_t count, const char **ret_fault)
{
    static char told[256];
    struct recipe *p = calloc(1, sizeof *p);
    *ret_fault = "out of memory";
    if (p == NULL)
        return NULL;
    *p = (struct recipe){.options = options,
                         .tool = tool_find(options->recipe),
                         .format = format,
                         .columns = columns,
                         .column_count = count};
    const char *fault = notice_take(p);
    if (fault == NULL && !pairs_read(options->states, p->states, &p->state_count))
        fault = "--states is word=event_state, and a comma between two";
    if (fault == NULL && format != ROWS_NDJSON)
        fault = columns_take(p);
    if (fault == NULL)
        return p;
    snprintf(told, sizeof told, "%s", fault);
    *ret_fault = told;
    recipe_close(p);
    return NULL;
}

void recipe_close(struct recipe *p)
{
    free(p);
}

/* ---- when ---- */

static bool digits(const char *text, size_t from, size_t count)
{
    for (size_t i = from; i < from + count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
    }
    return true;
}

/* What stands behind the day: nothing, or "HH:MM[:SS[.f]]" with an offset, Z, UTC or none. */
static bool clock_read(const char *rest, char clock[48])
{
    rest += strspn(rest, " T");
    if (rest[0] == '\0') {
        snprintf(clock, 48, "00:00:00Z");
        return true;
    }
    size_t len = strspn(rest, "0123456789:.");
    const char *zone = rest + len;
    zone += strspn(zone, " ");
    if (len < 5 || len > 24 || !digits(rest, 0, 2) || rest[2] != ':')
        return false;
    if (strcasecmp(zone, "UTC") == 0 || zone[0] == '\0')
        zone = "Z";
    char offset[8];
    if (strlen(zone) == 5 && (zone[0] == '+' || zone[0] == '-') && digits(zone, 1, 4)) {
        snprintf(offset, sizeof offset, "%.3s:%.2s", zone, zone + 3);
        zone = offset;
    }
    snprintf(clock, 48, "%.*s%s%.8s", (int)len, rest, len == 5 ? ":00" : "", zone);
    return true;
}

/* 2026-03-04 and 2026/03/04; 04-03-2026 and 04.03.2026, which are days first; 03/04/2026, of which somebody
 * says which it is. With a time or without. UTC where it tells no offset. Returns why it is none of these, or
 * NULL. */
static const char *moment_spell(const char *text, const char *dates, char out[64])
{
    static const char none[] =
        "is no date that is known: 2026-03-04T10:00:00Z, 2026-03-04 10:00:00, 04-03-2026";
    char day[16], clock[48];
    instant moment;
    size_t len = strlen(text);
    if (len >= 10 && digits(text, 0, 4) && strchr("-/", text[4]) != NULL && digits(text, 5, 2) &&
        digits(text, 8, 2)) {
        snprintf(day, sizeof day, "%.4s-%.2s-%.2s", text, text + 5, text + 8);
    } else if (len >= 10 && digits(text, 0, 2) && digits(text, 3, 2) && digits(text, 6, 4) &&
               strchr("-./", text[2]) != NULL && text[2] == text[5]) {
        bool month_first = dates != NULL && strcmp(dates, "mdy") == 0;
        if (text[2] == '/' && dates == NULL)
            return "may be a day and a month or the other way round: say --dates dmy or mdy";
        snprintf(day, sizeof day, "%.4s-%.2s-%.2s", text + 6, text + (month_first ? 0 : 3),
                 text + (month_first ? 3 : 0));
    } else {
        return none;
    }
    if (!clock_read(text + 10, clock))
        return none;
    snprintf(out, 64, "%sT%s", day, clock);
    return moment_parse(out, strlen(out), &moment) ? NULL : none;
}

/* ---- a line ---- */

static const char *value_of(const struct row *row, int column)
{
    return column >= 0 && row->values[column] != NULL ? row->values[column] : "";
}

static const char *member_of(const struct recipe *p, const struct row *row, int member)
{
    return value_of(row, p->member_of[member]);
}

/* What the row is: its state, and the columns that say when. */
struct said {
    const char *state;
    const char *time, *confirmed; /* values; "": none */
    const char *left_out;
};

static bool said_by_tool(const struct recipe *p, const struct row *row, struct said *ret_said)
{
    for (size_t i = 0; i < RULES_MAX && p->tool->rules[i].column != NULL; i++) {
        const struct rule *rule = &p->tool->rules[i];
        const char *value = value_of(row, column_find(p, rule->column));
        if (rule->value != NULL ? strcasecmp(value, rule->value) != 0 : value[0] == '\0')
            continue;
        *ret_said = (struct said){.state = rule->state, .left_out = rule->why, .time = "", .confirmed = ""};
        if (rule->time != NULL)
            ret_said->time = value_of(row, column_find(p, rule->time));
        if (rule->confirmed != NULL)
            ret_said->confirmed = value_of(row, column_find(p, rule->confirmed));
        return true;
    }
    return false;
}

static bool said_by_columns(const struct recipe *p, const struct row *row, struct said *ret_said)
{
    const char *word = member_of(p, row, MEMBER_STATE);
    *ret_said = (struct said){.state = word,
                              .time = member_of(p, row, MEMBER_TIME),
                              .confirmed = member_of(p, row, MEMBER_CONFIRMED)};
    if (p->member_of[MEMBER_STATE] < 0)
        ret_said->state = "given"; /* a list of those who said yes */
    for (size_t i = 0; i < p->state_count; i++) {
        if (strcasecmp(p->states[i].from, word) != 0)
            continue;
        ret_said->state = p->states[i].to;
        if (p->states[i].to[0] == '\0')
            ret_said->left_out = "its state is to be left out";
        return true;
    }
    return ret_said->state[0] != '\0';
}

static void subject_write(const struct recipe *p, const struct row *row, struct writer *w)
{
    writer_array_begin(w, "subject");
    for (int i = 0; i < IDENTIFIER_MEMBERS; i++) {
        const char *value = member_of(p, row, i);
        if (value[0] == '\0')
            continue;
        writer_object_begin(w, NULL);
        writer_text(w, "type", members[i]);
        writer_text(w, "value", value);
        writer_object_end(w);
    }
    writer_array_end(w);
}

static void evidence_write(const struct recipe *p, const struct row *row, const char *confirmed,
                           struct writer *w)
{
    bool any = confirmed[0] != '\0';
    for (int i = MEMBER_CONFIRMED + 1; i < MEMBER_COUNT; i++)
        any = any || member_of(p, row, i)[0] != '\0';
    if (!any)
        return;
    writer_object_begin(w, "evidence");
    if (confirmed[0] != '\0')
        writer_text(w, "confirmed_at", confirmed);
    for (int i = MEMBER_CONFIRMED + 1; i < MEMBER_COUNT; i++) {
        if (member_of(p, row, i)[0] != '\0')
            writer_text(w, members[i], member_of(p, row, i));
    }
    writer_object_end(w);
}

static void optional_write(struct writer *w, const char *key, const char *value, const char *fallback)
{
    if (value[0] != '\0' || fallback != NULL)
        writer_text(w, key, value[0] != '\0' ? value : fallback);
}

static bool has_identifier(const struct recipe *p, const struct row *row)
{
    for (int i = 0; i < IDENTIFIER_MEMBERS; i++) {
        if (member_of(p, row, i)[0] != '\0')
            return true;
    }
    return false;
}

static const char *time_take(struct recipe *p, const char *name, const char *text, char out[64])
{
    out[0] = '\0';
    if (text[0] == '\0')
        return NULL;
    const char *fault = moment_spell(text, p->options->dates, out);
    if (fault == NULL)
        return NULL;
    snprintf(p->why, sizeof p->why, "%s %s", name, fault);
    return p->why;
}

static enum recipe_outcome row_line(struct recipe *p, const struct row *row, struct buf *line,
                                    const char **ret_why)
{
    struct said said = {0};
    char at[64], confirmed[64];
    *ret_why = NULL;
    if (!has_identifier(p, row))
        *ret_why = "it names nobody";
    else if (!(p->tool != NULL ? said_by_tool : said_by_columns)(p, row, &said))
        *ret_why = "it does not say what was chosen";
    else if (said.left_out != NULL)
        *ret_why = said.left_out;
    if (*ret_why != NULL)
        return *ret_why == said.left_out ? RECIPE_LEFT_OUT : RECIPE_BAD;
    *ret_why = time_take(p, "its time", said.time, at);
    if (*ret_why == NULL)
        *ret_why = time_take(p, "the time of its confirmation", said.confirmed, confirmed);
    if (*ret_why != NULL)
        return RECIPE_BAD;

    bool is_yes = strcmp(said.state, "given") == 0;
    struct writer w = writer_of(line);
    writer_object_begin(&w, NULL);
    subject_write(p, row, &w);
    optional_write(&w, "purpose", member_of(p, row, MEMBER_PURPOSE), p->options->purpose);
    writer_text(&w, "event_state", said.state);
    optional_write(&w, "event_time", at, NULL);
    optional_write(&w, "collection_method", member_of(p, row, MEMBER_METHOD),
                   p->options->method != NULL ? p->options->method : "import");
    optional_write(&w, "language", member_of(p, row, MEMBER_LANGUAGE), p->options->language);
    optional_write(&w, "ref", member_of(p, row, MEMBER_REF), NULL);
    if (is_yes && p->notice_version != NULL) {
        writer_object_begin(&w, "notice");
        writer_text(&w, "id", p->notice_id);
        writer_text(&w, "version", p->notice_version);
        writer_object_end(&w);
    }
    evidence_write(p, row, is_yes ? confirmed : "", &w);
    writer_object_end(&w);
    buf_byte(line, '\n');
    return RECIPE_LINE;
}

/* ---- NDJSON: as it is, with what it lacks ---- */

static bool lacks(const struct node *root, const char *key)
{
    struct node n = node_optional(root, key);
    return !node_present(&n);
}

static void defaults_write(const struct recipe *p, const struct node *root, struct writer *w)
{
    struct node state = node_optional(root, "event_state");
    bool is_yes =
        node_kind(&state) == NODE_STRING && strcmp(node_string(&state, 0, SIZE_MAX, NULL), "given") == 0;
    if (p->options->purpose != NULL && lacks(root, "purpose") && lacks(root, "choices"))
        writer_text(w, "purpose", p->options->purpose);
    if (lacks(root, "collection_method"))
        writer_text(w, "collection_method", p->options->method != NULL ? p->options->method : "import");
    if (p->options->language != NULL && lacks(root, "language"))
        writer_text(w, "language", p->options->language);
    if (p->notice_version != NULL && is_yes && lacks(root, "notice")) {
        writer_object_begin(w, "notice");
        writer_text(w, "id", p->notice_id);
        writer_text(w, "version", p->notice_version);
        writer_object_end(w);
    }
}

static enum recipe_outcome json_line(struct recipe *p, const struct row *row, struct buf *line,
                                     const char **ret_why)
{
    struct reader r;
    enum recipe_outcome outcome = RECIPE_BAD;
    reader_open(&r, row->text, row->len);
    struct node root = reader_root(&r), one;
    *ret_why = "it is no JSON object";
    if (reader_syntax(&r) != NULL) {
        snprintf(p->why, sizeof p->why, "it is no JSON: %s", reader_syntax(&r));
        *ret_why = p->why;
    } else if (node_is_object(&root)) {
        struct writer w = writer_of(line);
        void *cursor = NULL;
        const char *name;
        writer_object_begin(&w, NULL);
        while (node_next(&root, &cursor, &name, &one)) {
            struct buf value;
            buf_init(&value, ROW_BYTES_MAX);
            node_dump(&one, false, &value);
            if (!buf_failed(&value))
                writer_raw(&w, name, value.data, value.len);
            line->failed = line->failed || buf_failed(&value);
            buf_free(&value);
        }
        defaults_write(p, &root, &w);
        writer_object_end(&w);
        buf_byte(line, '\n');
        outcome = RECIPE_LINE;
    }
    reader_close(&r);
    return outcome;
}

enum recipe_outcome recipe_line(struct recipe *p, const struct row *row, struct buf *line,
                                const char **ret_why)
{
    if (p->format == ROWS_NDJSON)
        return json_line(p, row, line, ret_why);
    if (p->format == ROWS_LISTMONK && p->options->list != NULL) {
        const char *list = value_of(row, column_find(p, "list"));
        if (strcmp(list, p->options->list) != 0) {
            *ret_why = "it is of another list";
            return RECIPE_LEFT_OUT;
        }
    }
    return row_line(p, row, line, ret_why);
}
