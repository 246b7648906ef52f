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

void identity_link_pack(int64_t request_no, const struct tag *tag, struct link *ret_link)
{
    static_assert(10 + TAG_SIZE <= LINK_PAYLOAD_MAX, "it fits");
    struct packing p = {ret_link->payload};
    number_pack(&p, (uint64_t)request_no);
    memcpy(p.at, tag->bytes, TAG_SIZE);
    ret_link->len = (size_t)(p.at - ret_link->payload) + TAG_SIZE;
}

bool identity_link_unpack(const struct link *link, int64_t *ret_request_no, struct tag *ret_tag)
{
    struct unpacking u = {link->payload, link->payload + link->len, false};
    int64_t request_no = (int64_t)number_unpack(&u, INT64_MAX);
    struct tag tag;
    bytes_unpack(&u, tag.bytes, TAG_SIZE);
    if (u.broken || u.at != u.end || request_no == 0)
        return false;
    *ret_request_no = request_no;
    *ret_tag = tag;
    return true;
}

/* ---- persons ---- */

/* The first byte: how many identifiers, the channel, and whether it was delivered. */
enum { COUNT_BITS = 4, DELIVERED_BIT = 0x80 };

size_t person_link_pack(const struct person_link *from, uint8_t ret_bytes[PERSON_LINK_MAX])
{
    struct packing p = {ret_bytes};
    assert(from->count <= IDENTIFIERS_MAX && from->purpose_count <= POLICY_PURPOSES_MAX);
    *p.at++ = (uint8_t)(from->count | (unsigned)from->channel << COUNT_BITS |
                        (from->is_delivered ? DELIVERED_BIT : 0));
    if (from->count == 0)
        number_pack(&p, (uint64_t)from->subject_no);
    else
        *p.at++ = from->tags[0].bytes[0];
    for (size_t i = 0; i < from->count; i++) {
        assert(from->tags[i].bytes[0] == from->tags[0].bytes[0]);
        if (i % 2 == 0)
            *p.at++ = from->types[i];
        else
            p.at[-1] |= (uint8_t)(from->types[i] << 4);
    }
    for (size_t i = 0; i < from->count; i++, p.at += TAG_SIZE - 1)
        memcpy(p.at, from->tags[i].bytes + 1, TAG_SIZE - 1);

    number_pack(&p, from->purpose_count);
    for (size_t i = 0; i < from->purpose_count; i++)
        number_pack(&p, (uint64_t)from->purposes[i]);
    size_t language = strlen(from->language);
    memcpy(p.at, from->language, language);
    return (size_t)(p.at - ret_bytes) + language;
}

static void identifiers_unpack(struct unpacking *u, struct person_link *to)
{
    uint8_t key, types[(IDENTIFIERS_MAX + 1) / 2];
    bytes_unpack(u, &key, 1);
    bytes_unpack(u, types, (to->count + 1) / 2);
    for (size_t i = 0; i < to->count; i++) {
        to->types[i] = types[i / 2] >> 4 * (i % 2) & 15;
        u->broken = u->broken || to->types[i] >= IDENTIFIER_TYPES;
        to->tags[i].bytes[0] = key;
        bytes_unpack(u, to->tags[i].bytes + 1, TAG_SIZE - 1);
    }
    u->broken = u->broken || (to->count % 2 == 1 && types[to->count / 2] > 15);
}

bool person_link_unpack(const uint8_t *bytes, size_t len, struct person_link *ret_person)
{
    struct unpacking u = {bytes, bytes + len, false};
    uint8_t head;
    bytes_unpack(&u, &head, 1);
    ret_person->count = head & ((1U << COUNT_BITS) - 1);
    ret_person->is_delivered = (head & DELIVERED_BIT) != 0;
    ret_person->channel = (enum channel)((head & ~DELIVERED_BIT) >> COUNT_BITS);
    ret_person->subject_no = 0;
    if (u.broken || ret_person->count > IDENTIFIERS_MAX || ret_person->channel >= CHANNEL_COUNT)
        return false;
    if (ret_person->count == 0)
        ret_person->subject_no = (int64_t)number_unpack(&u, INT64_MAX);
    else
        identifiers_unpack(&u, ret_person);

    ret_person->purpose_count = number_unpack(&u, POLICY_PURPOSES_MAX);
    for (size_t i = 0; i < ret_person->purpose_count && !u.broken; i++)
        ret_person->purposes[i] = (int32_t)number_unpack(&u, INT32_MAX);
    size_t language = (size_t)(u.end - u.at);
    if (u.broken || language >= sizeof ret_person->language || memchr(u.at, '\0', language) != NULL)
        return false;
    memcpy(ret_person->language, u.at, language);
    ret_person->language[language] = '\0';
    return true;
}
