/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <criterion/criterion.h>

/* The key 00 01 .. 0f and the message 00 01 02 ... of the paper's own test vectors. */
static const struct hash_key paper_key = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};
static const unsigned char message[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};

Test(hash, the_vector_of_the_paper)
{
    cr_assert_eq(hash_keyed(&paper_key, message, 15), 0xa129ca6149be45e5);
}

Test(hash, nothing_and_one_byte_and_a_whole_word)
{
    cr_assert_eq(hash_keyed(&paper_key, message, 0), 0x726fdb47dd0e0e31);
    cr_assert_eq(hash_keyed(&paper_key, message, 1), 0x74f839c593dc67fd);
    cr_assert_eq(hash_keyed(&paper_key, message, 8), 0x93f5f5799a932462);
}

Test(hash, keys_are_random)
{
    struct hash_key one = hash_key_make(), other = hash_key_make();
    cr_assert_neq(hash_keyed(&one, "a", 1), hash_keyed(&other, "a", 1));
}

/* The vectors of the authors. */
Test(hash, the_plain_hash_is_fnv_1a)
{
    cr_expect_eq(hash_plain(HASH_NOTHING, "", 0), 0x811c9dc5);
    cr_expect_eq(hash_plain(HASH_NOTHING, "a", 1), 0xe40c292c);
    cr_expect_eq(hash_plain(HASH_NOTHING, "foobar", 6), 0xbf9cf968);
    cr_expect_eq(hash_plain(hash_plain(HASH_NOTHING, "foo", 3), "bar", 3), 0xbf9cf968);
}
