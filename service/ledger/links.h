/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/link.h"
#include "domain/policy.h"
#include "store/kept_link.h"
#include "store/record.h"

/* What the links stand for that people click, packed into the payload of a sealed one (auth/link). Numbers
 * are packed seven bits a byte, the lowest first; what has more bytes than it needs is refused. */

/* A confirmation's: what else there is to know of its requests the ledger knows. */
void confirm_link_pack(const struct confirmation *from, struct link *ret_link);
/* Returns false where it is none; ${ret_confirmation} is untouched then. */
bool confirm_link_unpack(const struct link *link, struct confirmation *ret_confirmation);

/* What a guardian is asked, and by which tag the guardian is known. */
void guardian_link_pack(const struct confirmation *from, const struct tag *guardian, struct link *ret_link);
/* Returns false where it is none; what is returned is untouched then. */
bool guardian_link_unpack(const struct link *link, struct confirmation *ret_confirmation,
                          struct tag *ret_guardian);

/* A rights-request, by its number, which of its links this is (the edition that its sending made), and the
 * tag of the address that proves whose it is. */
struct identity_claim {
    int64_t request_no;
    int32_t sending;
    struct tag tag;
};
void identity_link_pack(const struct identity_claim *claim, struct link *ret_link);
/* Returns false where it is none; ${ret_claim} is untouched then. */
bool identity_link_unpack(const struct link *link, struct identity_claim *ret_claim);

/* Whom an unsubscribe or a preference link acts for, and for what. */
struct person_link {
    /* Exactly these identifiers, of one subject key: while a rotation runs that which is going, so that both
     * are found from it. ${count} 0: instead of them */
    size_t count;
    struct tag tags[IDENTIFIERS_MAX];
    uint8_t types[IDENTIFIERS_MAX];
    int64_t subject_no; /* all that this person has and nobody else shares */
    enum channel channel;
    bool is_delivered;    /* it left for the address that it names, and is in nobody else's hands */
    size_t purpose_count; /* 0: all of the channel */
    int32_t purposes[POLICY_PURPOSES_MAX];
    char language[16]; /* BCP 47, lower case; "": none was told */
};
/* Bytes of the longest. */
enum { PERSON_LINK_MAX = 1 + 10 + IDENTIFIERS_MAX * (1 + TAG_SIZE) + 2 + 5 * POLICY_PURPOSES_MAX + 16 };
/* Returns the bytes it takes. */
size_t person_link_pack(const struct person_link *from, uint8_t ret_bytes[PERSON_LINK_MAX]);
/* Returns false where it is none; ${ret_person} is of no use then. */
bool person_link_unpack(const uint8_t *bytes, size_t len, struct person_link *ret_person);

/* One that does not fit a payload (LINK_PAYLOAD_MAX) is kept in the ledger (store/kept_link), and its link
 * has nothing but the row's id. */

/* All of a row but its id. ${from} has at most PURPOSES_PER_CALL_MAX purposes. */
void person_link_keep(const struct person_link *from, struct kept_link *ret_kept);
/* Returns false where the row's content is none; ${ret_person} is of no use then. */
bool person_link_kept(const struct kept_link *kept, struct person_link *ret_person);
void kept_link_pack(const uint8_t id[KEPT_LINK_ID_SIZE], struct link *ret_link);
/* Returns false where the link has what it stands for with it; ${ret_id} is untouched then. */
bool kept_link_unpack(const struct link *link, uint8_t ret_id[KEPT_LINK_ID_SIZE]);
