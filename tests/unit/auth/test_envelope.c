/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/envelope.h"

#include <criterion/criterion.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

static const char name[] = "Anna de Vries";

static X509 *certificate_of(EVP_PKEY *key)
{
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"officer",
                               -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_set_pubkey(x, key);
    cr_assert_gt(X509_sign(x, key, EVP_sha256()), 0);
    return x;
}

static char *pem_of(X509 *x)
{
    static char text[8192];
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, x);
    int len = BIO_read(bio, text, sizeof text - 1);
    text[len] = '\0';
    BIO_free(bio);
    return text;
}

static size_t opened(const struct buf *sealed, EVP_PKEY *key, X509 *x, char ret_text[256])
{
    unsigned char der[4096];
    int len = EVP_DecodeBlock(der, (const unsigned char *)sealed->data, (int)sealed->len);
    const unsigned char *at = der;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, len);
    BIO *plain = BIO_new(BIO_s_mem());
    cr_assert_not_null(cms);
    int rc = CMS_decrypt(cms, key, x, NULL, plain, 0);
    int count = rc == 1 ? BIO_read(plain, ret_text, 256) : 0;
    BIO_free(plain);
    CMS_ContentInfo_free(cms);
    return count > 0 ? (size_t)count : 0;
}

static void opens_with_its_key(EVP_PKEY *key)
{
    X509 *x = certificate_of(key);
    struct buf sealed;
    char text[256];
    buf_init(&sealed, 4096);
    cr_assert_eq(envelope_seal(pem_of(x), name, strlen(name), &sealed), 0);
    cr_expect_null(memmem(sealed.data, sealed.len, "Anna", 4));
    cr_assert_eq(opened(&sealed, key, x, text), strlen(name));
    cr_expect_arr_eq(text, name, strlen(name));
    buf_free(&sealed);
    X509_free(x);
    EVP_PKEY_free(key);
}

Test(envelope, what_is_sealed_opens_with_the_officers_key)
{
    opens_with_its_key(EVP_RSA_gen(2048));
    opens_with_its_key(EVP_EC_gen("P-256"));
}

Test(envelope, nobody_elses_key_opens_it)
{
    EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
    X509 *x = certificate_of(key);
    struct buf sealed;
    char text[256];
    buf_init(&sealed, 4096);
    cr_assert_eq(envelope_seal(pem_of(x), name, strlen(name), &sealed), 0);
    cr_expect_eq(opened(&sealed, other, x, text), 0);
    buf_free(&sealed);
    X509_free(x);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}

Test(envelope, what_is_no_certificate_takes_nothing)
{
    struct buf sealed;
    buf_init(&sealed, 4096);
    cr_expect_eq(envelope_seal("-----BEGIN CERTIFICATE-----", name, strlen(name), &sealed), -1);
    cr_expect_eq(sealed.len, 0);
    buf_free(&sealed);
}
