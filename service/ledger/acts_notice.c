/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "ledger/acts_internal.h"

#include <string.h>

/* On paper, by telephone and in imports nobody knows which words were shown, unless the caller says so. */
static bool words_are_unknown(const struct acts_common *c)
{
    return c->is_import || c->act.method == METHOD_PAPER || c->act.method == METHOD_PHONE ||
           c->act.method == METHOD_IN_PERSON || c->act.method == METHOD_LETTER;
}

/* The text whose hash was sent; where a language was sent too it must be that one. */
static const struct notice_text *text_hashed(const struct acts_common *c, const struct notice *n,
                                             const struct node *sha256)
{
    size_t len;
    uint8_t hash[NOTICE_HASH_SIZE];
    const char *hex = node_string(sha256, 2 * NOTICE_HASH_SIZE, 2 * NOTICE_HASH_SIZE, &len);
    if (len == 0)
        return NULL;
    if (!hex_read_lower(hex, len, hash, sizeof hash)) {
        node_fault(sha256, ERROR_INVALID, "64 lower-case hexadecimal digits");
        return NULL;
    }
    for (size_t i = 0; i < n->text_count; i++) {
        const struct notice_text *t = &n->texts[i];
        if (memcmp(t->sha256, hash, sizeof hash) == 0 &&
            (c->act.language == NULL || t == notice_text_in(n, c->act.language)))
            return t;
    }
    node_fault(sha256, ERROR_UNKNOWN_NOTICE, "not the hash of this notice's words");
    return NULL;
}

/* The notice that was named. */
static const struct notice *notice_named(const struct acts_common *c, const struct purpose *purpose,
                                         const struct notice_text **ret_text)
{
    static const char *const members[] = {"id", "version", "sha256", NULL};
    const struct node *n = &c->notice;
    node_only(n, members);
    struct node id = node_member(n, "id"), version = node_member(n, "version"),
                sha256 = node_optional(n, "sha256");
    const char *id_text = node_string(&id, 1, POLICY_KEY_MAX, NULL);
    const char *version_text = node_string(&version, 1, POLICY_KEY_MAX, NULL);
    if (id_text[0] == '\0' || version_text[0] == '\0')
        return NULL;
    const struct notice *found = policy_notice(c->controller->policy, id_text, version_text, 0);
    if (found == NULL)
        node_fault(n, ERROR_UNKNOWN_NOTICE, "no notice version of the policy");
    else if (purpose->notice[0] != '\0' && strcmp(found->id, purpose->notice) != 0)
        node_fault(n, ERROR_UNKNOWN_NOTICE, "another purpose's words: not what was agreed to here");
    else if (node_present(&sha256))
        *ret_text = text_hashed(c, found, &sha256);
    return found;
}

const struct notice *acts_notice_of(const struct acts_common *c, const struct purpose *purpose, instant now,
                                    const struct notice_text **ret_text)
{
    const struct notice *n = NULL;
    if (node_present(&c->notice))
        n = notice_named(c, purpose, ret_text);
    else if (purpose->notice[0] != '\0' && !words_are_unknown(c))
        n = policy_notice(c->controller->policy, purpose->notice, NULL,
                          c->act.at != INSTANT_NONE ? c->act.at : now);
    if (n != NULL && *ret_text == NULL)
        *ret_text = notice_text_in(n, c->act.language);
    return n;
}
