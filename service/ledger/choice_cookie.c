/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/choice_cookie.h"

#include <string.h>

static const char form[] = "1";

/* The next part of a value, up to a dot; false behind the last. */
static bool part_next(const char **at, const char **ret_part, size_t *ret_len)
{
    if (*at == NULL)
        return false;
    *ret_part = *at;
    *ret_len = strcspn(*at, ".");
    *at = (*at)[*ret_len] == '.' ? *at + *ret_len + 1 : NULL;
    return true;
}

/* What follows the head of ${kept}, where that is of this form and visitor; else NULL. */
static const char *states_kept(const char *kept, const char *visitor)
{
    const char *at = kept, *part;
    size_t len;
    if (!part_next(&at, &part, &len) || len != sizeof form - 1 || memcmp(part, form, len) != 0)
        return NULL;
    bool has_version = part_next(&at, &part, &len), has_owner = part_next(&at, &part, &len);
    if (!has_version || !has_owner)
        return NULL;
    const char *owner = visitor[0] != '\0' ? visitor : "-";
    return len == strlen(owner) && memcmp(part, owner, len) == 0 ? at : NULL;
}

/* The letter that it has for ${key}; NUL: none. */
static char letter_kept(const char *states, const char *key)
{
    const char *part;
    size_t len, key_len = strlen(key);
    while (part_next(&states, &part, &len)) {
        if (len == key_len + 2 && memcmp(part, key, key_len) == 0 && part[key_len] == '~' &&
            strchr("gsr", part[key_len + 1]) != NULL)
            return part[key_len + 1];
    }
    return '\0';
}

/* What is chosen now; NUL: nothing is. */
static char letter_chosen(const struct node *choices, const char *key, bool under_signal)
{
    struct node one = node_is_object(choices) ? node_optional(choices, key) : *choices;
    if (node_kind(&one) != NODE_STRING)
        return '\0';
    bool given = strcmp(node_string(&one, 0, SIZE_MAX, NULL), "given") == 0;
    return given ? under_signal ? 's' : 'g' : 'r';
}

static instant sooner(instant end, instant now, struct duration term)
{
    instant own = duration_is_zero(term) ? end : duration_add(now, term);
    return own < end ? own : end;
}

bool choice_cookie_write(const struct policy *policy, const struct site_page *page,
                         const struct site_choice *choice, struct reader *body, const char *kept, instant now,
                         struct buf *out)
{
    static const char secure[] = "https://";
    const struct duration longest = {.days = CHOICE_COOKIE_DAYS};
    struct node root = reader_root(body), choices = node_optional(&root, "choices");
    const char *states = states_kept(kept, choice->visitor);
    instant end = duration_add(now, longest);

    buf_printf(out, "akkoord=%s.%d.%s", form, policy->version,
               choice->visitor[0] != '\0' ? choice->visitor : "-");
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *p = &policy->purposes[i];
        char letter = p->on_banner ? letter_chosen(&choices, p->key, choice->under_signal) : '\0';
        if (p->on_banner && letter == '\0')
            letter = letter_kept(states, p->key);
        if (letter == '\0')
            continue;
        buf_printf(out, ".%s~%c", p->key, letter);
        end = sooner(end, now, letter == 'r' ? p->refused_until : p->validity);
    }

    buf_printf(out, "; Path=/; Max-Age=%lld; SameSite=Lax", (long long)((end - now) / SECOND));
    if (page->origin_len > sizeof secure - 1 && memcmp(page->origin, secure, sizeof secure - 1) == 0)
        buf_text(out, "; Secure");
    if (choice->site->cookie_domain != NULL)
        buf_printf(out, "; Domain=%s", choice->site->cookie_domain);
    buf_byte(out, '\0');
    return !buf_failed(out);
}
