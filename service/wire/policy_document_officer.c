/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"
#include "wire/policy_document_internal.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

/* The privacy officer, to whom what nobody else may read is sealed: the name that a guardian signs with. */

/* What is sealed to a larger key does not fit the evidence of an event. */
enum { CERTIFICATE_BYTES_MAX = 16 * 1024, RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192 };

static const char certificate_advice[] =
    "must be a certificate as PEM, of an RSA key of 2048 to 8192 bits or of an elliptic curve";

/* Whether CMS can seal to its key (RFC 5652, 6.2: key transport, or key agreement by RFC 5753). */
static bool key_fits(const X509 *certificate)
{
    const EVP_PKEY *key = X509_get0_pubkey(certificate);
    if (key == NULL)
        return false;
    int type = EVP_PKEY_get_base_id(key), bits = EVP_PKEY_get_bits(key);
    return type == EVP_PKEY_EC || (type == EVP_PKEY_RSA && bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX);
}

static void certificate_read(struct draft *d, const struct node *n)
{
    size_t len;
    const char *text = node_string(n, 1, CERTIFICATE_BYTES_MAX, &len);
    if (len == 0)
        return;
    BIO *bio = BIO_new_mem_buf(text, (int)len);
    X509 *certificate = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    if (certificate == NULL || !key_fits(certificate))
        node_fault(n, ERROR_INVALID, certificate_advice);
    else if ((d->policy->officer_certificate = fault_strikes() ? NULL : strdup(text)) == NULL)
        node_fault(n, ERROR_OVERLOADED, "memory ran out");
    X509_free(certificate);
    BIO_free(bio);
}

static const struct member officer_members[] = {
    {"certificate", REQUIRED, .read = certificate_read},
    {.name = NULL},
};

void officer_read(struct draft *d, const struct node *n)
{
    if (value_is(n, KIND_OBJECT))
        section_read(d, n, officer_members);
}
