/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/age.h"
#include "domain/calendar.h"
#include "domain/moment.h"
#include "ledger/acts_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Notes what is told, and writes it into the event's detail. ${until} NULL: no end is known. */
static void fact_tell(const struct acts_common *c, struct fact *fact, struct writer *w, const char *key,
                      bool holds, const char *until)
{
    bool may_document = acts_is_guardians(c) || c->act.role == ROLE_STAFF;
    *fact = (struct fact){.told = true, .documented = may_document && c->has_documents, .limited = holds};
    if (until != NULL)
        memcpy(fact->until, until, sizeof fact->until);
    writer_object_begin(w, key);
    writer_bool(w, "holds", holds);
    writer_text(w, "until", until);
    writer_bool(w, "documented", fact->documented);
    writer_object_end(w);
}

/* What opens is taken only with proof, and not from whom it would free. */
static void lift_check(const struct node *n, const struct fact *fact)
{
    if (!fact->documented)
        node_fault(n, ERROR_INVALID,
                   "only a guardian or staff can lift this, with a document in evidence.documents");
}

static bool month_parse(const char *text, size_t len, int32_t *ret_year, int32_t *ret_month)
{
    if (len != 7 || text[4] != '-' || strspn(text, "0123456789") != 4 || strspn(text + 5, "0123456789") != 2)
        return false;
    *ret_year = (int32_t)strtol(text, NULL, 10);
    *ret_month = (int32_t)strtol(text + 5, NULL, 10);
    return *ret_year >= 1900 && *ret_month >= 1 && *ret_month <= 12;
}

/* Wherever on earth. */
static bool is_to_come(int32_t year, int32_t month, instant now)
{
    enum { DAY_SECONDS = 86400 };
    struct calendar_date tomorrow = calendar_date_of(now / SECOND / DAY_SECONDS + 1);
    return year > tomorrow.year || (year == tomorrow.year && month > tomorrow.month);
}

static const char *country_read(const struct acts_common *c, const struct node *minor)
{
    struct node n = node_optional(minor, "country");
    if (!node_present(&n))
        return c->controller->policy->country;
    const char *country = node_string(&n, 2, 2, NULL);
    if (country[0] < 'A' || country[0] > 'Z' || country[1] < 'A' || country[1] > 'Z')
        node_fault(&n, ERROR_INVALID, "a country of ISO 3166-1 (alpha-2), such as NL");
    return country;
}

/* Of a birth month only the date is kept on which the limit is reached: it counts as its last day. Whether
 * that day has come the ledger knows, which has the clock and the time zone. */
static void birth_month_read(struct acts_common *c, const struct node *minor, struct writer *w)
{
    static const char *const members[] = {"birth_month", "country", NULL};
    node_only(minor, members);
    struct node n = node_member(minor, "birth_month");
    size_t len;
    int32_t year, month;
    const char *text = node_string(&n, 7, 7, &len), *country = country_read(c, minor);
    if (len == 0)
        return;
    instant now = c->env->now;
    if (!month_parse(text, len, &year, &month) || is_to_come(year, month, now)) {
        node_fault(&n, ERROR_INVALID, "a month that has begun, such as 2012-05");
        return;
    }
    int years = age_limit(c->controller->policy, country, now, CHANNEL_WEB);
    if (years == 0) { /* no fixed age there: nobody could say until when */
        struct node where = node_optional(minor, "country");
        node_fault(node_present(&where) ? &where : &n, ERROR_INVALID,
                   "a country whose law has an age, or for which the policy has one in ages");
        return;
    }
    struct calendar_date limit = age_reached(year, month, years);
    char until[16];
    snprintf(until, sizeof until, "%04d-%02d-%02d", limit.year, limit.month, limit.day);
    fact_tell(c, &c->act.age, w, "minor", true, until);
}

static void minor_read(struct acts_common *c, struct writer *w)
{
    struct node n = node_optional(&c->root, "minor");
    if (!node_present(&n))
        return;
    if (node_is_object(&n)) {
        birth_month_read(c, &n, w);
        return;
    }
    bool minor = node_bool(&n);
    fact_tell(c, &c->act.age, w, "minor", minor, NULL);
    if (!minor)
        lift_check(&n, &c->act.age);
}

static bool is_date(const char *text, size_t len)
{
    char moment[32];
    instant ignored;
    snprintf(moment, sizeof moment, "%.10sT00:00:00Z", text);
    return len == 10 && moment_parse(moment, strlen(moment), &ignored);
}

/* An adult under guardianship (curatele, mentorschap): {"until": date or null}; false lifts it. */
static void represented_read(struct acts_common *c, struct writer *w)
{
    static const char *const members[] = {"until", NULL};
    struct node n = node_optional(&c->root, "represented");
    if (!node_present(&n))
        return;
    if (node_kind(&n) == NODE_BOOL && !node_bool(&n)) {
        fact_tell(c, &c->act.care, w, "represented", false, NULL);
        lift_check(&n, &c->act.care);
        return;
    }
    node_only(&n, members);
    struct node until = node_member(&n, "until");
    if (node_kind(&until) == NODE_NULL) {
        fact_tell(c, &c->act.care, w, "represented", true, NULL);
        return;
    }
    size_t len;
    const char *text = node_string(&until, 10, 10, &len);
    if (len != 0 && !is_date(text, len))
        node_fault(&until, ERROR_INVALID, "a date, such as 2030-01-01, or null");
    else if (len != 0)
        fact_tell(c, &c->act.care, w, "represented", true, text);
}

/* The limit's day begins between these, wherever on earth the controller is. */
static const instant earliest_zone = 14 * 3600 * SECOND, latest_zone = 12 * 3600 * SECOND;

/* 00:00 of the day, in UTC; of one before 1970, 1970. */
static instant day_begins(const char until[11])
{
    char moment[32];
    instant at = 0;
    snprintf(moment, sizeof moment, "%.10sT00:00:00Z", until);
    moment_parse(moment, strlen(moment), &at);
    return at;
}

bool acts_tell_minor(const struct acts_common *c)
{
    const struct fact *age = &c->act.age;
    if (!age->told || !age->limited)
        return false;
    return age->until[0] == '\0' || acts_time(c) < day_begins(age->until) - earliest_zone;
}

bool acts_tell_of_age(const struct acts_common *c)
{
    const struct fact *age = &c->act.age;
    return age->told && age->limited && age->until[0] != '\0' &&
           acts_time(c) >= day_begins(age->until) + latest_zone;
}

void acts_facts_read(struct acts_common *c, struct writer *detail)
{
    minor_read(c, detail);
    represented_read(c, detail);
}
