/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

/* What the service keeps and cannot read: CMS EnvelopedData (RFC 5652, 6) with AES-256-CBC, to the
 * certificate of the controller's officer, who opens it with the key that is elsewhere:
 * `openssl cms -decrypt -inform DER -recip CERTIFICATE -inkey KEY`. */

/* Appends the base64 of the DER to ${out}. ${certificate}: PEM. Returns -1 when it is no certificate that can
 * be sealed to, or libcrypto or memory failed. */
int envelope_seal(const char *certificate, const void *bytes, size_t len, struct buf *out);
