/* SPDX-License-Identifier: Apache-2.0 */
#include "command/command.h"
#include "command/probe.h"

#include <stdio.h>
#include <string.h>

/* The status line and the body's first: what `docker inspect` shows of an unhealthy container. */
static int answer_judge(char *answer)
{
    static const char good[] = "HTTP/1.1 200";
    bool healthy = strncmp(answer, good, strlen(good)) == 0;
    char *body = strstr(answer, "\r\n\r\n");
    const char *text = body != NULL ? body + strlen("\r\n\r\n") : "";
    int line = (int)strcspn(text, "\r\n");
    answer[strcspn(answer, "\r")] = '\0';
    printf("%s %.*s\n", answer, line, text);
    return healthy ? 0 : 1;
}

static int health(const struct config *config, const struct arguments *args)
{
    const char *list = config->listen;
    const char *path = arguments_flag(args, "live") != NULL ? "/healthz" : "/readyz";
    struct address address;
    struct probe_answer answer;
    if (!address_next(&list, &address))
        return command_failed("health", "it asks in clear text: AKKOORD_LISTEN is needed");
    switch (probe_get(&address, false, path, &answer)) {
    case PROBE_ANSWERED:
        return answer_judge(answer.text);
    case PROBE_REFUSED:
        return command_failed("health", "nothing answers at AKKOORD_LISTEN");
    default:
        return command_failed("health", "no answer");
    }
}

static const struct config_flag health_flags[] = {
    {"live", NULL, "only whether the process lives (/healthz), not whether it can serve (/readyz)"}, {0}};

static const char *const health_options[] = {"listen", NULL};

const struct command health_command = {
    "health",
    "",
    "asks the running service whether it is ready; for a container's health check",
    health_flags,
    health_options,
    health};
