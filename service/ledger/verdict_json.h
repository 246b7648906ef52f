/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/verdict.h"
#include "wire/writer.h"

/* Writes the members of a verdict (not the braces), as API.md has them. */
void verdict_members(struct writer *w, const struct verdict *v, const struct policy *policy, instant as_of);
