# SPDX-License-Identifier: Apache-2.0
"""From the model's acts to requests of the API.

A unit of the model's time is a month. An act is done as a month begins, and an age is reached at a month's end, so that until
8.5 is behind all acts of 8 and before those of 9. Now is some time in month NOW. Each world has identifiers of its own.
"""
import datetime
import random

from model import FOREVER, NO
from notation import NOW, name_read
from policies import POLICY, has_words, version_at

AGE = 16  # from which people decide alone, in the Netherlands
DOCUMENT = {"name": "proof.pdf", "sha256": "0" * 64}
PURPOSES = {purpose.key: purpose for purpose in POLICY}
PROVEN = ("signed", "in_person", "eid")  # with a document
ROLES = {"parent": "parent", "carer": "carer", "g1@": "parent", "g2@": "legal_representative"}  # any other guardian is a carer


class Calendar:
    def __init__(self):
        today = datetime.datetime.now(datetime.timezone.utc)
        self.now = today.year * 12 + today.month - 1

    def month(self, unit):
        """-> (year, month)"""
        year, month = divmod(self.now - NOW + int(unit), 12)
        return year, month + 1

    def moment(self, unit):
        year, month = self.month(unit)
        return f"{year:04}-{month:02}-01T00:00:00Z"

    def birth_month(self, until):
        """Of whom comes of age at the end of that month."""
        year, month = self.month(until) if until else (1980, 1)
        return f"{year - AGE * bool(until):04}-{month:02}"

    def day(self, until):
        year, month = self.month(until) if until else (1980, 1)
        return f"{year:04}-{month:02}-15"


CALENDAR = Calendar()


def identifier(name, world):
    kind, value = name
    if kind == "email":
        text = f"{value}-{world}@example.nl"
    elif kind == "phone":
        text = f"+316{1 + world // 10**6 % 4}{world % 10**6:06}{ord(value[0]) % 10}"
    elif kind == "postal":
        text = f"NL;{1000 + world // 10**3 % 9000}AB;{1 + world % 10**3};{value}"
    else:
        text = f"{value}-{world}"
    return {"type": kind, "value": text}


def subject(names, world):
    found = [identifier(name, world) for name in names]
    return found[0] if len(found) == 1 else found


def guardian_role(guardian):
    return ROLES.get(guardian, "carer")


def guardian_name(guardian):
    """What a guardian is known by; None: by the role."""
    return name_read(guardian) if guardian not in ROLES or guardian.endswith("@") else None


def expressed_by(act, world):
    if act.guardian is None:
        return {"role": "staff"} if any(fact and fact.document for fact in (act.age, act.care)) else None
    by = {"role": guardian_role(act.guardian), "strength": act.strength, "form": "written" if act.written else "electronic"}
    if name := guardian_name(act.guardian):
        by["identifier"] = identifier(name, world)
    return by


def needs_documents(act):
    is_documented = any(fact and fact.document for fact in (act.age, act.care))
    return is_documented or (act.guardian is not None and (act.written or act.strength == "signed"))


def is_proven(act):
    """Whether a guardian's Yes is more than a click that anybody can make."""
    return act.guardian is not None and act.strength in PROVEN and needs_documents(act)


def minor(fact):
    if fact.until == FOREVER:
        return True
    return False if fact.until == 0 and fact.document else {"birth_month": CALENDAR.birth_month(fact.until)}


def represented(fact):
    if fact.until == 0 and fact.document:
        return False
    return {"until": None if fact.until == FOREVER else CALENDAR.day(fact.until)}


def evidence(act, is_double):
    found = {"documents": [DOCUMENT]} if needs_documents(act) else {}
    if act.signal and act.state not in NO:
        found["gpc"] = True
    if is_double and act.imported:
        found["confirmed_at"] = CALENDAR.moment(act.time)
    return found


def common(act, world):
    is_double = act.scope in PURPOSES and PURPOSES[act.scope].double_opt_in and act.state == "given"
    members = {"subject": subject(act.names, world), "expressed_by": expressed_by(act, world), "entity": act.entity,
               "event_time": CALENDAR.moment(act.time) if act.time < NOW else None,
               "evidence": evidence(act, is_double) or None}
    return {key: value for key, value in members.items() if value is not None}


def is_plain_no(act):
    """Whether it may be said by /v1/withdraw."""
    says = "withdrawn" if has_words(PURPOSES[act.scope]) else "objected"
    return act.state == says and not (act.imported or act.words or act.signal or act.age or act.care)


def is_standing(act):
    return act.scope not in PURPOSES


def withdrawal(act, world):
    channel = act.scope.partition(":")[2]
    return common(act, world) | ({"channel": channel} if channel else {"purpose": act.scope})


def words(act):
    """How it was collected, and which words that says."""
    if not has_words(PURPOSES[act.scope]):
        return {"collection_method": "gpc" if act.signal and act.state in NO else "web_form"}
    named = {"id": act.scope, "version": version_at(PURPOSES[act.scope], act.time)}
    if act.signal and act.state in NO:
        return {"collection_method": "gpc"}
    if not act.words:
        return {"collection_method": "web_form" if act.imported else "paper"}
    return {"collection_method": "web_form"} | ({"notice": named} if act.imported else {})


def origin(act, world):
    """What a soft opt-in rests on."""
    at = CALENDAR.moment(act.time)
    if act.group is None:
        return {"published": {"at": at, "for": "offers", "where": "https://shop.example/contact"}}
    return {"sale": {"ref": f"sale-{world}", "product_group": act.group, "at": at, "opt_out_offered_at": at}}


def batch_of(act, world):
    return f"batch-{world}-{act.batch or act.time}"


def record(act, world, form):
    """${form}: the one that is found to have misled."""
    body = common(act, world) | words(act) | {"purpose": act.scope, "event_state": act.state}
    if act.imported:
        body["import"] = {"batch": batch_of(act, world), "source": "before"}
    if act.state == "eligible":
        body |= origin(act, world)
    if act.misled:
        body.setdefault("evidence", {})["form"] = form
    if act.age:
        body["minor"] = minor(act.age)
    if act.care:
        body["represented"] = represented(act.care)
    return body


def question(number, names, purpose, entity, group):
    """Of a check."""
    asked = {"subject": subject(names, number), "purpose": purpose, "entity": entity, "product_group": group}
    return {key: value for key, value in asked.items() if value is not None}


def waits(act):
    """Whether it has to be confirmed."""
    if is_standing(act) or act.state != "given" or is_proven(act) or act.imported:
        return False
    return PURPOSES[act.scope].double_opt_in


def is_apart(act):
    """Whether it can touch nobody else: the ledger takes such acts another way."""
    return len(act.names) == 1 and not (act.guardian or act.age or act.care or act.signal or is_standing(act))


def by_withdraw(act, chance=random):
    return is_standing(act) or (is_plain_no(act) and chance.random() < 0.5)
