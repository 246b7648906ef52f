/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/embedded.h"
#include "http/call.h"

/* Answers a file that was put into the binary, and ends the call: in the coding that the request likes
 * best of those the table ${files} holds beside it (NAME.br, NAME.gz, made at build time), under a strong
 * entity tag of the bytes that are sent; 304 where the client has them. ${cacheable} is a Cache-Control
 * header. The texts are static. */
void asset_answer(struct call *call, const struct embedded *files, const struct embedded *file,
                  const char *type, const char *cacheable);
