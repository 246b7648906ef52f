/* SPDX-License-Identifier: Apache-2.0 */
#include "command/rows.h"

#include "base/buf.h"
#include "base/file.h"
#include "wire/reader.h"

#include <csv.h>
#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* (1) text[at..] is what is read, in UTF-8, and not given out. A row begins at ${at}, and ${line} counts
 *     the lines before it.  (2) What a row turns out not to be is read again: the text from its beginning on
 *     stays until the next row. */

enum { CHUNK = 64 * 1024, TEXT_MAX = 16 * 1024 * 1024, DOCUMENT_MAX = 64 * 1024 * 1024 };

struct rows {
    const struct rows_options *options;
    FILE *file;
    iconv_t conv; /* (iconv_t)-1: none */
    char raw[CHUNK];
    size_t raw_len; /* bytes that are not decoded yet */
    bool ended, failed, is_undecodable;
    size_t read;

    struct buf text;
    size_t at, line;

    struct csv_parser parser;
    bool has_parser, row_ended;
    struct buf fields; /* of the row: each with a NUL */
    size_t field_count;
    size_t starts[ROW_COLUMNS_MAX + 1];
    const char *values[ROW_COLUMNS_MAX + 1];
    char fault[160];

    struct buf header; /* the columns' names */
    size_t column_count;
    const char *names[ROW_COLUMNS_MAX + 1];

    struct reader document; /* of ROWS_LISTMONK */
    struct buf document_bytes;
    size_t subscriber, list, given;
};

/* ---- the text ---- */

static void text_decode(struct rows *r)
{
    char out[4 * CHUNK];
    char *from = r->raw, *to = out;
    size_t left = r->raw_len, room = sizeof out;
    if (r->conv == (iconv_t)-1) {
        buf_append(&r->text, r->raw, r->raw_len);
        r->raw_len = 0;
        return;
    }
    size_t done = iconv(r->conv, &from, &left, &to, &room);
    buf_append(&r->text, out, sizeof out - room);
    if (done == (size_t)-1 && (errno == EILSEQ || (errno == EINVAL && r->ended)))
        r->is_undecodable = true;
    memmove(r->raw, from, left);
    r->raw_len = left;
}

/* Appends what comes next. Returns false at the end, and where it cannot be read. */
static bool text_more(struct rows *r)
{
    if (r->ended || r->failed || r->is_undecodable || r->text.len - r->at > TEXT_MAX)
        return false;
    size_t n = fread(r->raw + r->raw_len, 1, sizeof r->raw - r->raw_len, r->file);
    r->read += n;
    r->raw_len += n;
    r->ended = n == 0;
    r->failed = ferror(r->file) != 0;
    text_decode(r);
    r->failed = r->failed || buf_failed(&r->text);
    return n > 0;
}

/* The line that begins at ${from}: its end behind the newline, or the end of the text. */
static size_t line_end(struct rows *r, size_t from)
{
    size_t seen = from;
    for (;;) {
        char *newline = seen < r->text.len ? memchr(r->text.data + seen, '\n', r->text.len - seen) : NULL;
        if (newline != NULL)
            return (size_t)(newline - r->text.data) + 1;
        seen = r->text.len;
        if (!text_more(r))
            return r->text.len;
    }
}

/* What is given out goes, at the beginning of a row. */
static void text_forget(struct rows *r)
{
    if (r->at < CHUNK)
        return;
    memmove(r->text.data, r->text.data + r->at, r->text.len - r->at);
    r->text.len -= r->at;
    r->at = 0;
}

/* The bytes that follow the first one of a character; 9: it begins none. */
static size_t utf8_more(unsigned char first)
{
    if (first < 0x80)
        return 0;
    if (first >= 0xc2 && first < 0xe0)
        return 1;
    if ((first & 0xf0) == 0xe0)
        return 2;
    return first >= 0xf0 && first < 0xf5 ? 3 : 9;
}

/* Whether a second byte may follow that first one: nothing longer than it need be, no surrogate, none above
 * U+10FFFF (RFC 3629). */
static bool utf8_second_fits(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0;
    case 0xed:
        return second <= 0x9f;
    case 0xf0:
        return second >= 0x90;
    case 0xf4:
        return second <= 0x8f;
    default:
        return true;
    }
}

static bool is_utf8(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text, *end = p + len;
    while (p < end) {
        size_t more = utf8_more(*p);
        if (more > (size_t)(end - p) - 1 || (more > 0 && !utf8_second_fits(p[0], p[1])))
            return false;
        for (size_t i = 1; i <= more; i++) {
            if ((p[i] & 0xc0) != 0x80)
                return false;
        }
        p += 1 + more;
    }
    return true;
}

/* ---- CSV ---- */

static void on_field(void *bytes, size_t len, void *cookie)
{
    struct rows *r = cookie;
    if (r->field_count <= ROW_COLUMNS_MAX)
        r->starts[r->field_count] = r->fields.len;
    r->field_count++;
    buf_append(&r->fields, bytes, len);
    buf_byte(&r->fields, '\0');
}

static void on_row(int end, void *cookie)
{
    (void)end;
    ((struct rows *)cookie)->row_ended = true;
}

static void parser_begin(struct rows *r)
{
    unsigned char separator = r->has_parser ? csv_get_delim(&r->parser) : CSV_COMMA;
    if (r->has_parser)
        csv_free(&r->parser);
    csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_delim(&r->parser, separator);
    r->has_parser = true;
    r->row_ended = false;
    buf_clear(&r->fields);
    r->field_count = 0;
}

/* Reads the fields of the row at ${r}->at. Returns where it ends; what is wrong goes into ${ret_fault}. */
static size_t csv_row(struct rows *r, const char **ret_fault)
{
    size_t end = r->at, first_end = 0;
    *ret_fault = NULL;
    parser_begin(r);
    while (!r->row_ended) {
        size_t begin = end;
        end = line_end(r, begin);
        first_end = first_end == 0 ? end : first_end;
        if (end == begin || end - r->at > ROW_BYTES_MAX) {
            *ret_fault = begin > r->at ? "a quote in it does not end" : "it is longer than 65536 bytes";
            return first_end;
        }
        bool is_last = r->text.data[end - 1] != '\n';
        bool ok =
            csv_parse(&r->parser, r->text.data + begin, end - begin, on_field, on_row, r) == end - begin;
        if (ok && is_last)
            ok = csv_fini(&r->parser, on_field, on_row, r) == 0;
        if (!ok) {
            *ret_fault = is_last ? "a quote in it does not end" : "a quote stands where none may be";
            return first_end;
        }
        if (is_last && !r->row_ended)
            return end;
    }
    return end;
}

static const char *values_take(struct rows *r)
{
    if (buf_failed(&r->fields) || r->field_count > ROW_COLUMNS_MAX)
        return "it has more than 512 columns";
    for (size_t i = 0; i < r->field_count; i++)
        r->values[i] = r->fields.data + r->starts[i];
    if (r->field_count == r->column_count)
        return NULL;
    snprintf(r->fault, sizeof r->fault, "it has %zu columns, and the header %zu: was it cut off?",
             r->field_count, r->column_count);
    return r->fault;
}

static bool is_blank(const char *text, size_t len)
{
    size_t blank = 0;
    while (blank < len && strchr(" \t\r\n", text[blank]) != NULL && text[blank] != '\0')
        blank++;
    return blank == len;
}

/* A row of text: from ${at} to its end, which it moves on to. */
static void row_give(struct rows *r, size_t end, const char *fault, struct row *ret_row)
{
    const char *text = r->text.data + r->at;
    size_t len = end - r->at, lines = 0;
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    *ret_row =
        (struct row){.line = r->line + 1, .text = text, .len = len, .values = r->values, .fault = fault};
    while (ret_row->len > 0 && (text[ret_row->len - 1] == '\n' || text[ret_row->len - 1] == '\r'))
        ret_row->len--;
    if (fault == NULL && r->options->format == ROWS_CSV && !r->options->takes_unended &&
        text[len - 1] != '\n')
        ret_row->fault = "the file ends in the middle of it, for all that can be seen: where it is whole, "
                         "--last-line accept takes it; else export it again";
    if (!is_utf8(text, len) || memchr(text, '\0', len) != NULL)
        ret_row->fault = "it is not UTF-8: say which --encoding it is, such as windows-1252";
    r->line += lines;
    r->at = end;
}

static int text_next(struct rows *r, struct row *ret_row)
{
    for (;;) {
        text_forget(r);
        size_t end = line_end(r, r->at);
        if (r->failed || r->is_undecodable)
            return -1;
        if (end == r->at)
            return 0;
        if (!is_blank(r->text.data + r->at, end - r->at))
            break;
        r->line++;
        r->at = end;
    }
    const char *fault = NULL;
    size_t end = line_end(r, r->at);
    if (r->options->format == ROWS_CSV) {
        end = csv_row(r, &fault);
        fault = fault != NULL ? fault : values_take(r);
    } else if (end - r->at > ROW_BYTES_MAX) {
        fault = "it is longer than 65536 bytes";
    }
    row_give(r, end, fault, ret_row);
    return 1;
}

static char separator_guess(const char *line, size_t len)
{
    static const char candidates[] = ",;\t";
    size_t best = 0, counts[3] = {0};
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        quoted = line[i] == '"' ? !quoted : quoted;
        const char *c = quoted || line[i] == '\0' ? NULL : strchr(candidates, line[i]);
        if (c != NULL)
            counts[c - candidates]++;
    }
    for (size_t i = 1; i < 3; i++)
        best = counts[i] > counts[best] ? i : best;
    return candidates[best];
}

static const char *header_read(struct rows *r)
{
    size_t end = line_end(r, r->at);
    if (end == r->at)
        return "it is empty";
    char separator = r->options->separator;
    if (separator == 0)
        separator = separator_guess(r->text.data + r->at, end - r->at);
    parser_begin(r);
    csv_set_delim(&r->parser, (unsigned char)separator);

    const char *fault;
    struct row row;
    end = csv_row(r, &fault);
    if (fault == NULL && (buf_failed(&r->fields) || r->field_count > ROW_COLUMNS_MAX))
        fault = "it has more than 512 columns";
    if (fault == NULL) {
        row_give(r, end, NULL, &row);
        fault = row.fault;
    }
    if (fault != NULL) {
        snprintf(r->fault, sizeof r->fault, "line 1, the header: %s", fault);
        return r->fault;
    }
    buf_append(&r->header, r->fields.data, r->fields.len);
    r->column_count = r->field_count;
    for (size_t i = 0; i < r->column_count; i++)
        r->names[i] = r->header.data + r->starts[i];
    return buf_failed(&r->header) ? "out of memory" : NULL;
}

/* ---- what listmonk's API answers ---- */

/* GET /api/subscribers: a row for each list of each subscriber, and one for who has none. */
static const char *const listmonk_columns[] = {"uuid",
                                               "email",
                                               "status",
                                               "created_at",
                                               "updated_at",
                                               "list",
                                               "subscription",
                                               "subscription_created_at",
                                               "subscription_updated_at"};
enum { LISTMONK_COLUMNS = sizeof listmonk_columns / sizeof *listmonk_columns };

static struct node listmonk_results(struct rows *r, struct node *root, struct node *data)
{
    *root = reader_root(&r->document);
    *data = node_is_object(root) ? node_member(root, "data") : *root;
    return node_is_object(data) ? node_member(data, "results") : *data;
}

static const char *listmonk_read(struct rows *r)
{
    const char *fault = file_read(r->options->path, &r->document_bytes);
    if (fault != NULL)
        return fault;
    if (r->document_bytes.len == 0)
        return "it is empty";
    r->read = r->document_bytes.len;
    reader_open(&r->document, r->document_bytes.data, r->document_bytes.len);
    if (reader_syntax(&r->document) != NULL)
        return reader_syntax(&r->document);
    struct node root, data, results = listmonk_results(r, &root, &data);
    if (!node_is_array(&results))
        return "it has no data.results, as GET /api/subscribers answers them";
    r->column_count = LISTMONK_COLUMNS;
    memcpy(r->names, listmonk_columns, sizeof listmonk_columns);
    return NULL;
}

static const char *text_of(const struct node *object, const char *key)
{
    struct node n = {0};
    if (node_is_object(object))
        n = node_optional(object, key);
    return node_kind(&n) == NODE_STRING ? node_string(&n, 0, SIZE_MAX, NULL) : "";
}

static int listmonk_next(struct rows *r, struct row *ret_row)
{
    struct node root, data, results = listmonk_results(r, &root, &data), lists = {0}, list = {0};
    struct node one = node_at(&results, r->subscriber);
    if (!node_present(&one))
        return 0;
    if (node_is_object(&one))
        lists = node_optional(&one, "lists");
    size_t count = node_is_array(&lists) ? node_elements(&lists, 0, SIZE_MAX) : 0;
    if (count > 0)
        list = node_at(&lists, r->list);
    for (size_t i = 0; i < 5; i++)
        r->values[i] = text_of(&one, listmonk_columns[i]);
    r->values[5] = text_of(&list, "name");
    buf_clear(&r->fields);
    buf_printf(&r->fields, "%s/%s", text_of(&list, "optin"), text_of(&list, "subscription_status"));
    buf_byte(&r->fields, '\0');
    r->values[6] = buf_failed(&r->fields) ? "" : r->fields.data;
    r->values[7] = text_of(&list, "subscription_created_at");
    r->values[8] = text_of(&list, "subscription_updated_at");
    *ret_row = (struct row){.line = ++r->given, .text = "", .values = r->values};
    if (++r->list >= count) {
        r->list = 0;
        r->subscriber++;
    }
    return 1;
}

/* ---- all of them ---- */

static const char *encoding_begin(struct rows *r)
{
    static const char mark[] = "\xef\xbb\xbf";
    const char *encoding = r->options->encoding;
    r->conv = (iconv_t)-1;
    r->raw_len = fread(r->raw, 1, 4, r->file);
    r->read = r->raw_len;
    bool is_utf16 =
        r->raw_len >= 2 && (memcmp(r->raw, "\xff\xfe", 2) == 0 || memcmp(r->raw, "\xfe\xff", 2) == 0);
    if (encoding == NULL && is_utf16)
        encoding = "UTF-16";
    if (encoding != NULL) {
        r->conv = iconv_open("UTF-8", encoding);
        if (r->conv == (iconv_t)-1)
            return "this --encoding is not known: iconv -l lists them";
    }
    text_decode(r);
    while (r->text.len < 3 && text_more(r))
        ;
    if (r->text.len >= 3 && memcmp(r->text.data, mark, 3) == 0)
        r->at = 3;
    return r->failed ? "it cannot be read" : NULL;
}

static const char *text_begin(struct rows *r)
{
    r->file = strcmp(r->options->path, "-") == 0 ? stdin : fopen(r->options->path, "rbe");
    if (r->file == NULL)
        return strerror(errno);
    const char *fault = encoding_begin(r);
    if (fault != NULL)
        return fault;
    if (r->options->format == ROWS_CSV)
        return header_read(r);
    return line_end(r, r->at) == r->at ? "it is empty" : NULL;
}

struct rows *rows_open(const struct rows_options *options, const char **ret_fault)
{
    static char told[200];
    *ret_fault = "out of memory";
    struct rows *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->options = options;
    r->conv = (iconv_t)-1;
    buf_init(&r->text, 2 * TEXT_MAX);
    buf_init(&r->fields, 2 * ROW_BYTES_MAX);
    buf_init(&r->header, 2 * ROW_BYTES_MAX);
    buf_init(&r->document_bytes, DOCUMENT_MAX);
    *ret_fault = options->format == ROWS_LISTMONK ? listmonk_read(r) : text_begin(r);
    if (*ret_fault == NULL)
        return r;
    snprintf(told, sizeof told, "%s", *ret_fault);
    *ret_fault = told;
    rows_close(r);
    return NULL;
}

void rows_close(struct rows *r)
{
    if (r->file != NULL && r->file != stdin)
        fclose(r->file);
    if (r->conv != (iconv_t)-1)
        iconv_close(r->conv);
    if (r->has_parser)
        csv_free(&r->parser);
    if (r->options->format == ROWS_LISTMONK && r->document_bytes.len > 0)
        reader_close(&r->document);
    file_wipe(&r->document_bytes);
    file_wipe(&r->text);
    buf_free(&r->fields);
    buf_free(&r->header);
    free(r);
}

size_t rows_columns(const struct rows *r, const char *const **ret_names)
{
    *ret_names = r->names;
    return r->column_count;
}

int rows_next(struct rows *r, struct row *ret_row)
{
    return r->options->format == ROWS_LISTMONK ? listmonk_next(r, ret_row) : text_next(r, ret_row);
}

size_t rows_read(const struct rows *r)
{
    return r->read;
}
