/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/mask.h"
#include "base/clock.h"
#include "command/command.h"
#include "command/mask_gate.h"
#include "wire/pointer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READ_SIZE = 64 * 1024,     /* of text: in the second-level cache with its output */
    LINE_MAX_SIZE = 1 << 20,   /* of NDJSON: a line is written only when all of it is known to be good */
    GATE_ANSWER_MAX = 64 << 20 /* the service's own ceiling */
};
/* Exit codes: 0, all is masked, or nobody reads the output any more; COMMAND_MISUSED; and
 *   1  reading or writing failed; stderr says which
 *   3  NDJSON only: lines were left out; stderr names each by its number, never by its content */
enum { EXIT_IO = 1, EXIT_LINES = 3 };
#define PROGRESS_PERIOD (SECOND / 2)

struct filter {
    struct mask_prefixes prefixes;
    bool prefixes_given;
    enum { FORMAT_UNSAID, FORMAT_TEXT, FORMAT_NDJSON } format;
    bool bad_lines_masked;
    uint64_t left_out, as_text; /* lines of the input */
    struct mask_gate_options gate_options;
    bool line_buffered;
    int status;
    const char *name; /* of the input */
    int in;
    uint64_t done, total; /* bytes of the input; total is 0 where no progress is shown */
    int64_t shown;        /* when progress was, microseconds */
    struct mask_wide wide;
    struct mask_stream stream;
    struct mask_json json;
    struct mask_gate *gate; /* NULL: there is none */
    struct buf answer;      /* of the gate */
    char input[LINE_MAX_SIZE];
    char output[2 * LINE_MAX_SIZE + 64];
};

/* Returns false when the output is closed or full; the first is no failure. */
static bool output_write(struct filter *f, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            if (errno != EPIPE) {
                fprintf(stderr, "akkoord mask: cannot write: %s\n", strerror(errno));
                f->status = EXIT_IO;
            }
            return false;
        }
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static void progress_show(struct filter *f, bool end)
{
    if (f->total == 0 || (!end && clock_monotonic() - f->shown < PROGRESS_PERIOD))
        return;
    f->shown = clock_monotonic();
    uint64_t percent = f->done < f->total ? f->done * 100 / f->total : 100;
    fprintf(stderr, "\r%s: %3" PRIu64 " %% of %" PRIu64 " MB%s", f->name, percent, f->total / 1000000,
            end ? "\n" : "");
}

static void progress_start(struct filter *f)
{
    struct stat st;
    f->done = f->total = 0;
    if (isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO) && fstat(f->in, &st) == 0 && S_ISREG(st.st_mode))
        f->total = (uint64_t)st.st_size;
    f->shown = clock_monotonic();
}

/* Fills ${room} bytes, or with --line-buffered takes what there is. Returns 0 at the end, -1 on failure. */
static ssize_t input_read(struct filter *f, char *bytes, size_t room)
{
    size_t len = 0;
    while (len < room) {
        ssize_t n = read(f->in, bytes + len, room - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fprintf(stderr, "akkoord mask: cannot read %s: %s\n", f->name, strerror(errno));
            f->status = EXIT_IO;
            return -1;
        }
        len += (size_t)n;
        if (n == 0 || f->line_buffered)
            break;
    }
    if (mask_wide_seen(&f->wide, bytes, len)) {
        fprintf(stderr,
                "akkoord mask: %s is UTF-16 or UTF-32, in which no address is found: convert it first, as in "
                "iconv -f UTF-16 -t UTF-8\n",
                f->name);
        f->status = EXIT_IO;
        return -1;
    }
    f->done += len;
    progress_show(f, len == 0);
    return (ssize_t)len;
}

static bool text_filter(struct filter *f)
{
    ssize_t n;
    mask_stream_init(&f->stream, f->prefixes);
    while ((n = input_read(f, f->input, READ_SIZE)) > 0)
        if (!output_write(f, f->output, mask_stream_feed(&f->stream, f->input, (size_t)n, f->output)))
            return false;
    return output_write(f, f->output, mask_stream_finish(&f->stream, f->output)) && n == 0;
}

static void line_report(struct filter *f, uint64_t number, const char *fault)
{
    fprintf(stderr, "akkoord mask: %s: line %" PRIu64 " left out: %s\n", f->name, number, fault);
    f->left_out++;
    f->status = EXIT_LINES;
}

/* How many lines of the input were not what they should be. */
static void lines_tell(const struct filter *f)
{
    if (f->left_out > 0)
        fprintf(stderr, "akkoord mask: %s: %" PRIu64 " left out in all\n", f->name, f->left_out);
    if (f->as_text > 0)
        fprintf(stderr, "akkoord mask: %s: %" PRIu64 " masked as text, being no JSON that can be masked\n",
                f->name, f->as_text);
}

/* ---- the gate ---- */

/* Reports a line of the gate's answer that says a line is bad, the ${number}th and on of the input.
 * Returns false when it is an event. */
static bool gate_fault_take(struct filter *f, const char *line, size_t len, uint64_t before)
{
    static const char type[] = "\"urn:akkoord:problem:";
    static const struct pointer line_at = {1, {"line"}}, type_at = {2, {"error", "type"}};
    const char *number, *value;
    size_t number_len, value_len;
    if (!pointer_find(&type_at, line, len, &value, &value_len) || value_len < strlen(type) ||
        memcmp(value, type, strlen(type)) != 0 || !pointer_find(&line_at, line, len, &number, &number_len))
        return false;
    line_report(f, before + strtoull(number, NULL, 10), "it is no event, or its visitor has no valid code");
    return true;
}

/* Writes what the gate let through of lines that begin behind line ${before}. */
static bool gate_write(struct filter *f, uint64_t before)
{
    struct mask_lines answers = {.at = f->answer.data, .end = f->answer.data + f->answer.len};
    const char *line;
    size_t len, used = 0;
    while (mask_lines_next(&answers, &line, &len)) {
        if (gate_fault_take(f, line, len, before))
            continue;
        size_t whole = len + (line + len < answers.end);
        memmove(f->answer.data + used, line, whole);
        used += whole;
    }
    return output_write(f, f->answer.data, used);
}

/* The bytes of at most MASK_GATE_LINES lines, and in ${ret_lines} how many those are. */
static size_t gate_share(const char *bytes, size_t len, uint64_t *ret_lines)
{
    size_t share = 0;
    for (*ret_lines = 0; share < len && *ret_lines < MASK_GATE_LINES; ++*ret_lines) {
        const char *newline = memchr(bytes + share, '\n', len - share);
        share = newline != NULL ? (size_t)(newline + 1 - bytes) : len;
    }
    return share;
}

static bool lines_gate(struct filter *f, struct mask_lines *lines, size_t len)
{
    uint64_t count;
    for (size_t at = 0, share; at < len; at += share) {
        share = gate_share(f->input + at, len - at, &count);
        const char *fault = mask_gate_pass(f->gate, f->input + at, share, &f->answer);
        if (fault != NULL) {
            fprintf(stderr, "akkoord mask: nothing passes from line %" PRIu64 " on: %s\n", lines->number + 1,
                    fault);
            f->status = EXIT_IO;
            return false;
        }
        if (!gate_write(f, lines->number))
            return false;
        lines->number += count;
    }
    return true;
}

/* ---- NDJSON ---- */

/* Masks the lines of the first ${len} bytes of the input and writes those that are good. */
static bool lines_filter(struct filter *f, struct mask_lines *lines, size_t len)
{
    if (f->gate != NULL)
        return lines_gate(f, lines, len);
    const char *line;
    size_t line_len, used = 0, masked;
    lines->at = f->input;
    lines->end = f->input + len;
    while (mask_lines_next(lines, &line, &line_len)) {
        enum mask_json_fault fault = mask_json(&f->json, line, line_len, f->output + used, &masked);
        if (fault != MASK_JSON_OK && f->bad_lines_masked) {
            masked = mask_json_as_text(&f->json, line, line_len, f->output + used);
            f->as_text++;
        } else if (fault != MASK_JSON_OK) {
            line_report(f, lines->number, mask_json_fault_text(fault));
            continue;
        }
        used += masked;
        if (line + line_len < f->input + len) /* its newline; the last line may have none */
            f->output[used++] = '\n';
    }
    return output_write(f, f->output, used);
}

static bool ndjson_filter(struct filter *f)
{
    struct mask_lines lines = {0};
    size_t held = 0;
    bool skipping = false; /* the rest of a line that is too long */
    ssize_t n;
    while ((n = input_read(f, f->input + held, sizeof f->input - held)) > 0) {
        size_t len = held + (size_t)n, from = 0;
        const char *newline = memchr(f->input, '\n', skipping ? len : 0);
        if (skipping && newline == NULL) {
            held = 0;
            continue;
        }
        if (skipping)
            from = (size_t)(newline + 1 - f->input);
        skipping = false;
        memmove(f->input, f->input + from, len - from);
        len -= from;
        newline = memrchr(f->input, '\n', len);
        size_t whole = newline != NULL ? (size_t)(newline + 1 - f->input) : 0;
        if (!lines_filter(f, &lines, whole))
            return false;
        held = len - whole;
        memmove(f->input, f->input + whole, held);
        if (held == sizeof f->input) {
            line_report(f, ++lines.number, "longer than 1 MiB");
            skipping = true;
            held = 0;
        }
    }
    return lines_filter(f, &lines, held) && n == 0;
}

/* Returns false when the output can take no more. */
static bool input_filter(struct filter *f, const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    f->name = standard ? "standard input" : path;
    f->in = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (f->in < 0) {
        fprintf(stderr, "akkoord mask: cannot open %s: %s\n", path, strerror(errno));
        f->status = EXIT_IO;
        return false;
    }
    posix_fadvise(f->in, 0, 0, POSIX_FADV_SEQUENTIAL);
    progress_start(f);
    f->wide = (struct mask_wide){0};
    f->left_out = f->as_text = 0;
    bool good = f->format == FORMAT_NDJSON ? ndjson_filter(f) : text_filter(f);
    lines_tell(f);
    if (!standard)
        close(f->in);
    return good;
}

/* A prefix length from 0 to ${most}. */
static bool prefix_parse(const char *text, unsigned most, uint8_t *ret_prefix)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] < '0' || text[0] > '9' || value > most)
        return false;
    *ret_prefix = (uint8_t)value;
    return true;
}

/* Keeps what the flags say of masking. Returns what is wrong with one, or NULL. */
static const char *mask_flags_take(struct filter *f, const struct arguments *args)
{
    const char *ipv4 = arguments_flag(args, "ipv4-prefix"), *ipv6 = arguments_flag(args, "ipv6-prefix");
    const char *preset = arguments_flag(args, "preset"), *format = arguments_flag(args, "format");
    const char *bad_lines = arguments_flag(args, "bad-lines");
    f->prefixes = (struct mask_prefixes){MASK_IPV4_DEFAULT, MASK_IPV6_DEFAULT};
    f->prefixes_given = ipv4 != NULL || ipv6 != NULL || preset != NULL;
    f->line_buffered = arguments_flag(args, "line-buffered") != NULL;

    /* A prefix that is given by itself wins over that of a preset. */
    if (preset != NULL && !mask_preset(preset, &f->prefixes))
        return "--preset is ga, matomo-2 or strict";
    if (ipv4 != NULL && !prefix_parse(ipv4, 32, &f->prefixes.ipv4))
        return "--ipv4-prefix is a number from 0 to 32";
    if (ipv6 != NULL && !prefix_parse(ipv6, 128, &f->prefixes.ipv6))
        return "--ipv6-prefix is a number from 0 to 128";

    if (format != NULL && strcmp(format, "text") != 0 && strcmp(format, "ndjson") != 0)
        return "--format is text or ndjson";
    if (format != NULL)
        f->format = strcmp(format, "text") == 0 ? FORMAT_TEXT : FORMAT_NDJSON;
    if (bad_lines != NULL && strcmp(bad_lines, "drop") != 0 && strcmp(bad_lines, "mask") != 0)
        return "--bad-lines is drop or mask";
    if (bad_lines != NULL && f->format != FORMAT_NDJSON)
        return "--bad-lines goes with --format ndjson";
    f->bad_lines_masked = bad_lines != NULL && strcmp(bad_lines, "mask") == 0;
    return NULL;
}

/* The gate is NDJSON, masked as the service's policy says; and its flags mean nothing without it. */
static const char *gate_flags_take(struct filter *f, const struct arguments *args)
{
    f->gate_options = (struct mask_gate_options){.url = arguments_flag(args, "gate"),
                                                 .token_file = arguments_flag(args, "token-file"),
                                                 .ca_file = arguments_flag(args, "ca-file"),
                                                 .purpose = arguments_flag(args, "purpose"),
                                                 .visitor = arguments_flag(args, "visitor"),
                                                 .refused = arguments_flag(args, "refused"),
                                                 .keep = arguments_flag(args, "keep")};
    const struct mask_gate_options *o = &f->gate_options;
    bool any = o->token_file != NULL || o->ca_file != NULL || o->purpose != NULL || o->visitor != NULL ||
               o->refused != NULL || o->keep != NULL;
    if (o->url == NULL)
        return any ? "--token-file, --ca-file, --purpose, --visitor, --refused and --keep go with --gate"
                   : NULL;
    if (o->token_file == NULL)
        return "--gate needs --token-file";
    if (f->prefixes_given)
        return "with --gate the policy says how addresses are masked: no prefix and no preset";
    if (f->format == FORMAT_TEXT || f->bad_lines_masked)
        return "--gate takes NDJSON, and leaves out what is none";
    f->format = FORMAT_NDJSON;
    if (o->purpose == NULL)
        f->gate_options.purpose = "analytics";
    return NULL;
}

/* Masks all that is named. */
static void files_filter(struct filter *f, size_t count, char **paths)
{
    signal(SIGPIPE, SIG_IGN);
    f->line_buffered |= isatty(STDOUT_FILENO);
    f->json.prefixes = f->prefixes;
    if (count == 0)
        input_filter(f, "-");
    for (size_t i = 0; i < count && input_filter(f, paths[i]); i++)
        ;
    if (close(STDOUT_FILENO) != 0 && f->status == 0) { /* a full disk may show up only here */
        fprintf(stderr, "akkoord mask: cannot write: %s\n", strerror(errno));
        f->status = EXIT_IO;
    }
}

static int mask_with(struct filter *f, const struct arguments *args)
{
    const char *fault = mask_flags_take(f, args);
    if (fault == NULL)
        fault = gate_flags_take(f, args);
    if (fault != NULL)
        return command_misused("mask", fault);

    if (f->gate_options.url != NULL && (f->gate = mask_gate_open(&f->gate_options, &fault)) == NULL) {
        fprintf(stderr, "akkoord mask: %s\n", fault);
        return EXIT_IO;
    }
    files_filter(f, args->operand_count, args->operands);
    return f->status;
}

/* Memory does not grow with the input. Ignores SIGPIPE from then on. */
static int mask(const struct config *config, const struct arguments *args)
{
    (void)config;
    struct filter *f = calloc(1, sizeof *f);
    if (f == NULL) {
        fputs("akkoord mask: out of memory\n", stderr);
        return EXIT_IO;
    }
    buf_init(&f->answer, GATE_ANSWER_MAX);
    int status = mask_with(f, args);
    if (f->gate != NULL)
        mask_gate_close(f->gate);
    buf_free(&f->answer);
    free(f);
    return status;
}

static const struct config_flag mask_flags[] = {
    {"ipv4-prefix", "N", "bits that are kept of an IPv4 address, 0 to 32; 24 where nothing is said"},
    {"ipv6-prefix", "N", "bits that are kept of an IPv6 address, 0 to 128; 48 where nothing is said"},
    {"preset", "ga|matomo-2|strict", "both prefixes, as others do it"},
    {"format", "text|ndjson",
     "text by default, in UTF-8 (UTF-16 is refused: iconv -f UTF-16 -t UTF-8);\n"
     "of NDJSON the strings are masked, and arrays of bytes. Of journald take\n"
     "journalctl -o json: its export states lengths, which masking changes"},
    {"bad-lines", "drop|mask",
     "lines of NDJSON that are none, or cannot be masked as such: left out\n"
     "(exit 3) where nothing is said, or masked as text; those of more than\n"
     "1 MiB are left out either way"},
    {"line-buffered", NULL, "each line comes out at once, as for tail -F"},
    {"gate", "URL",
     "the lines are events, NDJSON, and only those come out, masked as the policy says, whose visitor may "
     "be\n"
     "      counted, as the service at URL says (POST /v1/analytics/filter)"},
    {"token-file", "FILE",
     "the token for --gate, of scope mask and consent:check; read again when it is refused"},
    {"purpose", "KEY", "what is asked for each visitor; analytics where nothing is said"},
    {"visitor", "POINTER", "where in an event the visitor is; /visitor where nothing is said"},
    {"refused", "drop|count", "what becomes of an event that may not be counted; drop where nothing is said"},
    {"keep", "POINTER,...", "what is kept of such an event with --refused count"},
    {"ca-file", "FILE",
     "who signs the service's certificate; the system's authorities where nothing is said"},
    {0}};

const struct command mask_command = {
    "mask",     "[FILE...]",        "masks IP addresses in a stream of text or NDJSON",
    mask_flags, command_no_options, mask};
