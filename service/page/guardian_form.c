/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "base/limits.h"
#include "page/guardian_internal.h"
#include "wire/policy_language.h"

#include <string.h>
#include <unistr.h>

/* What a guardian's form says. */

enum { NAME_CHARACTERS_MAX = 200 }; /* characters, as its reader counts them */

bool guardian_is_ticked(const struct guardian_page *g, const struct purpose *purpose)
{
    char name[GUARDIAN_BOX_MAX];
    guardian_box(purpose, name);
    return form_value(&g->form, name) != NULL;
}

/* What the action is of. */
static void purposes_choose(struct guardian_page *g, struct arena *arena, const struct policy *policy)
{
    const struct purpose **purposes = arena_need(arena, (g->asked.count + 1) * sizeof *purposes);
    const struct notice **notices = arena_need(arena, (g->asked.count + 1) * sizeof *notices);
    size_t count = 0;
    for (size_t i = 0; i < g->asked.count; i++) {
        struct asked_purpose a;
        if (!guardian_asked_at(g, policy, i, &a))
            continue;
        bool chosen = g->answer.action == GUARDIAN_GIVES
                          ? a.waits && !a.gave && guardian_is_ticked(g, a.purpose)
                      : g->answer.action == GUARDIAN_REFUSES ? !a.refused
                                                             : a.gave;
        if (!chosen)
            continue;
        purposes[count] = a.purpose;
        notices[count++] = a.notice;
    }
    g->answer.purposes = purposes;
    g->answer.notices = notices;
    g->answer.purpose_count = count;
}

/* A No is taken of whoever has the link: where no role is told, none is made up. */
static bool role_choose(struct guardian_page *g, const struct policy *policy)
{
    unsigned roles = guardian_roles(g, policy);
    const char *word = form_value(&g->form, "role");
    for (unsigned role = ROLE_PARENT; word != NULL && role <= ROLE_LEGAL_REPRESENTATIVE; role++) {
        if ((roles & 1u << role) != 0 && strcmp(word, role_word((enum role)role)) == 0) {
            g->answer.role = (enum role)role;
            return true;
        }
    }
    g->answer.role = ROLE_GUARDIAN;
    return g->answer.action != GUARDIAN_GIVES;
}

/* Without blanks around it. */
static const char *name_of(const struct guardian_page *g, struct arena *arena)
{
    const char *typed = form_value(&g->form, "name");
    if (typed == NULL)
        return "";
    typed += strspn(typed, " \t\r\n");
    size_t len = strlen(typed);
    while (len > 0 && strchr(" \t\r\n", typed[len - 1]) != NULL)
        len--;
    return arena_copy(arena, typed, len);
}

static bool is_name(const char *name)
{
    return name[0] != '\0' && u8_mbsnlen((const uint8_t *)name, strlen(name)) <= NAME_CHARACTERS_MAX;
}

/* What is missing in a Yes; TEXT_NONE: nothing. */
static enum page_text yes_fault(const struct guardian_page *g, bool has_role, bool is_as_shown)
{
    if (!is_as_shown)
        return TEXT_GUARDIAN_CHANGED;
    if (g->answer.purpose_count == 0)
        return TEXT_GUARDIAN_NO_BOX;
    if (!has_role)
        return TEXT_GUARDIAN_NO_ROLE;
    if (!is_name(g->answer.name))
        return TEXT_GUARDIAN_NO_NAME;
    return TEXT_NONE;
}

bool guardian_action_read(struct guardian_page *g)
{
    static const char *const words[] = {"give", "refuse", "withdraw"};
    const char *word = form_value(&g->form, "action");
    for (unsigned i = 0; word != NULL && i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i]) == 0) {
            g->answer.action = (enum guardian_action)i;
            return true;
        }
    }
    return false;
}

/* Whether the statement that was shown is the one that would be now. */
static bool statement_read(struct guardian_page *g, const struct controller *c)
{
    char hex[2 * sizeof g->answer.statement + 1] = "";
    const char *shown = form_value(&g->form, "statement"), *language = form_value(&g->form, "language");
    if (shown == NULL || language == NULL || !language_is_tag(language) ||
        policy_texts_page(controller_texts(c), TEXT_CONTACT, language) == NULL)
        return false;
    g->answer.language = language;
    if (!guardian_statement(g, c, language, g->answer.statement))
        return false;
    hex_write(g->answer.statement, sizeof g->answer.statement, hex);
    return strcmp(shown, hex) == 0;
}

bool guardian_is_mended(const struct guardian_page *g)
{
    return g->said == TEXT_GUARDIAN_NO_BOX || g->said == TEXT_GUARDIAN_NO_ROLE ||
           g->said == TEXT_GUARDIAN_NO_NAME || g->said == TEXT_GUARDIAN_CHANGED;
}

const char *guardian_name_again(const struct guardian_page *g)
{
    return guardian_is_mended(g) && g->answer.name != NULL && is_name(g->answer.name) ? g->answer.name : "";
}

bool guardian_form_read(struct guardian_page *g, const struct ledger_env *env)
{
    const struct controller *c = env->controller;
    bool gives = g->answer.action == GUARDIAN_GIVES;
    bool is_as_shown = !gives || statement_read(g, c);
    purposes_choose(g, env->arena, c->policy);
    bool has_role = role_choose(g, c->policy);
    g->answer.name = name_of(g, env->arena);
    g->said = gives ? yes_fault(g, has_role, is_as_shown) : TEXT_NONE;
    return g->said == TEXT_NONE && g->answer.purpose_count > 0 && has_role;
}

/* ---- which form it is ---- */

/* What the guardian's answer is read of. */
static bool is_read(const char *name)
{
    static const char *const names[] = {"statement", "language", "state", "role", "name"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return name[0] == 'p' && name[1] >= '0' && name[1] <= '9';
}

static void yes_write(const struct form *form, struct buf *out)
{
    for (size_t i = 0; i < form->count; i++) {
        const struct form_field *field = &form->fields[i];
        if (!is_read(field->name))
            continue;
        buf_append(out, field->name, strlen(field->name) + 1);
        buf_append(out, field->value, strlen(field->value) + 1);
    }
}

bool guardian_key_make(struct guardian_page *g)
{
    struct call *call = g->recording.attempt.call;
    h2o_iovec_t token = call->arguments[0];
    uint8_t hash[32];
    struct buf meaning;
    buf_init(&meaning, FORM_BODY_BYTES_MAX + 256);
    buf_append(&meaning, token.base, token.len);
    buf_printf(&meaning, " %d ", (int)g->answer.action);
    if (g->answer.action == GUARDIAN_GIVES)
        yes_write(&g->form, &meaning);
    else
        buf_printf(&meaning, "%lld", (long long)guardian_said_last(g));
    bool is_made = !buf_failed(&meaning);
    tagger_hash(g->recording.attempt.controller->tagger, "guardian page", meaning.data, meaning.len, hash);
    buf_free(&meaning);
    char *key = call_alloc(call, 2 * sizeof hash + 1);
    hex_write(hash, sizeof hash, key);
    g->recording.key = h2o_iovec_init(key, 2 * sizeof hash);
    return is_made;
}
