/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/identifier_internal.h"
#include "domain/phone_plan.h"

#include <string.h>
#include <unictype.h>

enum {
    /* Digits, calling code included. The shortest and the longest in use: Germany, Japan and Indonesia have
     * numbers beyond what E.164 has room for. */
    NUMBER_MIN = 6,
    E164_MAX = 15,
    NUMBER_MAX = 20,
    /* An international prefix of four and a trunk prefix of two may stand in what is dialled. */
    DIALLED_MAX = NUMBER_MAX + 4 + 2
};

static const char wrong_length[] = "The phone number has too few or too many digits for its country";
static const char wrong_characters[] = "A phone number is a +, digits, spaces and - . / ( ) only";
static const char too_many_digits[] = "The phone number has too many digits";
static const char two_readings[] = "The phone number can be read in two ways: write it with a +";

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

/* A number as it stands behind its calling code. */
struct phone_national {
    size_t len;
    char digits[DIALLED_MAX];
};

/* ---- what is written ---- */

static bool phone_character_separates(ucs4_t c)
{
    if (c < 0x80)
        return c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')';
    /* U+2212 is the minus sign; by its category it is mathematics. Blanks: address books put direction marks
     * round numbers. */
    return c == 0x2212 || uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Pd) ||
           identifier_character_is_blank(c);
}

static bool phone_text_begins(struct identifier_text text, const char *word)
{
    return text.len >= strlen(word) && strncasecmp((const char *)text.bytes, word, strlen(word)) == 0;
}

/* Takes off what a link has round a number (RFC 3966): the scheme, and an extension, which is no part of the
 * number that is dialled. */
static struct identifier_text phone_unlink(struct identifier_text text)
{
    static const char scheme[] = "tel:", extension[] = ";ext=";
    if (phone_text_begins(text, scheme)) {
        text.bytes += sizeof scheme - 1;
        text.len -= sizeof scheme - 1;
    }
    size_t digits = 0;
    while (digits < text.len && text.bytes[text.len - digits - 1] >= '0' &&
           text.bytes[text.len - digits - 1] <= '9')
        digits++;
    size_t tail = digits + sizeof extension - 1;
    if (digits == 0 || text.len < tail)
        return text;
    struct identifier_text end = {text.bytes + text.len - tail, tail};
    if (phone_text_begins(end, extension))
        text.len -= tail;
    return text;
}

static const char *phone_read(struct identifier_text text, struct phone_dialled *ret_dialled)
{
    struct phone_dialled d = {.len = 0};
    for (text = phone_unlink(identifier_text_trim(text)); text.len > 0;) {
        ucs4_t c = identifier_text_next(&text);
        int digit = identifier_character_digit(c);
        if (digit >= 0) {
            if (d.len == DIALLED_MAX)
                return too_many_digits;
            d.digits[d.len++] = (char)('0' + digit);
        } else if ((c == '+' || c == 0xff0b) && !d.plus && d.len == 0) {
            d.plus = true;
        } else if (!phone_character_separates(c)) {
            return wrong_characters;
        }
    }
    if (d.len == 0)
        return "A phone number has digits";
    *ret_dialled = d;
    return NULL;
}

/* ---- its country's ways ---- */

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

/* Leaves out ${count} digits from ${at} on. */
static void phone_cut(struct phone_national *n, size_t at, size_t count)
{
    memmove(n->digits + at, n->digits + at + count, n->len - at - count);
    n->len -= count;
}

static bool phone_has(const struct phone_national *n, size_t at, const char *part)
{
    return n->len >= at + strlen(part) && memcmp(n->digits + at, part, strlen(part)) == 0;
}

/* Argentina's mobile numbers have a 9 before the area code where they are called from abroad, a 15 behind it
 * at home, and none of both in most address books. Area codes are 11, or three to four digits that begin with
 * 2 or 3. */
static void phone_unite_argentine(struct phone_national *n)
{
    enum { SUBSCRIBER = 10 };
    if (n->len == SUBSCRIBER + 1 && phone_has(n, 0, "9")) {
        phone_cut(n, 0, 1);
    } else if (n->len == SUBSCRIBER + 2 && (phone_has(n, 0, "2") || phone_has(n, 0, "3"))) {
        size_t area = phone_has(n, 3, "15") ? 3 : 4;
        if (phone_has(n, area, "15"))
            phone_cut(n, area, 2);
    } else if (n->len == SUBSCRIBER + 2 && phone_has(n, 0, "1115")) {
        phone_cut(n, 2, 2);
    }
}

/* San Marino's fixed lines are dialled by their six digits at home, and behind Italy's 0549 from abroad; some
 * leave its 0 out. */
static void phone_unite_sammarinese(struct phone_national *n)
{
    enum { SUBSCRIBER = 6 };
    static const char area[] = "0549";
    size_t has = phone_has(n, 0, area + 1) && n->len == SUBSCRIBER + 3 ? 3 : 0;
    if (n->len != SUBSCRIBER + has || !(phone_has(n, has, "8") || phone_has(n, has, "9")))
        return;
    memmove(n->digits + sizeof area - 1, n->digits + has, SUBSCRIBER);
    memcpy(n->digits, area, sizeof area - 1);
    n->len = SUBSCRIBER + sizeof area - 1;
}

/* Numbers that are written in several ways and ring at one telephone. */
static void phone_unite(const struct phone_plan *plan, struct phone_national *n)
{
    if (strcmp(plan->code, "54") == 0)
        phone_unite_argentine(n);
    else if (strcmp(plan->code, "378") == 0)
        phone_unite_sammarinese(n);
}

static struct phone_national phone_copy(struct phone_digits digits)
{
    struct phone_national n = {.len = digits.len};
    memcpy(n.digits, digits.at, digits.len);
    return n;
}

/* Drops a trunk prefix that stands before a national number, behind the calling code too: +31 (0)6 is one of
 * the commonest spellings there is. ${takes} says what is left of it. */
static bool phone_trunk_drop(const struct phone_plan *plan, struct phone_digits digits,
                             phone_plan_judge *takes, struct phone_national *ret_national)
{
    const char *const trunks[] = {"", plan->trunk, plan->old_trunk};
    for (size_t i = 0; i < sizeof trunks / sizeof *trunks; i++) {
        if (i > 0 && !phone_begins(digits, trunks[i]))
            continue;
        *ret_national = phone_copy(phone_behind(digits, trunks[i]));
        phone_unite(plan, ret_national);
        if (takes(plan, ret_national->digits, ret_national->len))
            return true;
    }
    return false;
}

/* A subscriber's number where it can be one: who writes to people means people. Returns false when no
 * national number is left. */
static bool phone_national_of(const struct phone_plan *plan, struct phone_digits digits,
                              struct phone_national *ret_national)
{
    return phone_trunk_drop(plan, digits, phone_plan_subscriber, ret_national) ||
           phone_trunk_drop(plan, digits, phone_plan_takes, ret_national);
}

/* ---- its normal form ---- */

/* ${code} NULL: none is known. */
static void phone_write(const char *code, const char *area, struct phone_digits national,
                        struct identifier *made)
{
    char *at = made->value;
    if (code != NULL) {
        *at++ = '+';
        at = (char *)mempcpy(at, code, strlen(code));
    }
    at = (char *)mempcpy(at, area, strlen(area));
    at = (char *)mempcpy(at, national.at, national.len);
    made->len = (size_t)(at - made->value);
}

static const char *phone_write_whole(const char *code, const char *area, struct phone_digits national,
                                     struct identifier *made)
{
    size_t digits = strlen(code) + strlen(area) + national.len;
    if (digits < NUMBER_MIN || digits > NUMBER_MAX)
        return wrong_length;
    phone_write(code, area, national, made);
    return NULL;
}

static const char *phone_write_national(const struct phone_plan *plan, const struct phone_national *national,
                                        struct identifier *made)
{
    return phone_write_whole(plan->code, "", (struct phone_digits){national->digits, national->len}, made);
}

static const char *phone_international(struct phone_digits digits, struct identifier *made)
{
    const struct phone_plan *plan = phone_plan_of_number(digits.at, digits.len);
    if (plan == NULL)
        return "No country has the calling code of this phone number";
    struct phone_national national;
    return phone_national_of(plan, phone_behind(digits, plan->code), &national)
               ? phone_write_national(plan, &national, made)
               : wrong_length;
}

/* Spreadsheets and exports lose the + and the trunk prefix. What can be read in one way only is read so; what
 * could be a bare national number as well as one with its calling code is refused, since a guess would make a
 * second tag. */
static const char *phone_domestic(const struct phone_plan *plan, struct phone_digits digits,
                                  struct identifier *made)
{
    struct phone_national national, coded;
    bool has_code = phone_begins(digits, plan->code);
    struct phone_digits behind = has_code ? phone_behind(digits, plan->code) : digits;
    if (has_code && phone_trunk_drop(plan, behind, phone_plan_subscriber, &coded))
        return phone_plan_subscriber(plan, digits.at, digits.len) ? two_readings
                                                                  : phone_write_national(plan, &coded, made);
    if (phone_national_of(plan, digits, &national))
        return phone_write_national(plan, &national, made);
    if (has_code && phone_trunk_drop(plan, behind, phone_plan_takes, &coded))
        return phone_write_national(plan, &coded, made);
    if (plan->area[0] != '\0' && digits.len + strlen(plan->area) == plan->min && digits.at[0] != '0')
        return phone_write_whole(plan->code, plan->area, digits, made);
    return wrong_length;
}

static const char *phone_by_plan(const struct phone_dialled *dialled, const struct phone_plan *plan,
                                 struct identifier *ret_identifier)
{
    struct phone_digits digits = {dialled->digits, dialled->len};
    if (dialled->plus)
        return phone_international(digits, ret_identifier);
    if (plan == NULL)
        return "Without a country a phone number begins with a + and the calling code";
    if (phone_begins(digits, plan->exit))
        return phone_international(phone_behind(digits, plan->exit), ret_identifier);
    return phone_domestic(plan, digits, ret_identifier);
}

const char *identifier_normalise_phone(struct identifier_text raw, const char *country,
                                       struct identifier *ret_identifier)
{
    struct phone_dialled dialled;
    const char *fault = phone_read(raw, &dialled);
    return fault != NULL ? fault : phone_by_plan(&dialled, phone_plan_of_country(country), ret_identifier);
}

/* ---- outside its plan ---- */

/* Without a plan's help: what stands behind the calling code, less the trunk prefix however often it was
 * written. */
static void phone_write_loosely(const struct phone_plan *plan, struct phone_digits digits,
                                struct identifier *made)
{
    struct phone_national n = phone_copy(digits);
    size_t trunk = strlen(plan->trunk), before;
    do {
        before = n.len;
        while (trunk > 0 && n.len > trunk && phone_has(&n, 0, plan->trunk))
            phone_cut(&n, 0, trunk);
        phone_unite(plan, &n);
    } while (n.len < before);
    phone_write(plan->code, "", (struct phone_digits){n.digits, n.len}, made);
}

static size_t phone_international_loosely(struct phone_digits digits, struct identifier *made)
{
    const struct phone_plan *plan = phone_plan_of_number(digits.at, digits.len);
    if (plan == NULL)
        phone_write("", "", digits, made);
    else
        phone_write_loosely(plan, phone_behind(digits, plan->code), made);
    return 1;
}

static size_t phone_domestic_loosely(const struct phone_plan *plan, struct phone_digits digits,
                                     struct identifier made[IDENTIFIER_READINGS])
{
    phone_write_loosely(plan, digits, &made[0]);
    if (!phone_begins(digits, plan->code) || digits.len == strlen(plan->code))
        return 1;
    phone_write_loosely(plan, phone_behind(digits, plan->code), &made[1]);
    return 2;
}

/* A subscriber of no known plan has as many digits as those of known ones. */
static const char *phone_readings_check(const struct identifier readings[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t digits = readings[i].len - (readings[i].value[0] == '+');
        if (digits < NUMBER_MIN)
            return "The phone number has too few digits";
        if (digits > E164_MAX)
            return too_many_digits;
    }
    return NULL;
}

const char *identifier_phone_readings(struct identifier_text raw, const char *country,
                                      struct identifier ret_readings[IDENTIFIER_READINGS], size_t *ret_count)
{
    struct phone_dialled dialled;
    const char *fault = phone_read(raw, &dialled);
    if (fault != NULL)
        return fault;
    const struct phone_plan *plan = phone_plan_of_country(country);
    struct phone_digits digits = {dialled.digits, dialled.len};
    *ret_count = 1;
    if (phone_by_plan(&dialled, plan, ret_readings) == NULL)
        return NULL;
    if (dialled.plus)
        *ret_count = phone_international_loosely(digits, ret_readings);
    else if (plan == NULL)
        phone_write(NULL, "", digits, ret_readings);
    else if (phone_begins(digits, plan->exit) && digits.len > strlen(plan->exit))
        *ret_count = phone_international_loosely(phone_behind(digits, plan->exit), ret_readings);
    else
        *ret_count = phone_domestic_loosely(plan, digits, ret_readings);
    return phone_readings_check(ret_readings, *ret_count);
}
