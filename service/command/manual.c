/* SPDX-License-Identifier: Apache-2.0 */
#include "command/manual.h"

#include "command/completion.h"
#include "config/config_table.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

/* ---- roff ---- */

/* Text as roff takes it: `code` becomes bold, and nothing in it is a request or an escape. */
static void roff_text(const char *text, FILE *out)
{
    bool code = false, line_start = true;
    for (; *text != '\0'; text++) {
        if (*text == '`') {
            fputs(code ? "\\fP" : "\\fB", out);
            code = !code;
        } else if (*text == '\\') {
            fputs("\\e", out);
        } else if (*text == '-') {
            fputs("\\-", out);
        } else {
            fprintf(out, "%s%c", line_start && (*text == '.' || *text == '\'') ? "\\&" : "", *text);
        }
        line_start = *text == '\n';
    }
}

/* A paragraph whose first line is ${term} in bold, with ${value} behind it where there is one. */
static void roff_term(const char *term, const char *value, FILE *out)
{
    fputs(".TP\n\\fB", out);
    roff_text(term, out);
    fputs("\\fP", out);
    if (value != NULL) {
        fputs(" \\fI", out);
        roff_text(value, out);
        fputs("\\fP", out);
    }
    fputc('\n', out);
}

static void roff_line(const char *text, FILE *out)
{
    roff_text(text, out);
    fputc('\n', out);
}

static void head_write(const char *command, const char *version, const char *text, FILE *out)
{
    fputs(".\\\" SPDX-License-Identifier: Apache-2.0\n.\\\" Made by akkoord --manual; do not edit.\n", out);
    fprintf(out, ".TH AKKOORD%s", command != NULL ? "\\-" : "");
    for (const char *c = command != NULL ? command : ""; *c != '\0'; c++)
        fprintf(out, *c == '-' ? "\\-" : "%c", toupper((unsigned char)*c));
    fprintf(out, " 1 \"\" \"akkoord %s\" \"Akkoord\"\n.nh\n.ad l\n.SH NAME\nakkoord%s", version,
            command != NULL ? "\\-" : "");
    roff_text(command != NULL ? command : "", out);
    fputs(" \\- ", out);
    roff_line(text, out);
}

/* ---- options ---- */

static void secret_write(const struct option *o, const char *variable, FILE *out)
{
    fprintf(out, "Secret: \\fB%s_FILE\\fP, \\fB", variable);
    char flag[OPTION_NAME_MAX + 8];
    snprintf(flag, sizeof flag, "--%s-file", o->name);
    roff_text(flag, out);
    fputs("\\fP name a file that holds it.\n", out);
}

static void option_write(const struct option *o, FILE *out)
{
    char terms[2 * OPTION_NAME_MAX + 8], variable[OPTION_NAME_MAX];
    option_variable(o, variable);
    snprintf(terms, sizeof terms, "%s, --%s", variable, o->name);
    roff_term(terms, NULL, out);
    roff_text(o->text, out);
    fputs(".\nDefault: ", out);
    roff_text(o->value != NULL ? o->value : o->absent, out);
    fprintf(out, "%s%s", o->unit != NULL ? " " : "", o->unit != NULL ? o->unit : "");
    if (o->type == OPTION_NUMBER)
        fprintf(out, ", from %lld to %lld", (long long)o->min, (long long)o->max);
    fputs(".\n", out);
    if (o->secret)
        secret_write(o, variable, out);
}

static void options_write(const char *const *names, FILE *out)
{
    bool begun = false;
    for (const struct option *o = options; o->name != NULL; o++) {
        if (!option_is_read(o, names))
            continue;
        if (!begun)
            fputs(".SH OPTIONS\nEach is set by a variable of the environment or by a flag, which wins.\n",
                  out);
        begun = true;
        option_write(o, out);
    }
}

/* ---- pages ---- */

static void command_write(const struct command *command, const char *version, FILE *out)
{
    head_write(command->name, version, command->text, out);
    fputs(".SH SYNOPSIS\n\\fBakkoord ", out);
    roff_text(command->name, out);
    fputs("\\fP [\\fIFLAG\\fP...] ", out);
    roff_line(command->operands, out);
    fputs(".SH DESCRIPTION\n", out);
    roff_text(command->text, out);
    fputs(".\n", out);
    if (command->flags != NULL && command->flags->name != NULL)
        fputs(".SH FLAGS\n", out);
    for (const struct config_flag *f = command->flags; f != NULL && f->name != NULL; f++) {
        char flag[64];
        snprintf(flag, sizeof flag, "--%s", f->name);
        roff_term(flag, f->value, out);
        roff_line(f->text, out);
    }
    options_write(command->options, out);
    fputs(".SH EXIT STATUS\n0; 1 where it failed, 2 where it was called wrongly: the reason is on standard "
          "error.\n.SH SEE ALSO\n.BR akkoord (1)\n",
          out);
}

static void program_write(const struct command *const *commands, const char *version, FILE *out)
{
    head_write(NULL, version, "a consent service: records, checks and withdraws consent", out);
    fputs(
        ".SH SYNOPSIS\n\\fBakkoord\\fP \\fICOMMAND\\fP [\\fIFLAG\\fP...]\n.br\n\\fBakkoord\\fP \\-\\-help | "
        "\\-\\-version | \\-\\-manual \\fIFOLDER\\fP\n.SH DESCRIPTION\n"
        "A program in front of a PostgreSQL database that records what people agreed to and in which words, "
        "answers whether something may be done, and lets people change their mind. A service that runs shows "
        "its contract at \\fB/docs\\fP.\n.PP\n\\fB\\-\\-manual\\fP writes these pages and bash's "
        "completion.\n.SH COMMANDS\nEach has a page of its own, \\fBakkoord\\-COMMAND\\fP(1).\n",
        out);
    for (const struct command *const *c = commands; *c != NULL; c++) {
        roff_term((*c)->name, (*c)->operands[0] != '\0' ? (*c)->operands : NULL, out);
        roff_line((*c)->text, out);
    }
    options_write(NULL, out);
    fputs(".SH FILES\n.TP\n\\fB/etc/akkoord/akkoord.env\\fP\nthe options, as \\fBakkoord setup\\fP wrote "
          "them and "
          "akkoord.service reads them\n.TP\n\\fB/etc/akkoord/keys\\fP\nthe keys. Without the subject key "
          "nobody "
          "can be found again, and every No is lost: back them up.\n.SH SEE ALSO\n",
          out);
    for (const struct command *const *c = commands; *c != NULL; c++) {
        fputs(".BR akkoord\\-", out);
        roff_text((*c)->name, out);
        fprintf(out, " (1)%s\n", c[1] != NULL ? "," : "");
    }
}

/* ---- files ---- */

static FILE *page_open(const char *folder, const char *stem, const char *name, const char *suffix)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s%s%s", folder, stem, name, suffix) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    return fopen(path, "we");
}

/* Accepts NULL. Returns -1 when what was written did not all arrive; errno says why. */
static int page_close(FILE *page)
{
    if (page == NULL)
        return -1;
    bool failed = ferror(page) != 0;
    return fclose(page) != 0 || failed ? -1 : 0;
}

static int pages_write(const struct command *const *commands, const char *version, const char *folder)
{
    FILE *page = page_open(folder, "akkoord", "", ".1");
    if (page != NULL)
        program_write(commands, version, page);
    int rc = page_close(page);
    for (const struct command *const *c = commands; rc == 0 && *c != NULL; c++) {
        if ((page = page_open(folder, "akkoord-", (*c)->name, ".1")) != NULL)
            command_write(*c, version, page);
        rc = page_close(page);
    }
    if (rc == 0 && (page = page_open(folder, "akkoord", "", ".bash")) != NULL)
        completion_write(commands, page);
    return rc == 0 ? page_close(page) : rc;
}

int manual_write(const struct command *const *commands, const char *version, const char *folder)
{
    char fault[PATH_MAX + 64];
    if (pages_write(commands, version, folder) == 0)
        return 0;
    snprintf(fault, sizeof fault, "%s: %s: name a folder that can be written to", folder, strerror(errno));
    return command_failed("--manual", fault);
}
