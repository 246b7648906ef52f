/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What clients see of a subject: opaque, and of one controller only. A subject's number is a plain sequence
 * and would tell how many customers there are; one block of AES-128 under the controller's own key hides it
 * and, since it carries the controller and zeros beside the number, does not accept a guessed one. */
enum { SUBJECT_ID_KEY_BYTES = 16, SUBJECT_ID_TEXT = 22 }; /* base64url of 16 bytes */

/* Not thread-safe: one per loop thread. */
struct subject_ids;

/* NULL when memory ran out. */
struct subject_ids *subject_ids_create(const uint8_t key[SUBJECT_ID_KEY_BYTES], int32_t controller_id);
/* Accepts NULL. */
void subject_ids_destroy(struct subject_ids *ids);
/* Writes 22 characters and a NUL. */
void subject_id_format(struct subject_ids *ids, int64_t subject_no, char text[SUBJECT_ID_TEXT + 1]);
/* False when it is not an identifier of this controller's. */
bool subject_id_parse(struct subject_ids *ids, const char *text, size_t len, int64_t *ret_subject_no);
