/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/controller.h"
#include "store/record.h"
#include "wire/reader.h"

/* An identifier as its tags; itself it is gone. */
struct tagged {
    enum identifier_type type;
    struct tag tag;
    struct tag old_tag; /* while a rotation of the subject key runs */
};

/* Its tags. */
void tagged_make(const struct identifier *identifier, const struct controller *controller,
                 struct tagged *ret_tagged);
/* Reads an identifier, {"type", "value"}. Returns false, with a fault, where it is none. */
bool tagged_read(const struct node *n, const struct controller *controller, struct tagged *ret_tagged);
/* Reads the member "subject" of ${object} (an identifier, or an array of up to eight of one person) into
 * tags, as struct person has them. What is wrong becomes faults of the reader, also two customer codes;
 * ${ret_person} is then of no use. */
void person_read(const struct node *object, const struct controller *controller, struct person *ret_person);
/* Likewise, of an object that is no question: unless it says a Yes (event_state, choices), telephone numbers
 * that are in no plan are read too, and one that could be either of two as both (identifier_readings). */
void person_read_leniently(const struct node *object, const struct controller *controller,
                           struct person *ret_person);
