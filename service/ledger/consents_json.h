/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/controller.h"
#include "store/subject.h"
#include "wire/writer.h"

/* What stands for a person now, as clients see it: the members "minor" and "represented" (null where nothing
 * is known), and "consents", of each purpose of the policy the verdict and the event that proves it. */
void consents_members(struct writer *w, const struct controller *controller, const struct states_job *states);
