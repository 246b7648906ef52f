/* SPDX-License-Identifier: Apache-2.0 */
#include "base/embedded.h"
#include "base/hex.h"
#include "http/attempt.h"
#include "http/etag.h"
#include "page/frame.h"
#include "page/handlers.h"
#include "page/opened.h"

#include <math.h>
#include <string.h>

/* What pages are dressed in: our style sheet, a controller's colour as another, and its logo. The content of
 * each is in its address, as far as it is not ours, so that it may be kept. */

extern const struct embedded page_files[];

static const char css_type[] = "text/css; charset=utf-8", kept[] = "public, max-age=31536000, immutable";

static void nosniff_set(struct call *call)
{
    call_set_header(call, "x-content-type-options", "nosniff");
}

void handle_page_style(struct call *call)
{
    const struct embedded *css = embedded_find(page_files, "page.css");
    struct buf out;
    buf_init(&out, css->len);
    buf_append(&out, css->data, css->len);
    nosniff_set(call);
    call_answer_cacheable(call, css_type, "public, max-age=3600", &out);
}

/* ---- the colour ---- */

/* WCAG 2.2, relative luminance. */
static double luminance(const uint8_t rgb[3])
{
    double light[3];
    for (unsigned i = 0; i < 3; i++) {
        double share = rgb[i] / 255.0;
        light[i] = share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4);
    }
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2];
}

static double contrast(double a, double b)
{
    return (fmax(a, b) + 0.05) / (fmin(a, b) + 0.05);
}

/* Words on it are black or white, of which one always has a contrast of 4.5 (the least is the root of 21).
 * What is marked with it alone must be seen on either paper, else it is marked in grey. */
static void colour_write(struct buf *out, const char *digits, const uint8_t rgb[3])
{
    static const uint8_t light_paper[] = {0xff, 0xfe, 0xfa}, dark_paper[] = {0x1e, 0x1c, 0x19};
    double own = luminance(rgb);
    bool is_dark = contrast(own, 1.0) >= contrast(own, 0.0),
         is_seen = contrast(own, luminance(light_paper)) >= 3 && contrast(own, luminance(dark_paper)) >= 3;
    buf_printf(out, ":root{--accent:#%s;--on-accent:%s;--mark:#%s}\n", digits, is_dark ? "#fff" : "#000",
               is_seen ? digits : "767676");
}

void handle_page_colour(struct call *call)
{
    uint8_t rgb[3];
    char digits[7];
    h2o_iovec_t colour = call->arguments[0];
    struct buf out;
    if (colour.len != 6 || !hex_read(colour.base, rgb, sizeof rgb)) {
        page_not_found(call);
        return;
    }
    hex_write(rgb, sizeof rgb, digits);
    digits[6] = '\0';
    buf_init(&out, 128);
    colour_write(&out, digits, rgb);
    nosniff_set(call);
    call_answer_cacheable(call, css_type, kept, &out);
}

/* ---- the logo ---- */

static void logo_dispose(void *state)
{
    attempt_end(state);
}

static void logo_answer(struct call *call)
{
    struct attempt *attempt = call->state;
    const struct logo *logo = &controller_texts(attempt->controller)->logo;
    h2o_iovec_t hash = call->arguments[1];
    struct buf out;
    if (call->req == NULL || logo->type == NULL ||
        !h2o_memis(hash.base, hash.len, logo->hash, strlen(logo->hash))) {
        page_not_found(call);
        return;
    }
    buf_init(&out, logo->len);
    buf_append(&out, (const char *)logo->bytes, logo->len);
    nosniff_set(call);
    call_answer_cacheable(call, logo->type, kept, &out);
}

static void logo_begin(struct call *call, void *cookie)
{
    call->state = cookie;
    call->dispose = logo_dispose;
    attempt_start(cookie, call, logo_answer);
}

void handle_page_logo(struct call *call)
{
    int64_t number = 0;
    h2o_iovec_t text = call->arguments[0];
    for (size_t i = 0; i < text.len && text.len <= 10; i++)
        number = text.base[i] >= '0' && text.base[i] <= '9' ? number * 10 + (text.base[i] - '0') : -INT32_MAX;
    if (number > 0 && number <= INT32_MAX)
        page_open(call, (int32_t)number, logo_begin, call_alloc(call, sizeof(struct attempt)));
    else
        page_not_found(call);
}
