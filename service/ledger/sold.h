/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/policy.h"
#include "wire/reader.h"

/* Reads the optional member "product_group" of ${object}: what is to be sold, called as in the sale that a
 * soft opt-in rests on; 0 where it is absent or (with a fault) cannot be a name. */
product_group sold_read(const struct node *object, const struct policy *policy);
