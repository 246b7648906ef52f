/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/collection_token.h"
#include "base/base64url.h"
#include "base/hex.h"
#include "base/limits.h"
#include "ledger/acts_internal.h"
#include "ledger/site_choices.h"

#include <string.h>

/* What a visitor chose on a banner: no stranger's word is taken for more than it can be.  (1) Nothing is
 * read as an act unless the page's origin is one of the policy's and the token is of this page, visitor
 * and notice, or of this page and nobody. (2) The only identifier is the visitor's code; the only purposes
 * are those that the banner asks about. (3) The words are those of the policy at the time, where the notice
 * hash is theirs, and assumed where none is told; else they are not known, and a Yes counts for nothing
 * unless the policy says so. (4) A copy of another banner's choice is an import. */

enum { SHA256_HEX = 2 * NOTICE_HASH_SIZE };

static const char *const layers[] = {"first", "second", "placeholder", "page", NULL};
static const char *const sources[] = {"klaro", "cookieconsent", "cookiebot", NULL};

/* ---- who asks ---- */

const struct site *site_of_page(const struct policy *policy, const struct site_page *page,
                                const struct node *root)
{
    const struct site *site = policy_site(policy, page->origin, page->origin_len);
    if (site == NULL)
        node_fault(root, ERROR_FOREIGN_ORIGIN, "the Origin must be one of the site's, exactly");
    return site;
}

const char *site_visitor_read(const struct node *root)
{
    unsigned char bytes[VISITOR_CODE_BYTES];
    size_t len, size;
    struct node n = node_optional(root, "visitor");
    if (!node_present(&n))
        return "";
    const char *code = node_string(&n, 1, READER_NAME_MAX, &len);
    if (len == 0)
        return "";
    if (base64url_decode(code, len, bytes, sizeof bytes, &size) && size == sizeof bytes)
        return code;
    node_fault(&n, ERROR_INVALID, "must be 128 random bits in base64url: 22 characters");
    return "";
}

const char *site_notice_read(const struct node *root)
{
    uint8_t hash[NOTICE_HASH_SIZE];
    size_t len;
    struct node n = node_optional(root, "notice");
    if (!node_present(&n))
        return "";
    const char *hex = node_string(&n, SHA256_HEX, SHA256_HEX, &len);
    if (len == 0 || hex_read_lower(hex, len, hash, sizeof hash))
        return hex;
    node_fault(&n, ERROR_INVALID, "64 lower-case hexadecimal digits");
    return "";
}

static bool token_holds(const struct ledger_env *env, const struct site_page *page, const char *visitor,
                        const char *notice, const char *token, size_t len)
{
    struct collection c = {env->controller->policy->controller, page->origin, page->origin_len, visitor,
                           notice};
    return collection_token_holds(&env->link_keys->numbered, &c, env->now, token, len);
}

void site_token_read(const struct ledger_env *env, const struct site_page *page, const struct node *root,
                     const char *visitor, const char *notice, bool or_nobodys)
{
    enum { TOKEN_MAX = 128 };
    size_t len;
    struct node n = node_member(root, "token");
    const char *token = node_string(&n, 1, TOKEN_MAX, &len);
    if (len > 0 && !token_holds(env, page, visitor, notice, token, len) &&
        !(or_nobodys && token_holds(env, page, "", "", token, len)))
        node_fault(&n, ERROR_COLLECTION_TOKEN,
                   "has ended, or is not of this origin, visitor code and notice hash: take a new one");
}

void site_person(const char *visitor, const struct controller *controller, struct person *ret_person)
{
    struct identifier code;
    struct person *p = ret_person;
    *p = (struct person){
        .count = 1, .types = {IDENTIFIER_VISITOR}, .rotating = controller->old_tagger != NULL};
    identifier_normalise(IDENTIFIER_VISITOR, visitor, strlen(visitor), controller->policy->country, &code);
    tagger_make(controller->tagger, &code, &p->tags[0]);
    if (p->rotating)
        tagger_make(controller->old_tagger, &code, &p->old_tags[0]);
}

/* ---- the words ---- */

/* Whether ${hash} is that of the banner in ${language}, at the time of ${c}. */
static bool hash_is_of(const struct acts_common *c, const char *language,
                       const uint8_t hash[NOTICE_HASH_SIZE])
{
    uint8_t own[NOTICE_HASH_SIZE];
    return policy_banner_hash(c->controller->policy, language, acts_time(c), own) &&
           memcmp(own, hash, sizeof own) == 0;
}

/* Whether the words that were shown are known (3): those in force where none are named, those of the language
 * that was told, or of any. */
static bool words_find(struct acts_common *c, const char *notice, uint8_t ret_hash[NOTICE_HASH_SIZE])
{
    const struct policy *policy = c->controller->policy;
    if (notice[0] == '\0' && !c->is_import)
        return policy_banner_hash(policy, c->act.language, acts_time(c), ret_hash);
    if (c->is_import || !hex_read_lower(notice, SHA256_HEX, ret_hash, NOTICE_HASH_SIZE))
        return false;
    if (c->act.language != NULL)
        return hash_is_of(c, c->act.language, ret_hash);
    for (size_t i = 0; i < policy->notice_count; i++) {
        for (size_t k = 0; k < policy->notices[i].text_count; k++) {
            const char *language = policy->notices[i].texts[k].language;
            if (hash_is_of(c, language, ret_hash)) {
                c->act.language = language;
                return true;
            }
        }
    }
    return false;
}

static struct acts_words words_of(const struct acts_common *c, const struct purpose *purpose,
                                  const struct site_choice *choice)
{
    struct acts_words words = {.assumed = choice->words_assumed};
    if (!choice->words_known)
        return (struct acts_words){0};
    words.notice = policy_banner_notice(c->controller->policy, purpose, acts_time(c));
    words.text = words.notice != NULL ? notice_text_in(words.notice, c->act.language) : NULL;
    return words;
}

/* ---- the evidence ---- */

static void word_copy(struct writer *w, const struct node *root, const char *name, const char *const words[])
{
    struct node n = node_optional(root, name);
    int word = node_present(&n) ? node_word(&n, words) : -1;
    if (word >= 0)
        writer_text(w, name, words[word]);
}

static void variant_copy(struct writer *w, const struct node *root)
{
    size_t len;
    struct node n = node_optional(root, "variant");
    const char *variant = node_present(&n) ? node_string(&n, 1, POLICY_KEY_MAX, &len) : "";
    if (variant[0] != '\0' && policy_key_valid(variant, len))
        writer_text(w, "variant", variant);
    else if (variant[0] != '\0')
        node_fault(&n, ERROR_INVALID, "must be of a-z, 0-9, _ and -, and begin with a letter or a digit");
}

/* How many clicks each answer takes. Returns whether refusing takes more. */
static bool clicks_copy(struct writer *w, const struct node *root)
{
    static const char *const members[] = {"accept", "refuse", NULL};
    enum { CLICKS_MAX = 20 };
    struct node n = node_optional(root, "clicks");
    if (!node_present(&n))
        return false;
    node_only(&n, members);
    struct node accept = node_member(&n, "accept"), refuse = node_member(&n, "refuse");
    int64_t to_accept = node_int(&accept, 1, CLICKS_MAX), to_refuse = node_int(&refuse, 1, CLICKS_MAX);
    writer_object_begin(w, "clicks");
    writer_int(w, "accept", to_accept);
    writer_int(w, "refuse", to_refuse);
    writer_object_end(w);
    return to_refuse > to_accept;
}

/* Looked at for its length and alphabet only: to decode one takes a registered platform. */
static void tc_string_copy(struct writer *w, const struct node *root)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    size_t len;
    struct node n = node_optional(root, "tc_string");
    const char *text = node_present(&n) ? node_string(&n, 1, TC_STRING_MAX, &len) : "";
    if (text[0] == '\0')
        return;
    bool segments = text[0] != '.' && text[len - 1] != '.' && strstr(text, "..") == NULL;
    if (segments && strspn(text, alphabet) == len)
        writer_text(w, "tc_string", text);
    else
        node_fault(&n, ERROR_INVALID, "must be segments of base64url with dots between");
}

/* What proves how it was asked. Returns whether refusing took more than accepting. */
static bool evidence_write(struct acts_common *c, const char *notice, bool under_signal)
{
    struct buf out;
    buf_init(&out, EVIDENCE_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    if (under_signal)
        writer_bool(&w, "gpc", true);
    writer_object_begin(&w, "banner");
    writer_text(&w, "notice", notice[0] != '\0' ? notice : NULL);
    word_copy(&w, &c->root, "layer", layers);
    variant_copy(&w, &c->root);
    bool harder = clicks_copy(&w, &c->root);
    if (notice[0] != '\0')
        writer_bool(&w, "preselected", false);
    writer_object_end(&w);
    tc_string_copy(&w, &c->root);
    writer_object_end(&w);
    if (buf_failed(&out))
        node_fault(&c->root, ERROR_OVERLOADED, "memory ran out");
    else
        c->act.evidence = arena_copy(c->env->arena, out.data, out.len);
    buf_free(&out);
    return harder;
}

/* Whose stored choice it is (4): into the event's detail, as imports have it. */
static void import_read(struct acts_common *c)
{
    struct node n = node_optional(&c->root, "import");
    int source = node_present(&n) ? node_word(&n, sources) : -1;
    if (source < 0)
        return;
    struct buf detail;
    buf_init(&detail, EVIDENCE_BYTES_MAX);
    struct writer w = writer_of(&detail);
    writer_object_begin(&w, NULL);
    writer_object_begin(&w, "import");
    writer_text(&w, "batch", "banner");
    writer_text(&w, "source", sources[source]);
    writer_object_end(&w);
    writer_object_end(&w);
    acts_detail_keep(c, &detail);
    c->is_import = true;
}

/* ---- the choices ---- */

static const char *const states[] = {"given", "refused", "withdrawn", NULL};
static const enum event_state state_numbers[] = {EVENT_GIVEN, EVENT_REFUSED, EVENT_WITHDRAWN};

/* All that is read of one body. */
struct reading {
    struct acts_common common;
    struct site_choice *choice;
    bool harder; /* refusing took more clicks than accepting */
    size_t yeses, noes;
};

static void choice_read(struct reading *r, const char *key, const struct node *at)
{
    struct acts_common *c = &r->common;
    const struct policy *policy = c->controller->policy;
    const struct purpose *purpose = policy_purpose(policy, key);
    int word = node_word(at, states);
    if (purpose == NULL || !purpose->on_banner) {
        node_fault(at, ERROR_UNKNOWN_PURPOSE, "no purpose that the banner asks about");
        return;
    }
    if (word < 0)
        return;
    enum event_state state = state_numbers[word];
    bool no = event_state_is_no(state);
    if (!no && r->harder)
        node_fault(at, ERROR_INVALID, "no Yes where refusing takes more clicks than accepting");
    *(no ? &r->noes : &r->yeses) += 1;
    if (r->choice->is_anonymous)
        return;
    struct acts_words words = words_of(c, purpose, r->choice);
    acts_choose(c, purpose, state, &words, at);
}

/* The browser's signal: a No of its own to each purpose that it refuses and nobody chose. */
static void signal_read(struct reading *r, const struct node *choices)
{
    struct acts_common c = r->common;
    const struct policy *policy = c.controller->policy;
    const struct acts_words unknown = {0};
    c.act.method = METHOD_GPC;
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *p = &policy->purposes[i];
        struct node named = node_is_object(choices) ? node_optional(choices, p->key) : *choices;
        if (p->gpc && p->on_banner && !node_present(&named))
            acts_choose(&c, p, EVENT_REFUSED, &unknown, choices);
    }
}

static void choices_walk(struct reading *r)
{
    struct acts_common *c = &r->common;
    struct node choices = node_member(&c->root, "choices"), one;
    void *cursor = NULL;
    const char *key;
    if (node_members(&choices, r->choice->under_signal ? 0 : 1, PURPOSES_PER_CALL_MAX) == 0 &&
        !node_is_object(&choices))
        return;
    while (node_next(&choices, &cursor, &key, &one))
        choice_read(r, key, &one);
    if (r->choice->under_signal && !r->choice->is_anonymous)
        signal_read(r, &choices);
    if (c->acts->count == 0 && !r->choice->is_anonymous)
        node_fault(&choices, ERROR_INVALID, "nothing is chosen, and the signal refuses no purpose");
}

/* To all that is asked. */
static enum site_answer answer_of(const struct reading *r)
{
    if (r->common.is_import || r->yeses + r->noes == 0)
        return SITE_ANSWER_NONE;
    return r->noes == 0 ? SITE_ACCEPTED : r->yeses == 0 ? SITE_REFUSED : SITE_CHOSEN;
}

static bool flag_read(const struct node *root, const char *name)
{
    struct node n = node_optional(root, name);
    return node_present(&n) && node_bool(&n);
}

/* When it was chosen: a browser's clock may be wrong, how long it waited less so. */
static void late_read(struct acts_common *c)
{
    struct node n = node_optional(&c->root, "late_seconds");
    int64_t late = node_present(&n) ? node_int(&n, 0, SITE_LATE_SECONDS) : 0;
    if (late > 0)
        c->act.at = c->env->now - late * SECOND;
}

/* The code is there where the site gives such, and only there. */
static void visitor_check(const struct node *root, const struct site_choice *choice)
{
    struct node n = node_optional(root, "visitor");
    if (choice->is_anonymous && node_present(&n))
        node_fault(&n, ERROR_INVALID, "this site gives no codes: leave it out");
    else if (!choice->is_anonymous)
        node_member(root, "visitor");
}

void site_choices_read(const struct ledger_env *env, const struct site_page *page, struct reader *body,
                       struct acts *ret_acts, struct site_choice *ret_choice)
{
    static const char *const members[] = {"visitor",   "choices",      "token", "notice",  "language",
                                          "gpc",       "late_seconds", "layer", "variant", "clicks",
                                          "tc_string", "import",       NULL};
    *ret_acts = (struct acts){0};
    *ret_choice = (struct site_choice){0};
    struct node root = reader_root(body);
    if (!node_present(&root))
        return;

    /* Who asks (1). */
    ret_choice->site = site_of_page(env->controller->policy, page, &root);
    if (ret_choice->site == NULL)
        return;
    node_only(&root, members);
    const char *visitor = site_visitor_read(&root), *notice = site_notice_read(&root);
    ret_choice->is_anonymous = !ret_choice->site->visitor_codes;
    visitor_check(&root, ret_choice);
    site_token_read(env, page, &root, visitor, notice, notice[0] == '\0');
    if (!reader_ok(body))
        return;

    /* What is common to its acts. */
    struct reading r = {.common = acts_common_of(env, ret_acts, root), .choice = ret_choice};
    struct acts_common *c = &r.common;
    c->act.method = METHOD_BANNER;
    ret_acts->context.is_array = true;
    ret_acts->identifiers = 1;
    if (visitor[0] != '\0') {
        memcpy(ret_choice->visitor, visitor, sizeof ret_choice->visitor);
        site_person(visitor, env->controller, c->person);
    }
    ret_choice->under_signal = c->under_signal = flag_read(&root, "gpc");
    late_read(c);
    acts_language_read(c);
    import_read(c);
    ret_choice->words_known = words_find(c, notice, ret_choice->notice);
    ret_choice->words_assumed = notice[0] == '\0';
    r.harder = evidence_write(c, notice, c->under_signal);

    /* What was chosen. */
    choices_walk(&r);
    ret_choice->answer = answer_of(&r);
    acts_check(ret_acts, body);
}
