/* SPDX-License-Identifier: Apache-2.0 */
#include "command/completion.h"

#include "config/config_table.h"

#include <ctype.h>
#include <string.h>

/* What stands for a value: `csv|ndjson` is a choice of words, FILE a file, all else is the user's own. */
static bool is_choice(const char *value)
{
    return strchr(value, '|') != NULL && islower((unsigned char)value[strspn(value, "[")]);
}

static bool is_file(const char *value)
{
    return strstr(value, "FILE") != NULL || strcmp(value, "FOLDER") == 0;
}

/* The words of a choice, and of `[revoke]`, without what only shows their shape. */
static void choice_write(const char *value, FILE *out)
{
    for (; *value != '\0'; value++) {
        if (*value != '[' && *value != ']')
            fputc(*value == '|' ? ' ' : *value, out);
    }
}

static void flags_write(const struct command *command, FILE *out)
{
    fprintf(out, "    %s)\n        flags='", command->name);
    for (const struct config_flag *f = command->flags; f != NULL && f->name != NULL; f++)
        fprintf(out, "--%s ", f->name);
    for (const struct option *o = options; o->name != NULL; o++) {
        if (option_is_read(o, command->options))
            fprintf(out, o->secret ? "--%s --%s-file " : "--%s ", o->name, o->name);
    }
    fputs("--help'\n", out);
    const char *operands = command->operands;
    if (is_file(operands)) {
        fputs("        files=yes\n", out);
    } else if (islower((unsigned char)operands[strspn(operands, "[")])) {
        fputs("        words='", out);
        choice_write(operands, out);
        fputs("'\n", out);
    }
    fputs("        ;;\n", out);
}

/* What comes behind a flag that takes a value. */
static void values_write(const struct command *command, FILE *out)
{
    for (const struct config_flag *f = command->flags; f != NULL && f->name != NULL; f++) {
        if (f->value == NULL)
            continue;
        fprintf(out, "    %s:--%s) ", command->name, f->name);
        if (is_choice(f->value)) {
            fputs("words='", out);
            choice_write(f->value, out);
            fputs("' ;;\n", out);
        } else {
            fputs(is_file(f->value) ? "files=yes ;;\n" : "return ;;\n", out);
        }
    }
}

static void option_values_write(FILE *out)
{
    for (const struct option *o = options; o->name != NULL; o++) {
        if (o->secret)
            fprintf(out, "    *:--%s-file) files=yes ;;\n", o->name);
        fprintf(out, "    *:--%s) %s ;;\n", o->name,
                o->type == OPTION_FILE    ? "files=yes"
                : o->type == OPTION_LEVEL ? "words='error warn info debug'"
                                          : "return");
    }
}

void completion_write(const struct command *const *commands, FILE *out)
{
    fputs("# SPDX-License-Identifier: Apache-2.0\n# bash completion of akkoord. Made by akkoord --manual; do "
          "not "
          "edit.\n_akkoord()\n{\n    local current=${COMP_WORDS[COMP_CWORD]} "
          "previous=${COMP_WORDS[COMP_CWORD-1]}\n    local flags='' words='' files=''\n    COMPREPLY=()\n    "
          "if "
          "((COMP_CWORD == 1)); then\n        mapfile -t COMPREPLY < <(compgen -W '",
          out);
    for (const struct command *const *c = commands; *c != NULL; c++)
        fprintf(out, "%s ", (*c)->name);
    fputs("--help --version --manual' -- \"$current\")\n        return\n    fi\n    case "
          "${COMP_WORDS[1]}:$previous in\n",
          out);
    for (const struct command *const *c = commands; *c != NULL; c++)
        values_write(*c, out);
    option_values_write(out);
    fputs("    --manual:--manual) files=yes ;;\n", out);
    fputs("    *)\n        case ${COMP_WORDS[1]} in\n", out);
    for (const struct command *const *c = commands; *c != NULL; c++)
        flags_write(*c, out);
    fputs("        esac\n        [[ $current != -* ]] || words=$flags files=''\n        ;;\n    esac\n"
          "    [[ -z $words ]] || mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
          "    [[ -z $files ]] || mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n}\n"
          "complete -o filenames -o bashdefault -F _akkoord akkoord\n",
          out);
}
