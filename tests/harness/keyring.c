/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring.h"

#include "process.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>

struct keyring keyring_at(const char *dir)
{
    return (struct keyring){.dir = text_of("%s", dir),
                            .secret_file = text_of("%s/secret", dir),
                            .subject_key_file = text_of("%s/subject-keys", dir),
                            .receipt_key_dir = text_of("%s/receipts", dir),
                            .link_key_file = text_of("%s/link-keys", dir),
                            .cert_file = text_of("%s/cert.pem", dir),
                            .cert_key_file = text_of("%s/cert-key.pem", dir)};
}

static int pem_write(const char *path, const EVP_PKEY *key, X509 *certificate)
{
    mode_t before = umask(077);
    FILE *file = fopen(path, "we");
    umask(before);
    if (file == NULL)
        return -1;
    int rc = certificate != NULL ? PEM_write_X509(file, certificate)
                                 : PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    return fclose(file) == 0 && rc == 1 ? 0 : -1;
}

static X509 *certificate_make(EVP_PKEY *key, const char *name)
{
    X509 *x = X509_new();
    X509_NAME *subject = X509_get_subject_name(x);
    X509_set_version(x, 2);
    ASN1_INTEGER_set_int64(X509_get_serialNumber(x), clock_ms());
    X509_gmtime_adj(X509_getm_notBefore(x), -86400);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x, subject);
    X509_set_pubkey(x, key);
    X509_EXTENSION *names =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_add_ext(x, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(x, key, EVP_sha256());
    return x;
}

int keyring_certify(const struct keyring *keyring, const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = certificate_make(key, name);
    int rc = pem_write(keyring->cert_key_file, key, NULL);
    if (rc == 0)
        rc = pem_write(keyring->cert_file, NULL, certificate);
    X509_free(certificate);
    EVP_PKEY_free(key);
    chmod(keyring->cert_key_file, 0600);
    return rc;
}

static int receipt_key_make(const struct keyring *keyring)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    mkdir(keyring->receipt_key_dir, 0700);
    int rc = pem_write(text_of("%s/demo.pem", keyring->receipt_key_dir), key, NULL);
    EVP_PKEY_free(key);
    return rc;
}

int keyring_create(const char *dir, struct keyring *ret_keyring)
{
    unsigned char random[64], base64[64], link_base64[64];
    struct keyring keyring = keyring_at(dir);
    mkdir(dir, 0700);
    if (RAND_bytes(random, sizeof random) != 1)
        return -1;
    EVP_EncodeBlock(base64, random, 32);
    EVP_EncodeBlock(link_base64, random + 32, 32);
    if (file_write(keyring.secret_file, KEYRING_SECRET) != 0 ||
        file_write(keyring.subject_key_file, text_of("1:%s\n", (const char *)base64)) != 0 ||
        file_write(keyring.link_key_file, text_of("1:%s\n", (const char *)link_base64)) != 0 ||
        receipt_key_make(&keyring) != 0 || keyring_certify(&keyring, "localhost") != 0)
        return -1;
    *ret_keyring = keyring;
    return 0;
}
