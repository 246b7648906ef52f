/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/verdict.h"
#include "wire/reader.h"

/* Reads the optional member "entity" of ${object}: its place among the policy's, ENTITY_ANY where it is
 * absent or (with a fault) none. */
int entity_read(const struct node *object, const struct policy *policy);
/* A fault at the member when the entity is not one that ${purpose} is of. */
void entity_check(const struct node *object, const struct purpose *purpose, int entity);
