/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/mask_find.h"

#include "mask/mask_reading.h"

#include <string.h>

static bool digit_at(const uint8_t *text, size_t at, size_t len)
{
    return at < len && text[at] >= '0' && text[at] <= '9';
}

/* A dot or dash between two digits. */
static bool joint_at(const uint8_t *text, size_t at, size_t len)
{
    return at > 0 && at < len && (text[at] == '.' || text[at] == '-') && digit_at(text, at - 1, len) &&
           digit_at(text, at + 1, len);
}

static bool joint_is_candidate(const uint8_t *text, size_t at, size_t len)
{
    if (text[at] == '.' && at + 2 < len && (text[at + 1] | 0x20) == 'i')
        return (text[at + 2] | 0x20) == 'n' || (text[at + 2] | 0x20) == 'p';
    if (!joint_at(text, at, len))
        return false;
    for (size_t second = at + 2; second <= at + 4; second++)
        if (joint_at(text, second, len))
            for (size_t third = second + 2; third <= second + 4; third++)
                if (joint_at(text, third, len))
                    return true;
    return false;
}

/* Whether ${more} colons follow, each two to five bytes after the one before. */
static bool colons_follow(const uint8_t *text, size_t at, size_t len, int more)
{
    if (more == 0)
        return true;
    for (size_t next = at + 2; next <= at + 5 && next < len; next++)
        if (text[next] == ':' && colons_follow(text, next, len, more - 1))
            return true;
    return false;
}

/* Whether what stands at ${at} may go on an address behind a dot, dash or colon: or nothing is known of
 * it. */
static bool may_go_on(const uint8_t *text, size_t at, size_t len)
{
    uint8_t c = 0;
    if (at >= len)
        return true;
    if ((mask_class[text[at]] & SIGN) == 0 || escape_read(text + at, len - at, &c) == 0)
        c = text[at];
    return (mask_class[c] & (HEX | SIGN | JOINT)) != 0;
}

/* An escape of a character that an address is written with, or of another escape's sign. One of a dot,
 * dash or colon has a part of the address on one side at least: `https%3A%2F%2F` is none. */
static bool escape_is_candidate(const uint8_t *text, size_t at, size_t len)
{
    uint8_t c = 0;
    size_t first = at;
    if (text[at] == '\\') /* of several, the last is the escape when they are decoded */
        for (size_t row = 0; row < 8 && at + 1 < len && text[at + 1] == '\\'; row++)
            at++;
    size_t width = escape_read(text + at, len - at, &c);
    if (width == 0 || (mask_class[c] & (HEX | SIGN)) != 0)
        return width != 0;
    if (c != '.' && c != ':' && c != '-')
        return false;
    bool behind = first > 0 && ((mask_class[text[first - 1]] & HEX) != 0 || text[first - 1] == ':');
    return behind || may_go_on(text, at + width, len);
}

size_t mask_find_plain(const uint8_t *text, size_t from, size_t to, size_t len)
{
    for (size_t at = from; at < to; at++) {
        uint8_t c = text[at];
        if ((c == '.' || c == '-') && joint_is_candidate(text, at, len))
            return at;
        if ((mask_class[c] & SIGN) != 0 && escape_is_candidate(text, at, len))
            return at;
        if (c == ':' && ((at + 1 < len && text[at + 1] == ':') || colons_follow(text, at, len, 3)))
            return at;
    }
    return to;
}

#ifdef __x86_64__
#include <immintrin.h>

/* Where in 64 bytes of text the bytes of a kind are, lowest bit first. Joints are '-' and '.'; signs are
 * '#', '$', '%' and '\\': that '$' is none shows when they are looked at closely. */
struct marks {
    uint64_t digits, joints, colons, signs, letters_i;
};

/* Bits of a window of 64 that may be returned: what follows them decides, up to 1 + 3 * 5 bytes on. */
enum { WINDOW = 64, STEP = 48 };

/* Candidates, and what may be one when looked at closely. */
struct found {
    uint64_t sure, perhaps;
};

/* The first of four colons that are two to five bytes apart. Few windows have four. */
static inline uint64_t chain_of_four(uint64_t colons)
{
    uint64_t more = colons & (colons - 1);
    more &= more - 1;
    if ((more & (more - 1)) == 0)
        return 0;
    uint64_t two = colons & (colons >> 2 | colons >> 3 | colons >> 4 | colons >> 5);
    uint64_t three = colons & (two >> 2 | two >> 3 | two >> 4 | two >> 5);
    return colons & (three >> 2 | three >> 3 | three >> 4 | three >> 5);
}

/* ${before}: bit 0 is set when the byte before the window is a digit. */
static inline struct found candidates(const struct marks *m, uint64_t before)
{
    uint64_t joints = m->joints & (m->digits << 1 | before) & m->digits >> 1;
    uint64_t two = joints & (joints >> 2 | joints >> 3 | joints >> 4);
    uint64_t three = joints & (two >> 2 | two >> 3 | two >> 4);
    uint64_t names = m->joints & m->letters_i >> 1;
    const uint64_t window = (1ull << STEP) - 1;
    uint64_t double_colons = m->colons & m->colons >> 1;
    return (struct found){(three | double_colons | chain_of_four(m->colons)) & window,
                          (names | m->signs) & window};
}

/* The first candidate of the window at ${at}, or SIZE_MAX. */
static inline size_t confirm(const uint8_t *text, size_t at, size_t len, struct found found)
{
    for (uint64_t bits = found.sure | found.perhaps; bits != 0; bits &= bits - 1) {
        size_t first = at + (size_t)__builtin_ctzll(bits);
        if ((found.sure & bits & -bits) != 0 ||
            (text[first] == '.' || text[first] == '-' ? joint_is_candidate(text, first, len)
                                                      : escape_is_candidate(text, first, len)))
            return first;
    }
    return SIZE_MAX;
}

static inline struct marks marks_sse2(const uint8_t *window)
{
    struct marks m = {0};
    for (int i = 0; i < 4; i++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(window + 16 * i));
        __m128i value = _mm_sub_epi8(v, _mm_set1_epi8('0'));
        __m128i digit = _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value);
        __m128i joint = _mm_sub_epi8(v, _mm_set1_epi8('-'));
        joint = _mm_cmpeq_epi8(_mm_min_epu8(joint, _mm_set1_epi8('.' - '-')), joint);
        __m128i sign = _mm_sub_epi8(v, _mm_set1_epi8('#'));
        sign = _mm_cmpeq_epi8(_mm_min_epu8(sign, _mm_set1_epi8('%' - '#')), sign);
        sign = _mm_or_si128(sign, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
        __m128i i_low = _mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('i'));
        m.digits |= (uint64_t)(uint32_t)_mm_movemask_epi8(digit) << 16 * i;
        m.joints |= (uint64_t)(uint32_t)_mm_movemask_epi8(joint) << 16 * i;
        m.colons |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(':'))) << 16 * i;
        m.signs |= (uint64_t)(uint32_t)_mm_movemask_epi8(sign) << 16 * i;
        m.letters_i |= (uint64_t)(uint32_t)_mm_movemask_epi8(i_low) << 16 * i;
    }
    return m;
}

__attribute__((target("avx2"))) static inline struct marks marks_avx2(const uint8_t *window)
{
    struct marks m = {0};
    for (int i = 0; i < 2; i++) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(window + 32 * i));
        __m256i value = _mm256_sub_epi8(v, _mm256_set1_epi8('0'));
        __m256i digit = _mm256_cmpeq_epi8(_mm256_min_epu8(value, _mm256_set1_epi8(9)), value);
        __m256i joint = _mm256_sub_epi8(v, _mm256_set1_epi8('-'));
        joint = _mm256_cmpeq_epi8(_mm256_min_epu8(joint, _mm256_set1_epi8('.' - '-')), joint);
        __m256i sign = _mm256_sub_epi8(v, _mm256_set1_epi8('#'));
        sign = _mm256_cmpeq_epi8(_mm256_min_epu8(sign, _mm256_set1_epi8('%' - '#')), sign);
        sign = _mm256_or_si256(sign, _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\')));
        __m256i i_low = _mm256_cmpeq_epi8(_mm256_or_si256(v, _mm256_set1_epi8(0x20)), _mm256_set1_epi8('i'));
        m.digits |= (uint64_t)(uint32_t)_mm256_movemask_epi8(digit) << 32 * i;
        m.joints |= (uint64_t)(uint32_t)_mm256_movemask_epi8(joint) << 32 * i;
        m.colons |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(':')))
                    << 32 * i;
        m.signs |= (uint64_t)(uint32_t)_mm256_movemask_epi8(sign) << 32 * i;
        m.letters_i |= (uint64_t)(uint32_t)_mm256_movemask_epi8(i_low) << 32 * i;
    }
    return m;
}

/* The same loop for both widths; what is left of the text at its end is looked at in a copy padded with
 * NULs. */
#define FIND_BY_WINDOW(marks_of)                                                                             \
    for (size_t at = from; at < to; at += STEP) {                                                            \
        uint8_t tail[WINDOW];                                                                                \
        const uint8_t *window = text + at;                                                                   \
        if (len - at < WINDOW) {                                                                             \
            memset(tail, 0, WINDOW);                                                                         \
            memcpy(tail, window, len - at);                                                                  \
            window = tail;                                                                                   \
        }                                                                                                    \
        struct marks m = marks_of(window);                                                                   \
        struct found bits = candidates(&m, at > 0 && digit_at(text, at - 1, len));                           \
        if ((bits.sure | bits.perhaps) != 0) {                                                               \
            size_t first = confirm(text, at, len, bits);                                                     \
            if (first != SIZE_MAX)                                                                           \
                return first < to ? first : to;                                                              \
        }                                                                                                    \
    }                                                                                                        \
    return to

size_t mask_find_sse2(const uint8_t *text, size_t from, size_t to, size_t len)
{
    FIND_BY_WINDOW(marks_sse2);
}

__attribute__((target("avx2"))) size_t mask_find_avx2(const uint8_t *text, size_t from, size_t to, size_t len)
{
    FIND_BY_WINDOW(marks_avx2);
}

mask_find *mask_find_best(void)
{
    return __builtin_cpu_supports("avx2") ? mask_find_avx2 : mask_find_sse2;
}
#else
mask_find *mask_find_best(void)
{
    return mask_find_plain;
}
#endif
