/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/links.h"

#include <assert.h>
#include <string.h>

/* ---- numbers ---- */

struct packing {
    uint8_t *at;
};

static void number_pack(struct packing *p, uint64_t number)
{
    for (; number > 0x7f; number >>= 7)
        *p->at++ = (uint8_t)(number | 0x80);
    *p->at++ = (uint8_t)number;
}

struct unpacking {
    const uint8_t *at, *end;
    bool broken;
};

static uint64_t number_unpack(struct unpacking *u, uint64_t max)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 63 && u->at < u->end; shift += 7) {
        uint8_t byte = *u->at++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte > 0x7f)
            continue;
        if ((byte == 0 && shift > 0) || number > max)
            break;
        return number;
    }
    u->broken = true;
    return 0;
}

static void bytes_unpack(struct unpacking *u, void *to, size_t len)
{
    if (u->broken || (size_t)(u->end - u->at) < len) {
        u->broken = true;
        memset(to, 0, len);
        return;
    }
    memcpy(to, u->at, len);
    u->at += len;
}

/* ---- confirmations ---- */

void confirm_link_pack(const struct confirmation *from, struct link *ret_link)
{
    struct packing p = {ret_link->payload};
    number_pack(&p, (uint64_t)from->subject_no);
    number_pack(&p, (uint64_t)from->revision);
    number_pack(&p, (uint64_t)from->count);
    ret_link->len = (size_t)(p.at - ret_link->payload);
    assert(ret_link->len <= LINK_PAYLOAD_MAX);
}

bool confirm_link_unpack(const struct link *link, struct confirmation *ret_confirmation)
{
    struct unpacking u = {link->payload, link->payload + link->len, false};
    struct confirmation c = {.subject_no = (int64_t)number_unpack(&u, INT64_MAX),
                             .revision = (int64_t)number_unpack(&u, INT64_MAX),
                             .count = (int32_t)number_unpack(&u, RECORDS_MAX * PURPOSES_PER_CALL_MAX)};
    if (u.broken || u.at != u.end || c.count == 0)
        return false;
    *ret_confirmation = c;
    return true;
}

/* ---- guardians ---- */

void guardian_link_pack(const struct confirmation *from, const struct tag *guardian, struct link *ret_link)
{
    confirm_link_pack(from, ret_link);
    assert(ret_link->len + TAG_SIZE <= LINK_PAYLOAD_MAX);
    memcpy(ret_link->payload + ret_link->len, guardian->bytes, TAG_SIZE);
    ret_link->len += TAG_SIZE;
}

bool guardian_link_unpack(const struct link *link, struct confirmation *ret_confirmation,
                          struct tag *ret_guardian)
{
    struct link requests = *link;
    if (link->len <= TAG_SIZE)
        return false;
    requests.len -= TAG_SIZE;
    if (!confirm_link_unpack(&requests, ret_confirmation))
        return false;
    memcpy(ret_guardian->bytes, link->payload + requests.len, TAG_SIZE);
    return true;
}

/* ---- who asks ---- */

void identity_link_pack(const struct identity_claim *claim, struct link *ret_link)
{
    static_assert(10 + 5 + TAG_SIZE <= LINK_PAYLOAD_MAX, "it fits");
    struct packing p = {ret_link->payload};
    number_pack(&p, (uint64_t)claim->request_no);
    number_pack(&p, (uint64_t)claim->sending);
    memcpy(p.at, claim->tag.bytes, TAG_SIZE);
    ret_link->len = (size_t)(p.at - ret_link->payload) + TAG_SIZE;
}

bool identity_link_unpack(const struct link *link, struct identity_claim *ret_claim)
{
    struct unpacking u = {link->payload, link->payload + link->len, false};
    struct identity_claim claim = {.request_no = (int64_t)number_unpack(&u, INT64_MAX),
                                   .sending = (int32_t)number_unpack(&u, INT32_MAX)};
    bytes_unpack(&u, claim.tag.bytes, TAG_SIZE);
    if (u.broken || u.at != u.end || claim.request_no == 0)
        return false;
    *ret_claim = claim;
    return true;
}

/* ---- persons ---- */

/* The first byte: how many identifiers, the channel, and whether it was delivered. A row's link has no
 * channel, and more identifiers than there can be. */
enum { COUNT_BITS = 4, DELIVERED_BIT = 0x80, KEPT = (1 << COUNT_BITS) - 1 };
static_assert(KEPT > IDENTIFIERS_MAX, "no link says both");
static_assert(1 + KEPT_LINK_ID_SIZE <= LINK_PAYLOAD_MAX, "a row's id fits");

static void head_pack(struct packing *p, const struct person_link *from)
{
    assert(from->count <= IDENTIFIERS_MAX && from->purpose_count <= POLICY_PURPOSES_MAX);
    *p->at++ = (uint8_t)(from->count | (unsigned)from->channel << COUNT_BITS |
                         (from->is_delivered ? DELIVERED_BIT : 0));
}

/* Two a byte. */
static void types_pack(struct packing *p, const struct person_link *from)
{
    for (size_t i = 0; i < from->count; i++) {
        if (i % 2 == 0)
            *p->at++ = from->types[i];
        else
            p->at[-1] |= (uint8_t)(from->types[i] << 4);
    }
}

static void purposes_pack(struct packing *p, const struct person_link *from)
{
    number_pack(p, from->purpose_count);
    for (size_t i = 0; i < from->purpose_count; i++)
        number_pack(p, (uint64_t)from->purposes[i]);
    size_t language = strlen(from->language);
    memcpy(p->at, from->language, language);
    p->at += language;
}

size_t person_link_pack(const struct person_link *from, uint8_t ret_bytes[PERSON_LINK_MAX])
{
    struct packing p = {ret_bytes};
    head_pack(&p, from);
    if (from->count == 0)
        number_pack(&p, (uint64_t)from->subject_no);
    else
        *p.at++ = from->tags[0].bytes[0];
    types_pack(&p, from);
    for (size_t i = 0; i < from->count; i++, p.at += TAG_SIZE - 1) {
        assert(from->tags[i].bytes[0] == from->tags[0].bytes[0]);
        memcpy(p.at, from->tags[i].bytes + 1, TAG_SIZE - 1);
    }
    purposes_pack(&p, from);
    return (size_t)(p.at - ret_bytes);
}

static void head_unpack(struct unpacking *u, struct person_link *to)
{
    uint8_t head;
    bytes_unpack(u, &head, 1);
    to->count = head & ((1U << COUNT_BITS) - 1);
    to->is_delivered = (head & DELIVERED_BIT) != 0;
    to->channel = (enum channel)((head & ~DELIVERED_BIT) >> COUNT_BITS);
    to->subject_no = 0;
    u->broken = u->broken || to->count > IDENTIFIERS_MAX || to->channel >= CHANNEL_COUNT;
}

static void types_unpack(struct unpacking *u, struct person_link *to)
{
    uint8_t types[(IDENTIFIERS_MAX + 1) / 2];
    bytes_unpack(u, types, (to->count + 1) / 2);
    for (size_t i = 0; i < to->count; i++) {
        to->types[i] = types[i / 2] >> 4 * (i % 2) & 15;
        u->broken = u->broken || to->types[i] >= IDENTIFIER_TYPES;
    }
    u->broken = u->broken || (to->count % 2 == 1 && types[to->count / 2] > 15);
}

static void identifiers_unpack(struct unpacking *u, struct person_link *to)
{
    uint8_t key;
    bytes_unpack(u, &key, 1);
    types_unpack(u, to);
    for (size_t i = 0; i < to->count; i++) {
        to->tags[i].bytes[0] = key;
        bytes_unpack(u, to->tags[i].bytes + 1, TAG_SIZE - 1);
    }
}

/* Returns whether all of it was what it should be. */
static bool purposes_unpack(struct unpacking *u, struct person_link *to)
{
    to->purpose_count = number_unpack(u, POLICY_PURPOSES_MAX);
    for (size_t i = 0; i < to->purpose_count && !u->broken; i++)
        to->purposes[i] = (int32_t)number_unpack(u, INT32_MAX);
    size_t language = (size_t)(u->end - u->at);
    if (u->broken || language >= sizeof to->language || memchr(u->at, '\0', language) != NULL)
        return false;
    memcpy(to->language, u->at, language);
    to->language[language] = '\0';
    return true;
}

bool person_link_unpack(const uint8_t *bytes, size_t len, struct person_link *ret_person)
{
    struct unpacking u = {bytes, bytes + len, false};
    head_unpack(&u, ret_person);
    if (u.broken)
        return false;
    if (ret_person->count == 0)
        ret_person->subject_no = (int64_t)number_unpack(&u, INT64_MAX);
    else
        identifiers_unpack(&u, ret_person);
    return purposes_unpack(&u, ret_person);
}

/* ---- what does not fit ---- */

void person_link_keep(const struct person_link *from, struct kept_link *ret_kept)
{
    struct packing p = {ret_kept->content};
    assert(from->purpose_count <= PURPOSES_PER_CALL_MAX);
    head_pack(&p, from);
    types_pack(&p, from);
    purposes_pack(&p, from);
    ret_kept->content_len = (size_t)(p.at - ret_kept->content);
    ret_kept->count = from->count;
    memcpy(ret_kept->tags, from->tags, sizeof ret_kept->tags);
    for (size_t i = 0; i < from->count; i++)
        ret_kept->places[i] = (uint8_t)i;
    ret_kept->subject_no = from->subject_no;
}

bool person_link_kept(const struct kept_link *kept, struct person_link *ret_person)
{
    struct unpacking u = {kept->content, kept->content + kept->content_len, false};
    head_unpack(&u, ret_person);
    if (u.broken || ret_person->count < kept->count || (kept->count == 0 && ret_person->count > 0))
        return false;
    types_unpack(&u, ret_person);
    for (size_t i = 0; i < kept->count; i++) { /* places rise: each type moves down, if anywhere */
        if (kept->places[i] < i || kept->places[i] >= ret_person->count)
            return false;
        ret_person->types[i] = ret_person->types[kept->places[i]];
    }
    ret_person->count = kept->count;
    memcpy(ret_person->tags, kept->tags, sizeof ret_person->tags);
    ret_person->subject_no = kept->subject_no;
    return purposes_unpack(&u, ret_person);
}

void kept_link_pack(const uint8_t id[KEPT_LINK_ID_SIZE], struct link *ret_link)
{
    ret_link->payload[0] = KEPT;
    memcpy(ret_link->payload + 1, id, KEPT_LINK_ID_SIZE);
    ret_link->len = 1 + KEPT_LINK_ID_SIZE;
}

bool kept_link_unpack(const struct link *link, uint8_t ret_id[KEPT_LINK_ID_SIZE])
{
    if (link->len != 1 + KEPT_LINK_ID_SIZE || link->payload[0] != KEPT)
        return false;
    memcpy(ret_id, link->payload + 1, KEPT_LINK_ID_SIZE);
    return true;
}
