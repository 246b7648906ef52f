/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/tag.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Three keys out of order: 00 01 .. 1f, ff fe .. e0, and 32 times 07. */
static const char key_file[] = "# the newest makes tags\n"
                               "7:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n"
                               "\n"
                               "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\r\n"
                               "  \t\n"
                               "2://79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA=  ";

static struct numbered_keys keys;
static struct identifier jan;

static void start(void)
{
    cr_assert_null(numbered_keys_parse(key_file, sizeof key_file - 1, &keys));
    cr_assert_null(identifier_normalise(IDENTIFIER_EMAIL, "Jan@example.nl", 14, NULL, &jan));
}

TestSuite(tag, .init = start);

static struct tag made(uint8_t first, uint8_t last, const char *controller,
                       const struct identifier *identifier)
{
    struct tag tag;
    struct tagger *t = tagger_create(&keys, first, last, controller);
    cr_assert_not_null(t);
    tagger_make(t, identifier, &tag);
    tagger_destroy(t);
    return tag;
}

static bool same(struct tag a, struct tag b)
{
    return memcmp(a.bytes, b.bytes, TAG_SIZE) == 0;
}

static void assert_hex(const uint8_t *bytes, size_t len, const char *expected)
{
    char hex[2 * 32 + 1] = "";
    for (size_t i = 0; i < len; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    cr_assert_str_eq(hex, expected, "%s, not %s", hex, expected);
}

/* By hand, with xxd and OpenSSL's own commands (KEY=000102..1f):
 *   MADE=$(openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:$KEY \
 *     -kdfopt hexinfo:$(printf 'akkoord tag 1\0demo' | xxd -p) -binary HKDF | xxd -p -c 64)
 *   printf '\1\5email\0\016jan@example.nl' | openssl mac -digest SHA256 -macopt hexkey:$MADE HMAC
 * gives 239F6C7A..F42F and 16 bytes more that a tag leaves out. */
Test(tag, a_tag_is_its_keys_number_and_128_bits_of_hmac_under_a_key_of_the_controller)
{
    struct tag tag = made(1, 1, "demo", &jan);
    assert_hex(tag.bytes, TAG_SIZE, "01239f6c7aa3766bc33f3348adda8ef42f");
}

/* As above with KEY=fffe..e0 and 'akkoord wrap 1\0demo' over the 17 bytes of the tag before; then with
 * KEY=0707..07 over the 17 bytes of that one, which begin with 02. */
Test(tag, a_later_key_wraps_the_tag_once_for_each_key_up_to_it)
{
    struct tag two = made(1, 2, "demo", &jan);
    struct tag seven = made(1, 7, "demo", &jan);
    assert_hex(two.bytes, TAG_SIZE, "02a063468178d845e0e22c49061e6e115a");
    assert_hex(seven.bytes, TAG_SIZE, "07d657bc878b59b9f5d4db7d311b825de1");
}

/* As above with KEY=000102..1f, 'akkoord hash 1\0demo', over '\013idempotencyabc'. */
Test(tag, other_hashes_have_a_key_of_their_own)
{
    uint8_t hash[32];
    struct tagger *t = tagger_create(&keys, 1, 7, "demo");
    tagger_hash(t, "idempotency", "abc", 3, hash);
    assert_hex(hash, sizeof hash, "e2ae23abb89e6bceb24b75d55ee632adbc6d9b69742c5eece191f4ab37bf2c8d");
    tagger_destroy(t);
}

/* openssl kdf -keylen 16 .. -kdfopt hexinfo:$(printf 'akkoord check 1\0' | xxd -p) .. */
Test(tag, the_check_value_of_a_key_is_fixed)
{
    uint8_t check[SUBJECT_KEY_CHECK_SIZE];
    subject_key_check(numbered_keys_find(&keys, 1), check);
    assert_hex(check, sizeof check, "3bd8dc10702877bbdda56807c26f1a32");
}

Test(tag, the_same_identifier_has_the_same_tag_every_time)
{
    struct tagger *t = tagger_create(&keys, 1, 7, "demo");
    struct tag once, again, between;
    struct identifier other = jan;
    other.value[0] = 'p';
    tagger_make(t, &jan, &once);
    tagger_make(t, &other, &between);
    tagger_make(t, &jan, &again);
    cr_assert(same(once, again));
    cr_assert_not(same(once, between));
    cr_assert(same(once, made(1, 7, "demo", &jan)));
    tagger_destroy(t);
}

Test(tag, another_controller_type_or_value_has_another_tag)
{
    struct identifier customer = jan;
    struct identifier shorter = jan;
    customer.type = IDENTIFIER_CUSTOMER;
    shorter.len--;
    struct tag tag = made(1, 1, "demo", &jan);
    cr_assert_not(same(tag, made(1, 1, "demo2", &jan)));
    cr_assert_not(same(tag, made(1, 1, "", &jan)));
    cr_assert_not(same(tag, made(1, 1, "demo", &customer)));
    cr_assert_not(same(tag, made(1, 1, "demo", &shorter)));
}

Test(tag, the_bytes_behind_the_identifiers_length_do_not_count)
{
    struct identifier dirty = jan;
    memset(dirty.value + dirty.len, 0xff, sizeof dirty.value - dirty.len);
    cr_assert(same(made(1, 1, "demo", &jan), made(1, 1, "demo", &dirty)));
}

Test(tag, the_longest_identifier_has_a_tag)
{
    struct identifier longest = {.type = IDENTIFIER_CUSTOMER, .len = IDENTIFIER_MAX};
    memset(longest.value, 'x', sizeof longest.value);
    cr_assert_eq(made(1, 2, "demo", &longest).bytes[0], 2);
}

Test(tag, wrapping_an_old_tag_gives_what_is_made_anew)
{
    static const uint8_t chain[] = {1, 2, 7};
    struct tagger *t = tagger_create(&keys, 1, 7, "demo");
    struct tag now = made(1, 7, "demo", &jan);
    for (size_t i = 0; i < sizeof chain; i++) {
        struct tag old = made(1, chain[i], "demo", &jan);
        struct tag wrapped;
        cr_assert_eq(tagger_wrap(t, &old, &wrapped), 0);
        cr_assert(same(wrapped, now), "from key %d", chain[i]);
    }
    tagger_destroy(t);
}

Test(tag, wrapping_may_be_done_in_place)
{
    struct tagger *t = tagger_create(&keys, 1, 7, "demo");
    struct tag tag = made(1, 1, "demo", &jan);
    cr_assert_eq(tagger_wrap(t, &tag, &tag), 0);
    cr_assert(same(tag, made(1, 7, "demo", &jan)));
    tagger_destroy(t);
}

Test(tag, a_tag_of_a_key_outside_the_chain_is_not_wrapped)
{
    static const uint8_t strangers[] = {0, 3, 7, 255};
    struct tagger *t = tagger_create(&keys, 1, 2, "demo");
    for (size_t i = 0; i < sizeof strangers; i++) {
        struct tag old = {{strangers[i]}};
        struct tag wrapped = {{42}};
        cr_assert_eq(tagger_wrap(t, &old, &wrapped), -1);
        cr_assert_eq(wrapped.bytes[0], 42);
    }
    tagger_destroy(t);
}

Test(tag, a_chain_without_its_first_or_last_key_is_not_made)
{
    cr_assert_null(tagger_create(&keys, 1, 8, "demo"));
    cr_assert_null(tagger_create(&keys, 3, 7, "demo"));
    cr_assert_null(tagger_create(&keys, 0, 1, "demo"));
}

Test(tag, a_controllers_name_has_at_most_512_bytes)
{
    char name[514];
    memset(name, 'a', sizeof name);
    name[513] = '\0';
    cr_assert_null(tagger_create(&keys, 1, 1, name));
    name[512] = '\0';
    made(1, 1, name, &jan);
}

Test(tag, destroying_nothing_does_nothing)
{
    tagger_destroy(NULL);
}

static bool same_hash(const char *use_a, const char *a, const char *use_b, const char *b, uint8_t last)
{
    uint8_t x[32], y[32];
    struct tagger *t = tagger_create(&keys, 1, 1, "demo");
    struct tagger *later = tagger_create(&keys, 1, last, "demo");
    tagger_hash(t, use_a, a, strlen(a), x);
    tagger_hash(later, use_b, b, strlen(b), y);
    tagger_destroy(later);
    tagger_destroy(t);
    return memcmp(x, y, sizeof x) == 0;
}

Test(tag, a_hash_depends_on_its_use_and_bytes_and_survives_a_rotation)
{
    cr_assert(same_hash("link", "abc", "link", "abc", 7));
    cr_assert_not(same_hash("link", "abc", "link", "abd", 7));
    cr_assert_not(same_hash("link", "abc", "lin", "kabc", 1));
    cr_assert_not(same_hash("link", "abc", "lynk", "abc", 1));
    cr_assert(same_hash("link", "", "link", "", 2));
}

Test(tag, keys_are_read_in_the_order_of_the_file)
{
    cr_assert_eq(keys.count, 3);
    cr_assert_eq(keys.keys[0].number, 7);
    cr_assert_eq(keys.keys[1].number, 1);
    cr_assert_eq(keys.keys[2].number, 2);
    cr_assert_eq(keys.keys[0].bytes[31], 7);
    cr_assert_eq(keys.keys[1].bytes[31], 31);
    cr_assert_eq(keys.keys[2].bytes[0], 255);
    cr_assert_null(numbered_keys_find(&keys, 3));
    cr_assert_eq(numbered_keys_find(&keys, 2), &keys.keys[2]);
}

Test(tag, wiped_keys_are_gone)
{
    static const struct numbered_keys none;
    numbered_keys_wipe(&keys);
    cr_assert_eq(memcmp(&keys, &none, sizeof keys), 0);
}

Test(tag, a_bad_key_file_is_refused_and_changes_nothing)
{
#define GOOD "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    static const char *const files[] = {
        "",
        "\n\n",
        "# 1:" GOOD,
        GOOD,
        "1" GOOD,
        ":" GOOD,
        "0:" GOOD,
        "256:" GOOD,
        "99999999999:" GOOD,
        "-1:" GOOD,
        " 1:" GOOD,
        "1 :" GOOD,
        "1: " GOOD,
        "x:" GOOD,
        "1:" GOOD "\n1:" GOOD,
        "1:" GOOD "\n2:",
        "1:",
        "1",
        "1:" GOOD "=",
        "1:" GOOD " x",
        "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",  /* no padding */
        "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=", /* loose bits */
        "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", /* 31 bytes */
        "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g", /* 33 bytes */
        "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH-8=", /* base64url */
        "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH=8=",
        "1:AAECAwQFBgcICQoLDA0O DxAREhMUFRYXGBkaGxwdHh=",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct numbered_keys read = {.count = 42};
        cr_expect_not_null(numbered_keys_parse(files[i], strlen(files[i]), &read), "%s", files[i]);
        cr_expect_eq(read.count, 42);
    }
}

Test(tag, sixteen_keys_are_taken_and_seventeen_are_not)
{
    char file[17 * 64];
    size_t len = 0;
    for (int number = 1; number <= 17; number++) {
        struct numbered_keys read;
        len += (size_t)snprintf(file + len, sizeof file - len, "%d:" GOOD "\n", 256 - number);
        const char *fault = numbered_keys_parse(file, len, &read);
        cr_assert_eq(fault == NULL, number <= NUMBERED_KEYS_MAX, "%d keys", number);
    }
}

Test(tag, each_key_has_another_check_value)
{
    uint8_t one[SUBJECT_KEY_CHECK_SIZE], two[SUBJECT_KEY_CHECK_SIZE];
    subject_key_check(&keys.keys[0], one);
    subject_key_check(&keys.keys[1], two);
    cr_assert_neq(memcmp(one, two, sizeof one), 0);
}
