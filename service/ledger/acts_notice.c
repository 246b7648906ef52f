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

/* In the language that was told; NULL where the notice does not have it. */
static const struct notice_text *text_told(const struct acts_common *c, const struct notice *n)
{
    const struct notice_text *text = notice_text_in(n, c->act.language);
    size_t len = text != NULL ? strlen(text->language) : 0;
    bool is_there = text != NULL && strncmp(c->act.language, text->language, len) == 0 &&
                    (c->act.language[len] == '\0' || c->act.language[len] == '-');
    return is_there ? text : NULL;
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

/* Words must have been in force when they were agreed to. */
static void named_check(const struct acts_common *c, const struct notice *n)
{
    if (n->effective_from > acts_time(c))
        node_fault(&c->notice, ERROR_INVALID, "these words came into force after that time");
}

struct acts_words acts_words_of(const struct acts_common *c, const struct purpose *purpose, bool no)
{
    struct acts_words w = {0};
    bool named = node_present(&c->notice);
    if (named)
        w.notice = notice_named(c, purpose, &w.text);
    else if (purpose->notice[0] != '\0' && !words_are_unknown(c))
        w.notice = policy_notice(c->controller->policy, purpose->notice, NULL, acts_time(c));
    if (w.notice == NULL)
        return w;
    if (named && !no)
        named_check(c, w.notice);
    if (w.text != NULL)
        return w;
    if (c->act.language == NULL) {
        w.text = notice_text_in(w.notice, NULL);
        w.assumed = !named || w.notice->text_count > 1;
        return w;
    }
    w.text = text_told(c, w.notice);
    if (w.text != NULL)
        return w;
    if (!no && !c->is_import) {
        struct node language = node_optional(&c->root, "language");
        node_fault(&language, ERROR_INVALID, "these words are not in the policy in that language");
    }
    return (struct acts_words){0};
}

enum effect acts_words_effect(const struct acts_common *c, const struct purpose *purpose,
                              const struct notice *notice)
{
    bool are_unknown = notice == NULL || strcmp(notice->id, purpose->notice) != 0;
    if (are_unknown && purpose->basis == BASIS_CONSENT && purpose->notice[0] != '\0' &&
        !purpose->unknown_words_allowed)
        return EFFECT_WORDS_UNKNOWN;
    bool is_outdated = notice != NULL && policy_notice_outdated(c->controller->policy, notice, c->env->now);
    return is_outdated ? EFFECT_OUTDATED : EFFECT_APPLIED;
}
