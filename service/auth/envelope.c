/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/envelope.h"

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { ENVELOPE_DER_MAX = 64 * 1024 }; /* a name of 1 KiB to an RSA key of 16 384 bits is below 4 KiB */

static CMS_ContentInfo *envelope_make(const char *certificate, const void *bytes, size_t len)
{
    BIO *pem = BIO_new_mem_buf(certificate, -1), *plain = BIO_new_mem_buf(bytes, (int)len);
    X509 *x509 = pem != NULL ? PEM_read_bio_X509(pem, NULL, NULL, NULL) : NULL;
    STACK_OF(X509) *recipients = sk_X509_new_null();
    CMS_ContentInfo *cms = NULL;
    if (plain != NULL && x509 != NULL && recipients != NULL && sk_X509_push(recipients, x509) > 0)
        cms = CMS_encrypt(recipients, plain, EVP_aes_256_cbc(), CMS_BINARY);
    sk_X509_free(recipients);
    X509_free(x509);
    BIO_free(plain);
    BIO_free(pem);
    return cms;
}

int envelope_seal(const char *certificate, const void *bytes, size_t len, struct buf *out)
{
    CMS_ContentInfo *cms = envelope_make(certificate, bytes, len);
    unsigned char *der = NULL;
    int size = cms != NULL ? i2d_CMS_ContentInfo(cms, &der) : -1, rc = -1;
    CMS_ContentInfo_free(cms);
    if (size > 0 && size <= ENVELOPE_DER_MAX) {
        size_t room = (size_t)(size + 2) / 3 * 4 + 1;
        unsigned char *text = malloc(room);
        if (text != NULL) {
            buf_append(out, (const char *)text, (size_t)EVP_EncodeBlock(text, der, size));
            rc = buf_failed(out) ? -1 : 0;
        }
        free(text);
    }
    OPENSSL_free(der);
    return rc;
}
