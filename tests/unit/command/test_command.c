/* SPDX-License-Identifier: Apache-2.0 */
#include "command/command.h"

#include "config/config_table.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct command *const commands[] = {&serve_command,
                                                 &migrate_command,
                                                 &apply_command,
                                                 &rotate_command,
                                                 &key_command,
                                                 &token_command,
                                                 &mask_command,
                                                 &health_command,
                                                 &doctor_command,
                                                 &options_command,
                                                 &webhook_command,
                                                 &setup_command,
                                                 NULL};

/* What `akkoord ${words}` prints, which must end with ${status}; to be freed. */
static char *printed(int status, const char *first, const char *second)
{
    char *text, *argv[] = {"akkoord", (char *)first, (char *)second, NULL};
    size_t len;
    FILE *real = stdout;
    stdout = open_memstream(&text, &len);
    cr_expect_eq(command_main(commands, second != NULL ? 3 : 2, argv, "0"), status, "%s", first);
    fclose(stdout);
    stdout = real;
    return text;
}

static bool shows(const char *text, const char *what)
{
    return strstr(text, what) != NULL;
}

Test(command, each_help_shows_its_flags_and_the_options_it_reads_and_no_other)
{
    char variable[OPTION_NAME_MAX], line[OPTION_NAME_MAX + 8], flag[64];
    for (size_t i = 0; commands[i] != NULL; i++) {
        const struct command *c = commands[i];
        char *help = printed(0, c->name, "--help");
        for (const struct option *o = options; o->name != NULL; o++) {
            option_variable(o, variable);
            snprintf(line, sizeof line, "\n  %s, --", variable);
            cr_expect_eq(shows(help, line), option_is_read(o, c->options), "%s: %s", c->name, variable);
        }
        for (const struct config_flag *f = c->flags; f != NULL && f->name != NULL; f++) {
            snprintf(flag, sizeof flag, "\n  --%s", f->name);
            cr_expect(shows(help, flag), "%s: %s", c->name, flag);
        }
        free(help);
    }
}

Test(command, each_option_that_one_reads_is_one)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        for (const char *const *name = commands[i]->options; name != NULL && *name != NULL; name++) {
            const struct option *o = options;
            while (o->name != NULL && strcmp(o->name, *name) != 0)
                o++;
            cr_expect_not_null(o->name, "%s: %s", commands[i]->name, *name);
        }
    }
}

/* Else it would keep its default, whatever is set. */
Test(command, each_option_is_read_by_a_command_that_works_with_it)
{
    for (const struct option *o = options; o->name != NULL; o++) {
        bool is_read = false;
        for (size_t i = 0; commands[i] != NULL; i++)
            is_read |= commands[i]->options != NULL && option_is_read(o, commands[i]->options);
        cr_expect(is_read, "%s", o->name);
    }
}

Test(command, the_programs_help_lists_all)
{
    char *help = printed(0, "--help", NULL), line[32], variable[OPTION_NAME_MAX];
    for (size_t i = 0; commands[i] != NULL; i++) {
        snprintf(line, sizeof line, "\n  %s ", commands[i]->name);
        cr_expect(shows(help, line), "%s", line);
    }
    for (const struct option *o = options; o->name != NULL; o++) {
        option_variable(o, variable);
        cr_expect(shows(help, variable), "%s", variable);
    }
    free(help);
}

Test(command, scopes_are_listed_where_one_is_asked)
{
    static const char *const asking[] = {"token", "key"};
    for (size_t i = 0; i < sizeof asking / sizeof *asking; i++) {
        char *help = printed(0, asking[i], "--help");
        cr_expect(shows(help, " consent:record ") && shows(help, " mask ") && shows(help, " keys:write ") &&
                      shows(help, " audit\n"),
                  "%s", help);
        free(help);
    }
}

Test(command, a_token_that_would_live_too_long_names_the_option_that_forbids_it)
{
    char *argv[] = {"akkoord", "token", "--controller",      "k",         "--scope", "mask",
                    "--ttl",   "30d",   "--jwt-secret-file", "/dev/null", NULL};
    char *text;
    size_t len;
    FILE *real = stderr;
    stderr = open_memstream(&text, &len);
    cr_expect_eq(command_main(commands, 10, argv, "0"), 1);
    fclose(stderr);
    stderr = real;
    cr_expect(shows(text, "--ttl 30d is longer than AKKOORD_JWT_MAX_LIFETIME, 86400 seconds: ask for less"),
              "%s", text);
    free(text);
}

Test(command, what_is_wrong_is_misuse)
{
    free(printed(COMMAND_MISUSED, "nothing", NULL));
    free(printed(COMMAND_MISUSED, "options", "word"));
    free(printed(COMMAND_MISUSED, "mask", "--listen=:1"));
    free(printed(COMMAND_MISUSED, "health", "--threads=1"));
}
