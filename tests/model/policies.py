# SPDX-License-Identifier: Apache-2.0
"""The policy of all worlds and stories: as the model knows it, and as a document."""
from dataclasses import replace

from model import STOPPABLE, Purpose

ENTITIES = ("a", "b")
POLICY = (
    Purpose("news"),
    Purpose("sms", channel="sms"),
    Purpose("web", channel="web"),
    Purpose("soft", basis="soft_opt_in"),
    Purpose("post", basis="legitimate_interest", channel="post", direct_marketing=True),
    Purpose("study", basis="legitimate_interest", channel="web"),
    Purpose("deal", basis="contract", channel="post"),
    Purpose("kid", channel="web", minors="email"),
    Purpose("club", minors="signed", written=True, age_required=True, ends_at_limit=True),
    Purpose("adult", minors="forbidden"),
    Purpose("twice", double_opt_in=True),
    Purpose("year", channel="web", validity=12, material=(13,)),
    Purpose("new", channel="web", replaces="year"),
    Purpose("own", channel="phone", entities=("a",)),
)
# What the controller makes of it later: nothing of it undoes a No.
CHANGES = {"adult": {"minors": None}, "kid": {"age_required": True}, "club": {"ends_at_limit": False},
           "news": {"words_needed": False}}
LATER = tuple(replace(purpose, **CHANGES.get(purpose.key, {})) for purpose in POLICY) + (
    Purpose("sale", basis="soft_opt_in", channel="sms"),
    Purpose("mail", basis="legitimate_interest", channel="post", direct_marketing=True))
GROUPS = ("shoes", "boots", "wine")
SIMILAR = (("shoes", "boots"),)
FIRST_WORDS = "2010-01-01T00:00:00Z"
# The model knows of no purge: what is said years ago in its time is not let go of while it is asked about.
KEPT = {"rules": [{"data_class": "consent", "duration": "P100Y", "after": "recorded", "source": "none", "review_date": "2099-01-01"}]}
# Everything that is over goes at once.
PURGED = {"proof_kept": "P1D"}
WHY = "So that the rules of everybody else can be told from those of minors."


def has_words(purpose):
    return purpose.basis == "consent"


def version_at(purpose, time):
    """Of the words that were in force."""
    return str(1 + sum(begins <= time for begins in purpose.material))


def purpose_document(purpose):
    document = {"key": purpose.key, "lawful_basis": purpose.basis, "channel": purpose.channel, "rationale": WHY}
    if purpose.direct_marketing:
        document["direct_marketing"] = True
    if has_words(purpose):
        document["notice"] = purpose.key
    if not purpose.words_needed:
        document["unknown_words"] = {"allow": WHY}
    if purpose.double_opt_in:
        document["double_opt_in"] = True
    if purpose.validity is not None:
        document["validity"] = f"P{purpose.validity}M"
    if purpose.replaces is not None:
        document["replaces"] = purpose.replaces
    if purpose.entities:
        document["entities"] = list(purpose.entities)
    document["minors"] = minors_document(purpose)
    return document


def minors_document(purpose):
    if purpose.minors in (None, "forbidden"):
        return purpose.minors or "allowed"
    rule = {"least": purpose.minors, "written": purpose.written, "at_limit": "expire" if purpose.ends_at_limit else "reconfirm"}
    return {"guardian": rule} | ({"age": "required"} if purpose.age_required else {})


def notice_documents(purpose, moment):
    """moment(time): as text."""
    begins = [FIRST_WORDS] + [moment(time) for time in purpose.material]
    return [{"id": purpose.key, "version": str(n + 1), "effective_from": at, "texts": {"en": f"{purpose.key}, version {n + 1}?"}}
            | ({"change": "material"} if n else {}) for n, at in enumerate(begins)]


def policy_document(policy, controller, moment, retention=None):
    return {"controller": {"key": controller, "country": "NL", "time_zone": "UTC"},
            "entities": [{"key": key, "name": key} for key in ENTITIES],
            "purposes": [purpose_document(purpose) for purpose in policy],
            "product_groups": [{"key": key, "similar": [b for a, b in SIMILAR if a == key]} if key in dict(SIMILAR) else {"key": key}
                               for key in GROUPS],
            "retention": retention or KEPT,
            "notices": [notice for purpose in policy if has_words(purpose) for notice in notice_documents(purpose, moment)]}


def each_of(act):
    """What an act says: a No to all that one entity does is an objection too, to each purpose there is that it does not stop."""
    if act.entity is None or act.scope in (purpose.key for purpose in POLICY):
        return [act]
    return [act] + [replace(act, scope=purpose.key, state="objected") for purpose in POLICY
                    if act.scope in ("*", "channel:" + purpose.channel) and not purpose.stopped_by_all() and purpose.basis in STOPPABLE
                    and act.entity in (purpose.entities or ENTITIES)]
