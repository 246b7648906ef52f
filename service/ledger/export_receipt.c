/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/duration.h"
#include "ledger/event_json.h"
#include "ledger/export_internal.h"
#include "wire/policy_contact.h"

#include <string.h>

/* A consent receipt: the members of ISO/IEC TS 27560:2023 under their own names, each of which a JSON-LD
 * context maps to the term that the W3C's guide gives for it (DPV 2, "Consent Records and Receipts as per
 * ISO/IEC TS 27560:2023"); signed with the controller's key. A record is of one purpose. What the standard
 * makes mandatory is there where the policy does not say it, in words that say so. */

/* Neither a country nor "none" is said where the policy says nothing. */
#define NOT_STATED "not stated"

#define SCHEMA "https://w3id.org/dpv/schema/dpv-27560#"

/* iss, iat and jti are those of RFC 7519, and mean nothing as linked data. */
static const char context[] =
    "{\"@version\":1.1,\"dpv\":\"https://w3id.org/dpv#\",\"eu-gdpr\":\"https://w3id.org/dpv/legal/eu/gdpr#\","
    "\"dct\":\"http://purl.org/dc/terms/\",\"foaf\":\"http://xmlns.com/foaf/0.1/\","
    "\"xsd\":\"http://www.w3.org/2001/XMLSchema#\",\"skos\":\"http://www.w3.org/2004/02/skos/core#\","
    "\"akkoord\":\"urn:akkoord:term:\",\"@vocab\":\"urn:akkoord:term:\","
    "\"iss\":null,\"iat\":null,\"jti\":null,"
    "\"schema_version\":{\"@id\":\"dct:conformsTo\",\"@type\":\"@id\"},"
    "\"receipt_id\":\"dct:identifier\",\"record_id\":\"dct:identifier\",\"party_id\":\"dct:identifier\","
    "\"issued_at\":{\"@id\":\"dct:issued\",\"@type\":\"xsd:dateTime\"},"
    "\"records\":{\"@id\":\"dpv:hasRecordOfActivity\",\"@container\":\"@set\"},"
    "\"pii_principal_id\":\"dpv:hasDataSubject\","
    "\"pii_processing\":\"dpv:hasProcess\","
    "\"privacy_notice\":{\"@id\":\"dpv:hasNotice\",\"@container\":\"@set\"},"
    "\"language\":\"dct:language\",\"purpose\":\"dpv:hasPurpose\","
    "\"purpose_type\":{\"@id\":\"skos:broader\",\"@type\":\"@id\"},"
    "\"lawful_basis\":{\"@id\":\"dpv:hasLegalBasis\",\"@type\":\"@id\"},"
    "\"pii_information\":{\"@id\":\"dpv:hasPersonalData\",\"@container\":\"@set\"},\"pii_type\":\"dct:"
    "title\","
    "\"pii_controllers\":{\"@id\":\"dpv:hasDataController\",\"@container\":\"@set\"},"
    "\"storage_locations\":{\"@id\":\"dpv:hasStorageCondition\",\"@container\":\"@set\"},"
    "\"retention_period\":{\"@id\":\"dpv:hasDuration\",\"@container\":\"@set\"},"
    "\"jurisdiction\":\"dpv:hasJurisdiction\","
    "\"recipient_third_parties\":{\"@id\":\"dpv:hasRecipient\",\"@container\":\"@set\"},"
    "\"withdrawal_method\":\"dpv:hasConsentControl\","
    "\"privacy_rights\":{\"@id\":\"dpv:hasRight\",\"@type\":\"@id\",\"@container\":\"@set\"},"
    "\"authority_party\":\"dpv:hasAuthority\","
    "\"party_name\":\"foaf:name\",\"party_address\":\"dpv:hasAddress\",\"party_email\":\"foaf:mbox\","
    "\"party_url\":\"foaf:page\",\"party_phone\":\"foaf:phone\",\"party_contact\":\"dpv:hasContact\","
    "\"party_type\":\"dct:type\",\"party_role\":{\"@id\":\"dpv:hasRole\",\"@type\":\"@id\"},"
    "\"events\":{\"@id\":\"dpv:hasConsentStatus\",\"@container\":\"@set\"},"
    "\"event_time\":{\"@id\":\"dpv:isIndicatedAtTime\",\"@type\":\"xsd:dateTime\"},"
    "\"validity_duration\":\"dpv:hasDuration\",\"entity_id\":\"dpv:isIndicatedBy\","
    "\"event_type\":{\"@id\":\"dpv:hasLegalBasis\",\"@type\":\"@id\"},"
    "\"collection_method\":\"dpv:hasIndicationMethod\"}";

static const char *text_or(const char *text, const char *otherwise)
{
    return text[0] != '\0' ? text : otherwise;
}

/* A contact or an address of the policy as one line; "" where there is none. To be freed. */
static struct buf line_of(const struct node *object, const char *member, bool is_address)
{
    struct buf line;
    struct node n = {0};
    buf_init(&line, CONTACT_MAX);
    if (node_is_object(object))
        n = node_optional(object, member);
    if (node_present(&n) && is_address)
        address_join(&line, &n);
    else if (node_present(&n))
        contact_join(&line, &n);
    buf_byte(&line, '\0');
    return line;
}

/* ---- who decides (6.3.6) ---- */

static void contact_members(struct writer *w, const struct node *party)
{
    static const char *const members[][2] = {
        {"party_email", "email"}, {"party_url", "url"}, {"party_phone", "phone"}};
    struct node contact = node_optional(party, "contact");
    for (size_t i = 0; i < 3; i++) {
        const char *text = export_text(&contact, members[i][1]);
        if (text[0] != '\0')
            writer_text(w, members[i][0], text);
    }
}

static void party_write(struct export *x, const struct node *party, const char *country)
{
    struct writer *w = &x->json;
    struct buf address = line_of(party, "address", true), contact = line_of(party, "contact", false);
    const char *key = export_text(party, "key");
    if (buf_failed(&address) || buf_failed(&contact))
        x->plain.failed = true;
    writer_object_begin(w, NULL);
    writer_text(w, "@type", "dpv:DataController");
    writer_text(w, "party_id", key);
    writer_text(w, "party_name", text_or(export_worded(x, party, "name"), key));
    writer_text(w, "party_address", text_or(buf_failed(&address) ? "" : address.data, country));
    contact_members(w, party);
    writer_text(w, "party_contact", text_or(buf_failed(&contact) ? "" : contact.data, "not stated"));
    writer_text(w, "party_type", "organisation");
    writer_text(w, "party_role", "dpv:DataController");
    writer_object_end(w);
    buf_free(&contact);
    buf_free(&address);
}

/* The company it was said to, where it was one of several; else the controller, and those it stands for. */
static void parties_write(struct export *x, const char *entity)
{
    struct node controller = node_optional(&x->root, "controller"), all = node_optional(&x->root, "entities");
    const char *country = x->controller->policy->country;
    size_t count = node_is_array(&all) ? node_elements(&all, 0, SIZE_MAX) : 0;
    writer_array_begin(&x->json, "pii_controllers");
    if (entity == NULL)
        party_write(x, &controller, country);
    for (size_t i = 0; i < count; i++) {
        struct node n = node_at(&all, i);
        if (entity == NULL || strcmp(export_text(&n, "key"), entity) == 0)
            party_write(x, &n, country);
    }
    writer_array_end(&x->json);
}

/* ---- what for (6.3.4, 6.3.5) ---- */

/* A list of lines of the policy. Returns how many. */
static size_t texts_write(struct export *x, const struct node *object, const char *member)
{
    struct node lines = {0};
    if (node_is_object(object))
        lines = node_optional(object, member);
    size_t count = node_is_array(&lines) ? node_elements(&lines, 0, SIZE_MAX) : 0;
    for (size_t i = 0; i < count; i++) {
        struct node line = node_at(&lines, i);
        const char *text =
            node_is_object(&line) ? export_text(&line, "name") : node_string(&line, 0, SIZE_MAX, NULL);
        writer_text(&x->json, NULL, text);
    }
    return count;
}

static void storage_write(struct export *x, const struct node *controller)
{
    writer_array_begin(&x->json, "storage_locations");
    if (texts_write(x, controller, "storage_locations") == 0)
        writer_text(&x->json, NULL, NOT_STATED);
    writer_array_end(&x->json);
}

/* Of one that names no purposes: of all. */
static bool is_told_of(const struct node *recipient, const char *key)
{
    struct node purposes = node_optional(recipient, "purposes");
    size_t count = node_is_array(&purposes) ? node_elements(&purposes, 0, SIZE_MAX) : 0;
    bool is_named = count == 0;
    for (size_t i = 0; i < count && !is_named; i++) {
        struct node n = node_at(&purposes, i);
        is_named = strcmp(node_string(&n, 0, SIZE_MAX, NULL), key) == 0;
    }
    return is_named;
}

/* Whom the purpose names, and who is told of its changes. */
static void recipients_write(struct export *x, const struct node *purpose, const char *key)
{
    struct node told = node_optional(&x->root, "recipients");
    size_t count = node_is_array(&told) ? node_elements(&told, 0, SIZE_MAX) : 0, written;
    writer_array_begin(&x->json, "recipient_third_parties");
    written = texts_write(x, purpose, "recipients");
    for (size_t i = 0; i < count; i++) {
        struct node n = node_at(&told, i);
        if (!is_told_of(&n, key))
            continue;
        writer_text(&x->json, NULL, export_text(&n, "name"));
        written++;
    }
    if (written == 0)
        writer_text(&x->json, NULL, NOT_STATED);
    writer_array_end(&x->json);
}

static void information_write(struct export *x, const struct node *purpose)
{
    struct node kinds = {0};
    if (node_is_object(purpose))
        kinds = node_optional(purpose, "data_categories");
    size_t count = node_is_array(&kinds) ? node_elements(&kinds, 0, SIZE_MAX) : 0;
    writer_array_begin(&x->json, "pii_information");
    for (size_t i = 0; i < count || i == 0; i++) {
        struct node kind = {0};
        if (count > 0)
            kind = node_at(&kinds, i);
        writer_object_begin(&x->json, NULL);
        writer_text(&x->json, "@type", "dpv:PersonalData");
        writer_text(&x->json, "pii_type", count > 0 ? node_string(&kind, 0, SIZE_MAX, NULL) : "identifier");
        writer_object_end(&x->json);
    }
    writer_array_end(&x->json);
}

/* The rules of this purpose, and how long its proof is kept. */
static void retention_write(struct export *x, const char *key)
{
    struct node retention = node_optional(&x->root, "retention"), rules = {0};
    if (node_is_object(&retention))
        rules = node_optional(&retention, "rules");
    size_t count = node_is_array(&rules) ? node_elements(&rules, 0, SIZE_MAX) : 0;
    writer_array_begin(&x->json, "retention_period");
    for (size_t i = 0; i < count; i++) {
        struct node rule = node_at(&rules, i);
        const char *of = export_text(&rule, "purpose");
        if (of[0] == '\0' || strcmp(of, key) == 0)
            writer_text(&x->json, NULL, export_text(&rule, "duration"));
    }
    writer_text(&x->json, NULL, text_or(export_text(&retention, "proof_kept"), EXPORT_PROOF_KEPT));
    writer_array_end(&x->json);
}

/* The notices that events of this purpose may have named: of the notice's id all versions that were. */
static void notices_write(struct export *x, const struct purpose *p)
{
    size_t count = 0;
    writer_array_begin(&x->json, "privacy_notice");
    for (size_t i = 0; i < x->notices->count; i++) {
        const struct export_notice *n = &x->notices->notices[i];
        if (p != NULL && strcmp(n->id, p->notice) != 0)
            continue;
        writer_object_begin(&x->json, NULL);
        writer_text(&x->json, "@type", "dpv:ConsentNotice");
        writer_text(&x->json, "id", n->id);
        writer_text(&x->json, "version", n->version);
        writer_object_end(&x->json);
        count++;
    }
    if (count == 0)
        writer_text(&x->json, NULL, "not known");
    writer_array_end(&x->json);
}

static void withdrawal_write(struct export *x)
{
    struct node controller = node_optional(&x->root, "controller");
    struct buf contact = line_of(&controller, "contact", false);
    writer_object_begin(&x->json, "withdrawal_method");
    writer_text(&x->json, "@type", "dpv:WithdrawConsent");
    writer_text(
        &x->json, "how",
        "at any time: by the link in each message, which leads to the preference page too, or by asking");
    writer_text(&x->json, "contact", buf_failed(&contact) || contact.data[0] == '\0' ? NULL : contact.data);
    writer_object_end(&x->json);
    buf_free(&contact);
}

static void rights_write(struct export *x)
{
    static const char *const articles[] = {"A7-3", "A13", "A14", "A15", "A16", "A17",
                                           "A18",  "A19", "A20", "A21", "A22", "A77"};
    writer_array_begin(&x->json, "privacy_rights");
    for (size_t i = 0; i < sizeof articles / sizeof *articles; i++) {
        char iri[24] = "eu-gdpr:";
        strncat(iri, articles[i], sizeof iri - sizeof "eu-gdpr:");
        writer_text(&x->json, NULL, iri);
    }
    writer_array_end(&x->json);
}

/* Absent where the purpose left the policy. */
static struct node purpose_node(const struct export *x, const struct node *purposes, const char *key)
{
    size_t count = node_is_array(purposes) ? node_elements(purposes, 0, SIZE_MAX) : 0;
    (void)x;
    for (size_t i = 0; i < count; i++) {
        struct node n = node_at(purposes, i);
        if (strcmp(export_text(&n, "key"), key) == 0)
            return n;
    }
    return node_at(purposes, SIZE_MAX);
}

static void purpose_object(struct export *x, const struct node *n, const struct purpose_name *name)
{
    writer_object_begin(&x->json, "purpose");
    writer_text(&x->json, "@type", "dpv:Purpose");
    writer_text(&x->json, "key", name->key);
    if (name->channel != NULL)
        writer_text(&x->json, "channel", name->channel);
    writer_text(&x->json, "name", text_or(export_worded(x, n, "name"), name->key != NULL ? name->key : "?"));
    const char *description = export_worded(x, n, "description");
    if (description[0] != '\0')
        writer_text(&x->json, "description", description);
    writer_object_end(&x->json);
}

static void processing_write(struct export *x, int32_t number, const struct purpose_name *name)
{
    struct node purposes = node_optional(&x->root, "purposes"),
                controller = node_optional(&x->root, "controller");
    struct node n = purpose_node(x, &purposes, name->key != NULL ? name->key : "");
    const struct purpose *p =
        number > PURPOSE_ALL ? policy_purpose_numbered(x->controller->policy, number, NULL) : NULL;
    const struct policy *policy = x->controller->policy;
    writer_object_begin(&x->json, "pii_processing");
    writer_text(&x->json, "@type", "dpv:Process");

    /* which words, what for, on what ground */
    notices_write(x, p);
    writer_text(&x->json, "language", x->language);
    purpose_object(x, &n, name);
    if (p != NULL && p->direct_marketing)
        writer_text(&x->json, "purpose_type", "dpv:DirectMarketing");
    writer_text(&x->json, "lawful_basis", "eu-gdpr:A6-1-a");

    /* of what, by whom, where and how long */
    information_write(x, &n);
    parties_write(x, name->entity);
    storage_write(x, &controller);
    retention_write(x, name->key != NULL ? name->key : "");
    writer_text(&x->json, "jurisdiction", policy->country);
    recipients_write(x, &n, name->key != NULL ? name->key : "");

    /* what the person can do */
    withdrawal_write(x);
    rights_write(x);
    writer_text(&x->json, "authority_party", policy->authority);
    writer_object_end(&x->json);
}

/* ---- the receipt ---- */

static void receipt_begin(struct export *x, struct buf *out)
{
    struct writer *w = &x->json;
    uint8_t id[UUID_SIZE];
    jws_begin(&x->jws, x->key, JWS_RECEIPT, out);
    if (uuid_v7(id) != 0)
        x->plain.failed = true;
    writer_object_begin(w, NULL);
    writer_text(w, "iss", x->controller->policy->controller);
    writer_int(w, "iat", x->about->as_of / SECOND);
    writer_uuid(w, "jti", id);
    writer_raw(w, "@context", context, sizeof context - 1);
    writer_text(w, "@type", "dpv:ConsentReceipt");
    writer_text(w, "schema_version", SCHEMA "receipt");
    writer_uuid(w, "receipt_id", id);
    writer_moment(w, "issued_at", x->about->as_of);
    writer_text(w, "pii_principal_id", x->subject_id);
    writer_array_begin(w, "records");
}

static void receipt_part_begin(struct export *x, size_t part, struct buf *out)
{
    struct purpose_set only;
    struct buf id;
    (void)out;
    export_part_of(x, part, &only);
    struct purpose_name name = purpose_name_of(x->controller, only.numbers[0]);
    buf_init(&id, 512);
    buf_printf(&id, "urn:akkoord:consent:%s:%s:%s", x->controller->policy->controller, x->subject_id,
               name.key != NULL ? name.key : "?");
    if (name.entity != NULL || name.channel != NULL)
        buf_printf(&id, ":%s", name.entity != NULL ? name.entity : name.channel);
    buf_byte(&id, '\0');
    writer_object_begin(&x->json, NULL);
    writer_text(&x->json, "@type", "dpv:ConsentRecord");
    writer_text(&x->json, "schema_version", SCHEMA "record");
    writer_text(&x->json, "record_id", buf_failed(&id) ? NULL : id.data);
    writer_text(&x->json, "pii_principal_id", x->subject_id);
    processing_write(x, only.numbers[0], &name);
    writer_array_begin(&x->json, "events");
    buf_free(&id);
}

/* The terms of DPV: ConsentRevoked is another party's act. */
static const char *status_of(const struct entry *e)
{
    switch (rank_state(e->rank)) {
    case EVENT_GIVEN:
        return "dpv:ConsentGiven";
    case EVENT_RENEWED:
        return "dpv:RenewedConsentGiven";
    case EVENT_REQUESTED:
        return "dpv:ConsentRequested";
    case EVENT_REFUSED:
        return "dpv:ConsentRefused";
    case EVENT_INVALIDATED:
        return "dpv:ConsentInvalidated";
    case EVENT_WITHDRAWN:
        return e->role == ROLE_STAFF || e->role == ROLE_CONTROLLER ? "dpv:ConsentRevoked"
                                                                   : "dpv:ConsentWithdrawn";
    case EVENT_PASSED:
        return e->guardian == GUARDIAN_TIME && e->slot == (enum slot)TIME_EXPIRED ? "dpv:ConsentExpired"
                                                                                  : "dpv:ConsentStatus";
    default:
        return "dpv:ConsentStatus";
    }
}

/* How long it holds: what the policy says of a Yes; else until the person says otherwise. */
static void validity_write(struct export *x, const struct entry *e)
{
    const struct purpose *p =
        e->purpose > PURPOSE_ALL ? policy_purpose_numbered(x->controller->policy, e->purpose, NULL) : NULL;
    char text[DURATION_TEXT + 1] = "until the person says otherwise";
    if (p != NULL && !duration_is_zero(p->validity) && e->valid_until != INSTANT_NONE)
        duration_format(p->validity, text);
    writer_text(&x->json, "validity_duration", text);
    writer_moment(&x->json, "valid_until", e->valid_until);
}

/* What time did, or staff, nobody expressed. */
static const char *expression_of(const struct entry *e)
{
    if (e->guardian == GUARDIAN_TIME || e->guardian == GUARDIAN_STAFF)
        return "dpv:Consent";
    return role_is_guardian(e->role) && (e->flags & FLAG_WRITTEN) != 0 ? "dpv:ExplicitlyExpressedConsent"
                                                                       : "dpv:ExpressedConsent";
}

static void receipt_entry(struct export *x, const struct entry *e)
{
    struct writer *w = &x->json;
    struct notice_words words = notice_words_numbered(x->controller, e->notice, e->language);
    words.assumed = (e->flags & FLAG_ASSUMED) != 0;
    writer_object_begin(w, NULL);
    writer_text(w, "@type", status_of(e));
    writer_moment(w, "event_time", rank_time(e->rank));
    validity_write(x, e);
    writer_text(w, "entity_id", e->role == ROLE_SELF ? x->subject_id : role_word(e->role));
    writer_text(w, "event_type", expression_of(e));
    writer_text(w, "event_state", event_word(rank_state(e->rank), e->guardian, e->slot));
    writer_text(w, "effect", effect_word(e->effect));
    writer_text(w, "collection_method", collection_method_word(e->method));
    notice_write(w, &words);
    writer_moment(w, "recorded_at", e->recorded_at);
    writer_uuid(w, "event_id", e->record_id);
    writer_object_end(w);
}

static void receipt_flush(struct export *x, struct buf *out)
{
    if (buf_failed(&x->plain)) {
        out->failed = true;
        return;
    }
    jws_add(&x->jws, x->plain.data, x->plain.len, out);
    buf_clear(&x->plain);
}

static void receipt_part_end(struct export *x, struct buf *out)
{
    (void)out;
    writer_array_end(&x->json);
    writer_object_end(&x->json);
}

static int receipt_end(struct export *x, struct buf *out)
{
    writer_array_end(&x->json);
    writer_object_end(&x->json);
    receipt_flush(x, out);
    return jws_end(&x->jws, out);
}

const struct export_maker export_receipt_maker = {.begin = receipt_begin,
                                                  .part_begin = receipt_part_begin,
                                                  .entry = receipt_entry,
                                                  .flush = receipt_flush,
                                                  .part_end = receipt_part_end,
                                                  .end = receipt_end};
