/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/logo.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* What a policy may have as its logo. */

static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D',
                              'R',  0,   0,   0,   1,    0,    0,    0,    1, 8, 2, 0,  0,   0};
static const uint8_t webp[] = {'R', 'I', 'F', 'F', 12,  0,   0, 0, 'W', 'E',
                               'B', 'P', 'V', 'P', '8', 'L', 0, 0, 0,   0};

/* The type of what so many bytes are, the first of them ${bytes} and the rest zeros. */
static const char *type_of(const uint8_t *bytes, size_t len, size_t whole)
{
    static uint8_t all[2 * LOGO_BYTES_MAX], out[LOGO_BYTES_MAX + 2];
    static char text[4 * LOGO_BYTES_MAX];
    size_t size;
    memset(all, 0, sizeof all);
    memcpy(all, bytes, len);
    int digits = EVP_EncodeBlock((unsigned char *)text, all, (int)whole);
    const char *type = logo_read(text, (size_t)digits, out, &size);
    cr_expect(type == NULL || (size == whole && memcmp(out, all, whole) == 0));
    return type;
}

Test(logo, a_png_and_a_webp_are_taken_up_to_their_size)
{
    cr_expect_str_eq(type_of(png, sizeof png, sizeof png), "image/png");
    cr_expect_str_eq(type_of(png, sizeof png, sizeof png + 1), "image/png");
    cr_expect_str_eq(type_of(png, sizeof png, LOGO_BYTES_MAX), "image/png");
    cr_expect_null(type_of(png, sizeof png, LOGO_BYTES_MAX + 1));
    cr_expect_null(type_of(png, sizeof png, LOGO_BYTES_MAX + 3));
    cr_expect_str_eq(type_of(webp, sizeof webp, sizeof webp), "image/webp");
    cr_expect_null(type_of(webp, sizeof webp, sizeof webp + 1), "a RIFF of another length");
    cr_expect_null(type_of(png, 16, 16), "cut off");
}

Test(logo, nothing_else_is_one)
{
    static const char svg[] = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
                      gif[] = "GIF89a";
    static const char *const no_base64[] = {"",    "=",           "====",          "iVBO",
                                            "iVB", "javascript:", "iVBORw0KGgo\n", "iV=ORw0K"};
    uint8_t out[LOGO_BYTES_MAX + 2];
    size_t size;
    cr_expect_null(type_of((const uint8_t *)svg, sizeof svg, sizeof svg));
    cr_expect_null(type_of((const uint8_t *)gif, sizeof gif, 64));
    for (size_t i = 0; i < sizeof no_base64 / sizeof *no_base64; i++)
        cr_expect_null(logo_read(no_base64[i], strlen(no_base64[i]), out, &size), "%s", no_base64[i]);
}
