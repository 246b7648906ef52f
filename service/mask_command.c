/* SPDX-License-Identifier: Apache-2.0 */
#include "mask_command.h"

#include "base/clock.h"
#include "domain/mask.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READ_SIZE = 256 * 1024, /* of text: in the second-level cache with its output */
    LINE_MAX_SIZE = 1 << 20 /* of NDJSON: a line is written only when all of it is known to be good */
};
enum { EXIT_IO = 1, EXIT_USAGE = 2, EXIT_LINES = 3 };
#define PROGRESS_PERIOD (SECOND / 2)

struct filter {
    struct mask_prefixes prefixes;
    bool ndjson;
    bool line_buffered;
    int status;
    const char *name; /* of the input */
    int in;
    uint64_t done, total; /* bytes of the input; total is 0 where no progress is shown */
    int64_t shown;        /* when progress was, microseconds */
    struct mask_stream stream;
    struct mask_json json;
    char input[LINE_MAX_SIZE];
    char output[2 * LINE_MAX_SIZE + 64];
};

static int usage(void)
{
    fputs("usage: akkoord mask [--ipv4-prefix N] [--ipv6-prefix N] [--preset ga|matomo-2|strict]\n"
          "                    [--format text|ndjson] [--line-buffered] [FILE...]\n",
          stderr);
    return EXIT_USAGE;
}

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
    f->status = EXIT_LINES;
}

/* Masks the lines of the first ${len} bytes of the input and writes those that are good. */
static bool lines_filter(struct filter *f, struct mask_lines *lines, size_t len)
{
    const char *line;
    size_t line_len, used = 0, masked;
    lines->at = f->input;
    lines->end = f->input + len;
    while (mask_lines_next(lines, &line, &line_len)) {
        enum mask_json_fault fault = mask_json(&f->json, line, line_len, f->output + used, &masked);
        if (fault != MASK_JSON_OK) {
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
    bool good = f->ndjson ? ndjson_filter(f) : text_filter(f);
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

/* Returns the index of the first file, or -1 with the usage printed. */
static int options_parse(int argc, char **argv, struct filter *f)
{
    static const struct option options[] = {
        {"ipv4-prefix", required_argument, NULL, '4'}, {"ipv6-prefix", required_argument, NULL, '6'},
        {"preset", required_argument, NULL, 'p'},      {"format", required_argument, NULL, 'f'},
        {"line-buffered", no_argument, NULL, 'l'},     {0},
    };
    int option;
    bool good = true;
    f->prefixes = (struct mask_prefixes){MASK_IPV4_DEFAULT, MASK_IPV6_DEFAULT};
    optind = 1;
    while (good && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case '4':
            good = prefix_parse(optarg, 32, &f->prefixes.ipv4);
            break;
        case '6':
            good = prefix_parse(optarg, 128, &f->prefixes.ipv6);
            break;
        case 'p':
            good = mask_preset(optarg, &f->prefixes);
            break;
        case 'f':
            f->ndjson = strcmp(optarg, "ndjson") == 0;
            good = f->ndjson || strcmp(optarg, "text") == 0;
            break;
        case 'l':
            f->line_buffered = true;
            break;
        default:
            good = false;
        }
    }
    if (good)
        return optind;
    usage();
    return -1;
}

int mask_command(int argc, char **argv)
{
    struct filter *f = calloc(1, sizeof *f);
    if (f == NULL) {
        fputs("akkoord mask: out of memory\n", stderr);
        return EXIT_IO;
    }
    int first = options_parse(argc, argv, f);
    int status = EXIT_USAGE;
    if (first >= 0) {
        signal(SIGPIPE, SIG_IGN);
        f->line_buffered |= isatty(STDOUT_FILENO);
        f->json.prefixes = f->prefixes;
        if (first == argc)
            input_filter(f, "-");
        for (int i = first; i < argc && input_filter(f, argv[i]); i++)
            ;
        if (close(STDOUT_FILENO) != 0 && f->status == 0) { /* a full disk may show up only here */
            fprintf(stderr, "akkoord mask: cannot write: %s\n", strerror(errno));
            f->status = EXIT_IO;
        }
        status = f->status;
    }
    free(f);
    return status;
}
