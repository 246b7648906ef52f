/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/controllers.h"
#include "http/person.h"
#include "store/check.h"

/* The probes that one person and one purpose take, and the verdict from their answers. */

/* Probes for each tag of ${person}: twice as many while a subject key is being rotated. */
size_t question_probes(const struct person *person);
/* Fills question_probes(${person}) elements of ${probes}. */
void question_ask(const struct person *person, const struct purpose *purpose, struct probe *probes);
/* The strictest verdict over the person's identifiers, from the same probes, answered. */
struct verdict question_answer(const struct person *person, const struct policy *policy,
                               const struct purpose *purpose, const struct probe *probes, instant as_of);
