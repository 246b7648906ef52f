/* SPDX-License-Identifier: Apache-2.0 */
#include "command/behind.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_name(const char *name)
{
    return name != NULL && strlen(name) <= BEHIND_NAME_MAX && claims_subject_valid(name);
}

/* Under sudo the person who called it; else who logged in, also where they became another since (su). Of a
 * process that nobody logged in for, a container's or a timer's, its user. */
static const char *name_find(char number[32])
{
    static char login[BEHIND_NAME_MAX + 1];
    const char *sudo = getuid() == 0 ? getenv("SUDO_USER") : NULL;
    if (is_name(sudo))
        return sudo;
    if (getlogin_r(login, sizeof login) == 0 && is_name(login))
        return login;
    const struct passwd *user = getpwuid(getuid());
    if (user != NULL && is_name(user->pw_name))
        return user->pw_name;
    snprintf(number, 32, "uid %lld", (long long)getuid());
    return number;
}

const char *behind_actor(const struct arguments *args, const char *command,
                         char ret_actor[CLAIMS_SUBJECT_MAX + 1])
{
    char number[32];
    const char *name = arguments_flag(args, "by");
    if (name != NULL && !is_name(name))
        return "--by is a name of 1 to 96 printable ASCII characters";
    snprintf(ret_actor, CLAIMS_SUBJECT_MAX + 1, "%s (akkoord %s)", name != NULL ? name : name_find(number),
             command);
    return NULL;
}
