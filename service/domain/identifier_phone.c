/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/identifier_internal.h"
#include "domain/phone_plan.h"

#include <string.h>
#include <unictype.h>

enum {
    E164_MIN = 7, /* digits, calling code included; the shortest in use */
    E164_MAX = 15,
    /* An international prefix of four and a trunk prefix of two may stand in what is dialled. */
    DIALLED_MAX = E164_MAX + 4 + 2
};

static const char wrong_length[] = "The phone number has too few or too many digits for its country";
static const char wrong_characters[] = "A phone number is a +, digits, spaces and - . / ( ) only";

/* What is left of a written number: its digits, and whether a + stood before them. */
struct phone_dialled {
    bool plus;
    size_t len;
    char digits[DIALLED_MAX];
};

/* The rest of a number that still has to be read. */
struct phone_digits {
    const char *at;
    size_t len;
};

static bool phone_character_separates(ucs4_t c)
{
    if (c < 0x80)
        return c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')';
    /* U+2212 is the minus sign; by its category it is mathematics. Blanks: address books put direction marks
     * round numbers. */
    return c == 0x2212 || uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Pd) ||
           identifier_character_is_blank(c);
}

/* ASCII, or the same in another script. */
static int phone_character_digit(ucs4_t c)
{
    if (c < 0x80)
        return c >= '0' && c <= '9' ? (int)(c - '0') : -1;
    return uc_decimal_value(c);
}

static const char *phone_read(struct identifier_text text, struct phone_dialled *ret_dialled)
{
    struct phone_dialled d = {.len = 0};
    for (text = identifier_text_trim(text); text.len > 0;) {
        ucs4_t c = identifier_text_next(&text);
        int digit = phone_character_digit(c);
        if (digit >= 0) {
            if (d.len == DIALLED_MAX)
                return "The phone number has too many digits";
            d.digits[d.len++] = (char)('0' + digit);
        } else if ((c == '+' || c == 0xff0b) && !d.plus && d.len == 0) {
            d.plus = true;
        } else if (!phone_character_separates(c)) {
            return wrong_characters;
        }
    }
    *ret_dialled = d;
    return NULL;
}

static bool phone_begins(struct phone_digits digits, const char *prefix)
{
    size_t len = strlen(prefix);
    return len > 0 && digits.len >= len && memcmp(digits.at, prefix, len) == 0;
}

static struct phone_digits phone_behind(struct phone_digits digits, const char *prefix)
{
    size_t len = strlen(prefix);
    return (struct phone_digits){digits.at + len, digits.len - len};
}

static bool phone_fits(const struct phone_plan *plan, struct phone_digits national)
{
    if (national.len > 0 && national.at[0] == '0')
        return national.len >= plan->zero_min && national.len <= plan->zero_max;
    return national.len >= plan->min && national.len <= plan->max;
}

/* Drops a trunk prefix that stands before a national number, behind the calling code too: +31 (0)6 is one of
 * the commonest spellings there is. Returns false when no national number is left. */
static bool phone_drop_trunk(const struct phone_plan *plan, struct phone_digits *national)
{
    if (phone_fits(plan, *national))
        return true;
    const char *const trunks[] = {plan->trunk, plan->old_trunk};
    for (size_t i = 0; i < sizeof trunks / sizeof *trunks; i++) {
        if (phone_begins(*national, trunks[i]) && phone_fits(plan, phone_behind(*national, trunks[i]))) {
            *national = phone_behind(*national, trunks[i]);
            return true;
        }
    }
    return false;
}

static const char *phone_write(const char *code, const char *area, struct phone_digits national,
                               struct identifier *made)
{
    size_t digits = strlen(code) + strlen(area) + national.len;
    if (digits < E164_MIN || digits > E164_MAX)
        return wrong_length;
    char *at = made->value;
    *at++ = '+';
    at = (char *)mempcpy(at, code, strlen(code));
    at = (char *)mempcpy(at, area, strlen(area));
    memcpy(at, national.at, national.len);
    made->len = 1 + digits;
    return NULL;
}

static const char *phone_international(struct phone_digits digits, struct identifier *made)
{
    const struct phone_plan *plan = phone_plan_of_number(digits.at, digits.len);
    if (plan == NULL)
        return "No country has the calling code of this phone number";
    struct phone_digits national = phone_behind(digits, plan->code);
    return phone_drop_trunk(plan, &national) ? phone_write(plan->code, "", national, made) : wrong_length;
}

/* Spreadsheets and exports lose the + and the trunk prefix. What can be read in one way only is read so; what
 * could be a bare national number as well as one with its calling code is refused, since a guess would make a
 * second tag. */
static const char *phone_national(const struct phone_plan *plan, struct phone_digits digits,
                                  struct identifier *made)
{
    struct phone_digits national = digits;
    struct phone_digits coded = digits;
    bool coded_fits = false;
    if (phone_begins(digits, plan->code)) {
        coded = phone_behind(digits, plan->code);
        coded_fits = phone_drop_trunk(plan, &coded);
    }
    if (coded_fits && phone_fits(plan, digits))
        return "The phone number can be read in two ways: write it with a +";
    if (phone_drop_trunk(plan, &national))
        return phone_write(plan->code, "", national, made);
    if (coded_fits)
        return phone_write(plan->code, "", coded, made);
    if (plan->area[0] != '\0' && digits.len + strlen(plan->area) == plan->min && digits.at[0] != '0')
        return phone_write(plan->code, plan->area, digits, made);
    return wrong_length;
}

const char *identifier_normalise_phone(struct identifier_text raw, const char *country,
                                       struct identifier *ret_identifier)
{
    struct phone_dialled dialled;
    const char *fault = phone_read(raw, &dialled);
    if (fault != NULL)
        return fault;
    struct phone_digits digits = {dialled.digits, dialled.len};
    if (digits.len == 0)
        return "A phone number has digits";
    if (dialled.plus)
        return phone_international(digits, ret_identifier);
    const struct phone_plan *plan = phone_plan_of_country(country);
    if (plan == NULL)
        return "Without a country a phone number begins with a + and the calling code";
    if (phone_begins(digits, plan->exit))
        return phone_international(phone_behind(digits, plan->exit), ret_identifier);
    return phone_national(plan, digits, ret_identifier);
}
