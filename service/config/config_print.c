/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include "config/config_table.h"

#include <string.h>

static const char *default_of(const struct option *o)
{
    return o->value != NULL ? o->value : o->absent;
}

/* The table's text is Markdown; a terminal has no use for its backquotes. */
static void plain_print(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        if (*text != '`')
            fputc(*text, out);
    }
}

static void option_help(const struct option *o, FILE *out)
{
    char name[OPTION_NAME_MAX];
    option_variable(o, name);
    fprintf(out, "\n  %s, --%s\n      ", name, o->name);
    plain_print(o->text, out);
    fprintf(out, "\n      default: ");
    plain_print(default_of(o), out);
    fprintf(out, "%s%s", o->unit != NULL ? " " : "", o->unit != NULL ? o->unit : "");
    if (o->type == OPTION_NUMBER)
        fprintf(out, " (%lld to %lld)", (long long)o->min, (long long)o->max);
    fputc('\n', out);
    if (o->secret)
        fprintf(out, "      secret: %s_FILE, --%s-file name a file that holds it\n", name, o->name);
}

void config_help(const char *const *names, FILE *out)
{
    bool begun = false;
    for (const struct option *o = options; o->name != NULL; o++) {
        if (!option_is_read(o, names))
            continue;
        if (!begun)
            fprintf(out, "Options, each a variable or a flag (which wins):\n");
        begun = true;
        option_help(o, out);
    }
}

static bool is_words(const struct option *o)
{
    return o->value == NULL;
}

void config_markdown(FILE *out)
{
    char name[OPTION_NAME_MAX];
    fprintf(out, "| option | default | |\n|---|---|---|\n");
    for (const struct option *o = options; o->name != NULL; o++) {
        option_variable(o, name);
        const char *quote = is_words(o) ? "" : "`";
        fprintf(out, "| `%s`%s | %s%s%s%s%s | %s |\n", name, o->secret ? ", `_FILE`" : "", quote,
                default_of(o), quote, o->unit != NULL ? " " : "", o->unit != NULL ? o->unit : "", o->text);
    }
}

static void value_print(const struct option *o, const struct config *config, FILE *out)
{
    static const char *const levels[] = {"error", "warn", "info", "debug"};
    const void *at = (const char *)config + o->offset;
    if (o->type == OPTION_NUMBER)
        fprintf(out, "%lld", (long long)*(const int64_t *)at);
    else if (o->type == OPTION_LEVEL)
        fputs(levels[*(const enum log_level *)at], out);
    else if (**(char *const *)at == '\0')
        fputs("none", out);
    else
        fputs(o->secret ? "set" : *(char *const *)at, out);
}

void config_print(const struct config *config, FILE *out)
{
    char name[OPTION_NAME_MAX];
    for (const struct option *o = options; o->name != NULL; o++) {
        option_variable(o, name);
        fprintf(out, "%s: ", name);
        value_print(o, config, out);
        fputc('\n', out);
    }
}
