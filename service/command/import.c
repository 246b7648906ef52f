/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/limits.h"
#include "command/client.h"
#include "command/command.h"
#include "command/import_progress.h"
#include "command/recipe.h"
#include "wire/reader.h"
#include "wire/writer.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Brings a file of another tool into the service: reads its rows, sends them as lines in calls of POST
 * /v1/imports, and tells what they are worth. A line that is in is in, whatever becomes of the command: run
 * again it goes on behind the last call that was answered, and what that one's successor had written already
 * is told as repeated. */

enum {
    CALL_LINES = 5000,                   /* a call: a fraction of a second, so that the bar moves */
    CALL_BYTES = 8 * 1024 * 1024,        /* of the 16 MB that the service takes */
    ANSWER_MAX = BATCH_ANSWER_BYTES_MAX, /* bytes */
    HASH_TEXT = 16,
    PATH_ROOM = 4096,
    BAR = 30
};

struct import {
    const char *path;
    struct rows_options rows_options;
    struct recipe_options recipe_options;
    struct client_options client_options;
    const char *source, *refused_path;
    char batch[160], fingerprint[512], progress_path[PATH_ROOM], refused_default[PATH_ROOM];
    bool dry;
    int64_t size; /* of the file; 0: not known */

    struct rows *rows;
    struct recipe *recipe;
    struct client *client;
    struct import_progress progress;
    FILE *refused;
    struct buf lines, answer, texts; /* of the call: what is sent, what is answered, the rows as they are */
    size_t line_count;
    size_t in_line; /* the last that was answered, in the file; 0: none was */
    struct import_sent {
        size_t line;      /* in the file */
        size_t text, len; /* in ${texts} */
    } * sent;
    char fault[400];
};

/* ---- what is refused ---- */

static const char *refused_open(struct import *i)
{
    if (i->refused != NULL)
        return NULL;
    i->refused = fopen(i->refused_path, "abe");
    if (i->refused == NULL) {
        snprintf(i->fault, sizeof i->fault, "%.200s: %s", i->refused_path, strerror(errno));
        return i->fault;
    }
    struct stat st;
    bool is_file = fstat(fileno(i->refused), &st) == 0 && S_ISREG(st.st_mode);
    if (is_file && (fchmod(fileno(i->refused), 0600) != 0 ||
                    (st.st_size > i->progress.refused_bytes &&
                     ftruncate(fileno(i->refused), (off_t)i->progress.refused_bytes) != 0))) {
        snprintf(i->fault, sizeof i->fault, "%.200s: %s", i->refused_path, strerror(errno));
        return i->fault;
    }
    return NULL;
}

/* A row that is not taken: with its line, and as it was, to be mended and sent again. Returns NULL, or why
 * that could not be kept. */
static const char *refuse(struct import *i, size_t line, const char *reason, const char *text, size_t len)
{
    struct buf out;
    i->progress.counts.refused++;
    if (i->progress.counts.refused <= 10)
        fprintf(stderr, "%sline %zu: %s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "", line, reason);
    const char *fault = refused_open(i);
    if (fault != NULL)
        return fault;
    buf_init(&out, 8 * ROW_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_int(&w, "line", (int64_t)line);
    writer_text(&w, "reason", reason);
    if (len <= ROW_BYTES_MAX && strcmp(reason, "") != 0 && strstr(reason, "not UTF-8") == NULL)
        writer_string(&w, "text", text, len);
    writer_object_end(&w);
    buf_byte(&out, '\n');
    bool ok = !buf_failed(&out) && fwrite(out.data, 1, out.len, i->refused) == out.len;
    i->progress.refused_bytes += (int64_t)out.len;
    buf_free(&out);
    if (ok)
        return NULL;
    snprintf(i->fault, sizeof i->fault, "%.200s: %s", i->refused_path, strerror(errno));
    return i->fault;
}

static const char *refused_flush(struct import *i)
{
    if (i->refused == NULL || fflush(i->refused) == 0)
        return NULL;
    snprintf(i->fault, sizeof i->fault, "%.200s: %s", i->refused_path, strerror(errno));
    return i->fault;
}

/* ---- a call ---- */

/* Why a line was refused: the first place that is wrong, else what the problem says. */
static void reason_of_error(const struct node *error, char reason[256])
{
    struct node detail = node_optional(error, "detail"), title = node_optional(error, "title"),
                errors = node_optional(error, "errors");
    struct node first = {0}, pointer = {0}, why = {0};
    if (node_is_array(&errors))
        first = node_at(&errors, 0);
    if (node_is_object(&first)) {
        pointer = node_optional(&first, "pointer");
        why = node_optional(&first, "detail");
    }
    const struct node *said = node_present(&why) ? &why : node_present(&detail) ? &detail : &title;
    snprintf(
        reason, 256, "%.80s%s%.160s", node_present(&pointer) ? node_string(&pointer, 0, SIZE_MAX, NULL) : "",
        node_present(&pointer) ? ": " : "", node_present(said) ? node_string(said, 0, SIZE_MAX, NULL) : "");
}

static void reasons_add(const struct node *n, int64_t counts[REASON_COUNT])
{
    for (size_t k = 0; k < REASON_COUNT; k++) {
        struct node one = {0};
        if (node_is_object(n))
            one = node_optional(n, reason_word((enum reason)k));
        if (node_present(&one))
            counts[k] += node_int(&one, 0, INT64_MAX);
    }
}

static int64_t number_in(const struct node *root, const char *key)
{
    struct node n = node_member(root, key);
    return node_int(&n, 0, INT64_MAX);
}

static void end_take(struct import *i, const struct node *root)
{
    struct import_counts *c = &i->progress.counts;
    c->new += number_in(root, "new");
    c->repeated += number_in(root, "repeated");
    c->superseded += number_in(root, "superseded");
    struct node verdicts = node_member(root, "verdicts");
    size_t count = node_elements(&verdicts, 0, SIZE_MAX);
    for (size_t k = 0; k < count; k++) {
        struct node one = node_at(&verdicts, k), purpose = node_member(&one, "purpose"),
                    before = node_member(&one, "before"), after = node_member(&one, "after");
        struct import_verdicts *t = import_counts_of(c, node_string(&purpose, 1, TALLY_KEY_MAX, NULL));
        if (t != NULL) {
            reasons_add(&before, t->before);
            reasons_add(&after, t->after);
        }
    }
}

/* One line of the answer. Returns NULL, or what is wrong with it; ${ret_end}: it was the last. */
static const char *answer_line(struct import *i, const char *bytes, size_t len, bool *ret_end)
{
    struct reader r;
    const char *fault = NULL;
    reader_open(&r, bytes, len);
    struct node root = reader_root(&r), error = {0}, end = {0};
    if (node_is_object(&root)) {
        error = node_optional(&root, "error");
        end = node_optional(&root, "end");
    }
    if (node_present(&end)) {
        end_take(i, &root);
        *ret_end = true;
    } else if (node_is_object(&error)) {
        char reason[256];
        int64_t line = number_in(&root, "line");
        reason_of_error(&error, reason);
        if (line >= 1 && (size_t)line <= i->line_count) {
            const struct import_sent *s = &i->sent[line - 1];
            fault = refuse(i, s->line, reason, i->texts.data + s->text, s->len);
        }
    }
    if (fault == NULL && !reader_ok(&r))
        fault = "the service answers what is not understood";
    reader_close(&r);
    return fault;
}

static const char *answer_take(struct import *i)
{
    const char *at = i->answer.data, *stop = i->answer.data + i->answer.len;
    const char *fault = NULL;
    bool ended = false;
    while (at < stop) {
        const char *newline = memchr(at, '\n', (size_t)(stop - at));
        if (newline == NULL)
            break;
        const char *wrong = answer_line(i, at, (size_t)(newline - at), &ended);
        fault =
            fault != NULL ? fault : wrong; /* what came in is counted, also where a refusal cannot be kept */
        at = newline + 1;
    }
    if (ended)
        i->in_line = i->sent[i->line_count - 1].line;
    return fault != NULL || ended ? fault : "the answer was cut off";
}

static void bar_show(const struct import *i, bool done)
{
    if (!isatty(STDERR_FILENO))
        return;
    int64_t read = (int64_t)rows_read(i->rows);
    int part = done ? BAR : i->size > 0 ? (int)(read * BAR / (i->size > read ? i->size : read)) : 0;
    fprintf(stderr, "\r[%-*.*s] %lld rows%s", BAR, part,
            "==============================", (long long)i->progress.counts.rows, done ? "\n" : "");
}

/* Sends what is gathered, and keeps how far it is: what is refused first, so that no row is passed over. */
static const char *call_send(struct import *i)
{
    const char *fault = NULL;
    if (i->line_count > 0) {
        fault = client_post(i->client, i->lines.data, i->lines.len, &i->answer);
        fault = fault != NULL ? fault : answer_take(i);
    }
    fault = fault != NULL ? fault : refused_flush(i);
    if (fault != NULL)
        return fault;
    i->progress.counts.sent += (int64_t)i->line_count;
    i->line_count = 0;
    buf_clear(&i->lines);
    buf_clear(&i->texts);
    fault = import_progress_write(&i->progress);
    if (fault != NULL) {
        snprintf(i->fault, sizeof i->fault, "%.200s: %s", i->progress.path, fault);
        return i->fault;
    }
    bar_show(i, false);
    return NULL;
}

/* ---- the rows ---- */

static const char *row_take(struct import *i, const struct row *row)
{
    const char *why = row->fault;
    size_t before = i->lines.len;
    enum recipe_outcome outcome = why != NULL ? RECIPE_BAD : recipe_line(i->recipe, row, &i->lines, &why);
    if (outcome == RECIPE_LEFT_OUT) {
        i->progress.counts.left_out++;
        return NULL;
    }
    if (outcome == RECIPE_LINE && i->lines.len - before > BATCH_LINE_BYTES_MAX) {
        outcome = RECIPE_BAD;
        why = "it makes a line of more than 16384 bytes";
    }
    if (outcome == RECIPE_BAD) {
        i->lines.len = before;
        return refuse(i, row->line, why, row->text, row->len);
    }
    i->sent[i->line_count++] = (struct import_sent){.line = row->line, .text = i->texts.len, .len = row->len};
    buf_append(&i->texts, row->text, row->len);
    return buf_failed(&i->lines) || buf_failed(&i->texts) ? "out of memory" : NULL;
}

static const char *rows_send(struct import *i)
{
    struct row row;
    int64_t skip = i->progress.counts.rows;
    int more;
    while ((more = rows_next(i->rows, &row)) > 0) {
        if (skip > 0) {
            skip--;
            continue;
        }
        i->progress.counts.rows++;
        const char *fault = row_take(i, &row);
        if (fault == NULL && (i->line_count == CALL_LINES || i->lines.len > CALL_BYTES))
            fault = call_send(i);
        if (fault != NULL)
            return fault;
    }
    const char *fault = call_send(i);
    if (fault != NULL || more == 0)
        return fault;
    return "it cannot be read on: is it in the --encoding that was named?";
}

/* ---- the table ---- */

static void table_print(const struct import *i)
{
    const struct import_counts *c = &i->progress.counts;
    printf("%s%lld rows\n", i->dry ? "tried, and nothing written: " : "", (long long)c->rows);
    printf("%12lld  new\n%12lld  same as before\n%12lld  superseded by a later choice\n%12lld  refused\n"
           "%12lld  left out: no choice\n",
           (long long)c->new, (long long)c->repeated, (long long)c->superseded, (long long)c->refused,
           (long long)c->left_out);
    for (size_t k = 0; k < c->tally_count; k++) {
        const struct import_verdicts *t = &c->tallies[k];
        int64_t before = 0, after = 0;
        for (size_t r = 0; r < REASON_COUNT; r++) {
            before += reason_allows((enum reason)r) ? t->before[r] : 0;
            after += reason_allows((enum reason)r) ? t->after[r] : 0;
        }
        printf("\n%s: %lld sendable before, %lld after\n%12s  %12s\n", t->purpose, (long long)before,
               (long long)after, "before", "after");
        for (size_t r = 0; r < REASON_COUNT; r++) {
            if (t->before[r] != 0 || t->after[r] != 0)
                printf("%12lld  %12lld  %s\n", (long long)t->before[r], (long long)t->after[r],
                       reason_word((enum reason)r));
        }
    }
    if (c->refused > 0)
        printf("\nwhat was refused, and why: %s\n", i->refused_path);
}

/* What came in is in: it is told too where the rest did not. */
static int failure_print(const struct import *i, const char *fault)
{
    fprintf(stderr, "%sakkoord: import: %.300s: %.390s\n", isatty(STDERR_FILENO) ? "\n" : "", i->path, fault);
    if (i->in_line == 0)
        return 1;
    table_print(i);
    fprintf(stderr, "%s up to line %zu: mend that and run it again; what is in already is no second event\n",
            i->dry ? "tried" : "what is taken came in", i->in_line);
    return 1;
}

/* ---- the command ---- */

/* Of the file's bytes, so that the same export is the same batch, whatever it is called. */
static const char *file_hash(struct import *i, char hash[HASH_TEXT + 1])
{
    uint8_t digest[EVP_MAX_MD_SIZE] = {0};
    char chunk[65536];
    FILE *file = fopen(i->path, "rbe");
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = file != NULL && md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;
    for (size_t n; ok && (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        ok = EVP_DigestUpdate(md, chunk, n) == 1;
    ok = ok && ferror(file) == 0 && EVP_DigestFinal_ex(md, digest, NULL) == 1;
    const char *fault = ok ? NULL : strerror(errno);
    EVP_MD_CTX_free(md);
    if (file != NULL)
        fclose(file);
    for (size_t k = 0; k < HASH_TEXT / 2; k++)
        snprintf(hash + 2 * k, 3, "%02x", digest[k]);
    return fault;
}

static const char *names_make(struct import *i, const struct arguments *args)
{
    char hash[HASH_TEXT + 1] = "";
    struct stat st;
    const char *batch = arguments_flag(args, "batch"), *refused = arguments_flag(args, "refused");
    bool is_file = strcmp(i->path, "-") != 0 && stat(i->path, &st) == 0 && S_ISREG(st.st_mode);
    if (is_file) {
        const char *fault = file_hash(i, hash);
        if (fault != NULL)
            return fault;
        i->size = st.st_size;
    } else if (strcmp(i->path, "-") != 0) {
        return strerror(errno);
    } else if (batch == NULL) {
        return "--batch is needed for what comes from stdin";
    }
    if (batch != NULL)
        snprintf(i->batch, sizeof i->batch, "%.150s", batch);
    else
        snprintf(i->batch, sizeof i->batch, "%s", hash);
    snprintf(i->refused_default, sizeof i->refused_default, "%.4000s.refused", is_file ? i->path : "import");
    i->refused_path = refused != NULL ? refused : i->refused_default;
    snprintf(i->progress_path, sizeof i->progress_path, "%.4000s.progress", i->path);
    snprintf(i->fingerprint, sizeof i->fingerprint, "%s %.128s %.150s %.100s", hash, i->source, i->batch,
             i->recipe_options.notice != NULL ? i->recipe_options.notice : "");
    i->progress.path = is_file && !i->dry ? i->progress_path : NULL;
    i->progress.fingerprint = i->fingerprint;
    return NULL;
}

static const char *flags_take(struct import *i, const struct arguments *args)
{
    const char *format = arguments_flag(args, "format"), *separator = arguments_flag(args, "separator");
    const char *recipe = arguments_flag(args, "recipe"), *dates = arguments_flag(args, "dates"),
               *last = arguments_flag(args, "last-line");
    size_t len = strlen(i->path);
    enum rows_format by_name =
        (len > 7 && strcmp(i->path + len - 7, ".ndjson") == 0) ? ROWS_NDJSON : ROWS_CSV;
    if (format != NULL && strcmp(format, "csv") != 0 && strcmp(format, "ndjson") != 0)
        return "--format is csv or ndjson";
    if (format != NULL)
        by_name = strcmp(format, "csv") == 0 ? ROWS_CSV : ROWS_NDJSON;
    if (!recipe_format(recipe, by_name, &i->rows_options.format))
        return "--recipe is listmonk, listmonk-api, mautic, mailchimp or plain";
    if (separator != NULL && strcmp(separator, "tab") != 0 && (strlen(separator) != 1 || separator[0] == '"'))
        return "--separator is one character, or tab";
    if (dates != NULL && strcmp(dates, "dmy") != 0 && strcmp(dates, "mdy") != 0)
        return "--dates is dmy or mdy";
    if (last != NULL && strcmp(last, "accept") != 0 && strcmp(last, "refuse") != 0)
        return "--last-line is accept or refuse";
    i->rows_options.takes_unended = last != NULL && strcmp(last, "accept") == 0;
    i->rows_options.path = i->path;
    i->rows_options.encoding = arguments_flag(args, "encoding");
    i->rows_options.separator = (char)(separator == NULL               ? 0
                                       : strcmp(separator, "tab") == 0 ? '\t'
                                                                       : separator[0]);
    i->recipe_options = (struct recipe_options){.recipe = recipe,
                                                .map = arguments_flag(args, "map"),
                                                .ignored = arguments_flag(args, "ignore-column"),
                                                .states = arguments_flag(args, "states"),
                                                .list = arguments_flag(args, "list"),
                                                .purpose = arguments_flag(args, "purpose"),
                                                .method = arguments_flag(args, "method"),
                                                .language = arguments_flag(args, "language"),
                                                .notice = arguments_flag(args, "notice"),
                                                .dates = dates};
    i->client_options = (struct client_options){.url = arguments_flag(args, "url"),
                                                .token_file = arguments_flag(args, "token-file"),
                                                .ca_file = arguments_flag(args, "ca-file")};
    i->dry = arguments_flag(args, "dry-run") != NULL;
    i->source = arguments_flag(args, "source");
    if (i->source == NULL)
        i->source = recipe != NULL && strcmp(recipe, "plain") != 0 ? recipe : "file";
    if (i->client_options.url == NULL || i->client_options.token_file == NULL)
        return "--url of the service and --token-file are needed";
    return NULL;
}

/* Opens the file, what its columns mean, and the service. */
static const char *import_open(struct import *i)
{
    const char *const *columns, *fault;
    i->rows = rows_open(&i->rows_options, &fault);
    if (i->rows == NULL)
        return fault;
    size_t count = rows_columns(i->rows, &columns);
    i->recipe = recipe_open(&i->recipe_options, i->rows_options.format, columns, count, &fault);
    if (i->recipe == NULL)
        return fault;
    i->client = client_open(&i->client_options, &fault);
    if (i->client == NULL)
        return fault;
    const char *const parameters[] = {
        "source", i->source, "batch", i->batch, "dry_run", i->dry ? "true" : NULL, NULL};
    i->sent = calloc(CALL_LINES, sizeof *i->sent);
    return i->sent == NULL ? "out of memory" : client_path(i->client, "/v1/imports", parameters);
}

static void import_close(struct import *i)
{
    if (i->client != NULL)
        client_close(i->client);
    if (i->recipe != NULL)
        recipe_close(i->recipe);
    if (i->rows != NULL)
        rows_close(i->rows);
    if (i->refused != NULL)
        fclose(i->refused);
    file_wipe(&i->lines);
    file_wipe(&i->texts);
    buf_free(&i->answer);
    free(i->sent);
    free(i);
}

/* What is not read is told before anything is sent: it may be what says who said no. */
static void unread_print(const struct import *i)
{
    const char *const *columns;
    size_t count = rows_columns(i->rows, &columns), told = 0;
    for (size_t k = 0; k < count; k++) {
        if (!recipe_passes_over(i->recipe, k))
            continue;
        fputs(told++ == 0 ? "nothing is read from these columns: " : ", ", stderr);
        for (const char *c = columns[k]; *c != '\0'; c++)
            fputc((unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c, stderr);
    }
    if (told > 0)
        fputc('\n', stderr);
}

static int import_run(struct import *i, const struct arguments *args)
{
    const char *fault = names_make(i, args);
    if (fault == NULL)
        fault = import_open(i);
    if (fault == NULL)
        unread_print(i);
    if (fault == NULL && import_progress_read(&i->progress))
        fprintf(stderr, "goes on behind row %lld, where it was interrupted\n",
                (long long)i->progress.counts.rows);
    if (fault == NULL)
        fault = rows_send(i);
    if (fault != NULL)
        return failure_print(i, fault);
    bar_show(i, true);
    import_progress_end(&i->progress);
    table_print(i);
    return i->progress.counts.refused > 0 ? 1 : 0;
}

static int import(const struct config *config, const struct arguments *args)
{
    (void)config;
    if (args->operand_count != 1)
        return command_misused("import", "one FILE is needed, - for stdin");
    struct import *i = calloc(1, sizeof *i);
    if (i == NULL)
        return command_failed("import", "out of memory");
    i->path = args->operands[0];
    buf_init(&i->lines, CALL_BYTES + 2 * BATCH_LINE_BYTES_MAX + 4 * ROW_BYTES_MAX);
    buf_init(&i->texts, (size_t)CALL_LINES * ROW_BYTES_MAX);
    buf_init(&i->answer, ANSWER_MAX);
    const char *fault = flags_take(i, args);
    int rc = fault != NULL ? command_misused("import", fault) : import_run(i, args);
    import_close(i);
    return rc;
}

static const struct config_flag import_flags[] = {
    {"url", "URL", "of the service"},
    {"token-file", "FILE", "a token or an API key with the scope consent:import"},
    {"ca-file", "FILE", "the authorities to believe; the system's by default"},
    {"dry-run", NULL, "only tells what the import would be worth"},
    {"source", "NAME", "the system that the file is of; the recipe's name by default"},
    {"batch", "NAME", "this export of it; a hash of the file by default"},
    {"recipe", "NAME", "listmonk, listmonk-api, mautic, mailchimp, or plain: columns by their own names"},
    {"list", "NAME", "of listmonk-api: the list that is meant; each by default"},
    {"map", "COLUMN=MEMBER,...",
     "what columns are: email, phone, customer, postal, visitor, purpose, event_state, event_time, ref, "
     "language, collection_method, confirmed_at, ip, url, user_agent, form"},
    {"ignore-column", "COLUMN,...",
     "nothing is to be read from these; refused without where a column's name may be one for who chose what"},
    {"states", "WORD=STATE,...",
     "what the words of event_state mean; a word without a state leaves the row out"},
    {"purpose", "KEY", "where a row names none"},
    {"notice", "ID:VERSION", "the words that each Yes was said to; not known by default"},
    {"method", "WORD", "the collection_method, where a row names none; import by default"},
    {"language", "TAG", "where a row names none"},
    {"format", "csv|ndjson", "by the file's name by default"},
    {"separator", "CHARACTER", "of CSV: what the header has most of by default; tab for a tab"},
    {"encoding", "NAME", "as iconv knows it; UTF-8 by default"},
    {"dates", "dmy|mdy", "which of the two 03/04/2026 is"},
    {"last-line", "accept|refuse",
     "of CSV: what becomes of a last line that has no end, which a file that was cut off has; refuse by "
     "default"},
    {"refused", "FILE", "where rows that are refused go, with the reasons; FILE.refused by default"},
    {0}};

const struct command import_command = {
    "import",           "FILE", "brings in what another tool recorded: CSV or NDJSON", import_flags,
    command_no_options, import};
