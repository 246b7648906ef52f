/* SPDX-License-Identifier: Apache-2.0 */
/* A policy document that is taken has one canonical form, which is taken too and is its own; what is made of
 * it is JSON, and HTML into which no markup of the document's gets. */
#include "fuzz.h"
#include "wire/policy_cookies.h"
#include "wire/policy_document.h"
#include "wire/policy_register.h"

enum { OUT_MAX = 1 << 22 };

static void warned(void *cookie, const char *pointer, const char *detail)
{
    (void)cookie;
    REQUIRE((pointer[0] == '\0' || pointer[0] == '/') && detail[0] != '\0');
}

static void is_json(struct buf *out)
{
    struct reader r;
    REQUIRE(!buf_failed(out) && reader_open(&r, out->data, out->len) == ERROR_NONE);
    reader_close(&r);
    buf_clear(out);
}

static void canonical_of(struct reader *r, struct buf *out, uint8_t ret_hash[POLICY_DOCUMENT_HASH_SIZE])
{
    buf_init(out, OUT_MAX);
    policy_document_canonical(r, out, ret_hash);
    REQUIRE(!buf_failed(out));
}

static void canonical_stands(struct reader *r)
{
    struct buf once, twice;
    struct reader again;
    uint8_t hash[POLICY_DOCUMENT_HASH_SIZE], hash_again[POLICY_DOCUMENT_HASH_SIZE];
    canonical_of(r, &once, hash);
    struct policy *policy = policy_document_read(&again, once.data, once.len);
    REQUIRE(policy != NULL);
    canonical_of(&again, &twice, hash_again);
    REQUIRE(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
    REQUIRE(memcmp(hash, hash_again, sizeof hash) == 0);
    policy_free(policy);
    reader_close(&again);
    buf_free(&once);
    buf_free(&twice);
}

static void is_told(struct reader *r, const char *language)
{
    struct buf out;
    buf_init(&out, OUT_MAX);
    struct cookie_list cookies = {.document = r, .version = 1, .language = language};
    struct processing_register reg = {.document = r, .version = 1, .language = language};
    cookie_list_json(&cookies, &out);
    is_json(&out);
    register_json(&reg, &out);
    is_json(&out);
    register_csv(&reg, &out);
    REQUIRE(!buf_failed(&out));
    buf_clear(&out);
    cookie_list_html(&cookies, &out);
    REQUIRE(!buf_failed(&out));
    REQUIRE(memmem(out.data, out.len, "<script", 7) == NULL && memmem(out.data, out.len, "<img", 4) == NULL);
    buf_clear(&out);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    policy_document_not_enforced(r, &w, "not_enforced");
    writer_object_end(&w);
    is_json(&out);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r;
    struct policy *policy = policy_document_read(&r, (const char *)data, size);
    REQUIRE((policy != NULL) == reader_ok(&r));
    if (policy != NULL) {
        REQUIRE(policy->purpose_count <= POLICY_PURPOSES_MAX && policy->notice_count <= POLICY_NOTICES_MAX);
        REQUIRE(policy->entity_count <= POLICY_ENTITIES_MAX && policy->age_count <= POLICY_AGES_MAX);
        canonical_stands(&r);
        policy_document_warn(&r, policy, warned, NULL);
        is_told(&r, NULL);
        is_told(&r, "en");
        REQUIRE(policy_document_check(&r, policy) == reader_ok(&r));
    }
    policy_free(policy);
    reader_close(&r);
    return 0;
}
