/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>

Test(replay_examples, every_example_of_the_contract_is_answered_as_it_says)
{
    struct tenant demo = stage_tenant("demo");
    const struct service *s = demo.service;
    const char *const argv[] = {"/usr/bin/env",
                                "python3",
                                EXAMPLES_SCRIPT,
                                text_of("http://127.0.0.1:%u", s->port),
                                demo.token,
                                "--metrics",
                                text_of("http://127.0.0.1:%u", s->metrics_port),
                                NULL};
    char *output;
    int status = process_run(argv, NULL, &output);
    cr_assert_eq(status, 0, "%s", output);
}
