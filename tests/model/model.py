# SPDX-License-Identifier: Apache-2.0
"""The rules of who is who, of rank and of each reason, as a program that reads like them.

From a set of acts to the verdict on any identifiers and purpose. It knows nothing of the order of arrival, of tags, rows or
SQL: every function reads the whole set, so that two orders cannot differ. Times are any numbers that can be compared.

    A Yes binds as narrowly as it was said; a No reaches as widely as it may have been meant.
"""
from dataclasses import dataclass, replace
from typing import Optional

STRENGTH = {"customer": 4, "email": 3, "phone": 2, "postal": 1, "visitor": 0}  # the strongest names the person
YES = ("given", "eligible", "objection_withdrawn")
NO = ("invalidated", "objected", "refused", "withdrawn")  # alike in all that ranks, the later of these stands
REASONS = ("retired", "objected", "withdrawn", "refused", "invalidated", "age_unknown", "guardian_required", "unconfirmed", "expired",
           "notice_outdated", "notice_unknown", "never_asked", "granted", "not_required")  # the first that holds
ALLOW = ("granted", "not_required")
GUARDIAN = ("checkbox", "email", "email_plus", "signed", "in_person", "eid")
IN_WRITING = ("signed", "eid")
STOPPABLE = ("consent", "soft_opt_in", "legitimate_interest")
FOREVER = 10**9


@dataclass(frozen=True)
class Fact:
    """What an act tells of the person: limited until a date, 0: not at all. With a document or without."""
    until: float
    document: bool = False


@dataclass(frozen=True)
class Act:
    names: tuple  # identifiers, (type, value) each, in the order they are named
    state: str  # of YES or NO
    scope: str  # a purpose's key; of a No also "*" or "channel:email"
    time: float
    entity: Optional[str] = None
    imported: bool = False
    words: bool = True  # it is known which words were shown: those in force at the time
    confirmed: bool = True  # False: a request that nobody confirmed
    guardian: Optional[str] = None  # who says it, if not the person
    strength: str = "checkbox"
    written: bool = False
    age: Optional[Fact] = None
    care: Optional[Fact] = None  # represented by another
    signal: bool = False  # a No: the browser's signal (gpc); a Yes: given under it
    misled: bool = False  # said on a form that is found to have misled


@dataclass(frozen=True)
class Purpose:
    key: str
    basis: str = "consent"
    channel: str = "email"
    direct_marketing: bool = False
    minors: Optional[str] = None  # None: they decide alone; the least strength of a guardian's Yes; or "forbidden"
    written: bool = False  # a guardian's Yes has to be
    age_required: bool = False
    ends_at_limit: bool = False  # a guardian's Yes
    words_needed: bool = True
    double_opt_in: bool = False
    validity: Optional[float] = None
    material: tuple = ()  # when words came into force that outdate those before
    replaces: Optional[str] = None
    retired: bool = False
    entities: tuple = ()  # none: it is of all

    def stopped_by_all(self):
        return self.basis in ("consent", "soft_opt_in") or self.direct_marketing


def person_of(act):
    """The strongest identifier; of equals the first named."""
    return max(act.names, key=lambda name: STRENGTH[name[0]])


def told_until(fact, time):
    """0: it was over when it was told, and never held."""
    return fact.until if fact.until > time else 0


class World:
    def __init__(self, acts, policy, entities=()):
        self.acts = list(acts)
        self.policy = {purpose.key: purpose for purpose in policy}
        self.entities = entities or (None,)
        self.came_with = {}  # identifier -> what was named beside it, where it was the strongest
        for act in self.acts:
            assert len({name for name in act.names if name[0] == "customer"}) <= 1, "two customers are two people"
            if act.state == "invalidated":
                continue  # nobody said that
            self.came_with.setdefault(person_of(act), set()).update(act.names)
            for name in act.names:
                self.came_with.setdefault(name, {name})
        self.has_found, self.reach_found, self.limit_found, self.verdict_found = {}, {}, {}, {}  # what was worked out
        self.persons_with = {}
        for person in self.came_with:
            for name in self.has(person):
                self.persons_with.setdefault(name, set()).add(person)

    # ---- who is who ----

    def has(self, person):
        """What came with the person and, in turn, with those. A browser has nobody."""
        if person not in self.has_found:
            found, to_do = {person}, [person]
            while to_do:
                name = to_do.pop()
                more = self.came_with.get(name, set()) - found if name[0] != "visitor" else set()
                found |= more
                to_do += more
            self.has_found[person] = found
        return self.has_found[person]

    def reach(self, act):
        """Where a No, or a limit, of this act holds."""
        if act not in self.reach_found:
            self.reach_found[act] = frozenset(self.reach_find(act))
        return self.reach_found[act]

    def reach_find(self, act):
        person, named = person_of(act), set(act.names)
        if person[0] == "customer" and (act.guardian or act.state not in NO):
            return named | self.has(person)  # a limit, or a guardian's No, of one customer alone
        persons = (p for name in named if name[0] != "visitor" for p in self.persons_with.get(name, ()))
        return named.union(*(self.has(p) for p in persons))

    # ---- what is said ----

    def replaced(self, purpose):
        """The purposes whose No counts for this one too."""
        found = []
        while purpose is not None and purpose.replaces is not None:
            found.append(purpose.replaces)
            purpose = self.policy.get(purpose.replaces)
        return found

    def concerns(self, act, purpose, entity):
        if act.entity not in (None, entity):
            return False
        if act.scope == purpose.key:
            return act.state != "objection_withdrawn" or purpose.basis != "consent"
        if act.scope in ("*", "channel:" + purpose.channel):
            return purpose.stopped_by_all()
        return act.state in NO and act.scope in self.replaced(purpose)

    def heard(self, name, purpose, entity):
        """The acts that hold for an identifier: a Yes that named it, a No that reaches it."""
        return [act for act in self.acts if self.concerns(act, purpose, entity) and name in
                (act.names if act.state in YES or act.state == "invalidated" else self.reach(act))]

    @staticmethod
    def rank(act):
        is_no = act.state in NO
        return (is_no or not act.imported, act.time, is_no, act.words, is_no and NO.index(act.state))

    def standing(self, acts):
        return max(acts, key=self.rank, default=None)

    def is_overtaken(self, request):
        """Whether a No to it came after what still waits for its confirmation."""
        person, purpose = person_of(request), self.policy[request.scope]
        entities = self.entities if request.entity is None else (request.entity,)
        return any(act.state in NO and not act.signal and act.time >= request.time
                   for entity in entities for act in self.heard(person, purpose, entity))

    def stands(self, act, name):
        """Whether a Yes is what was last said there by the same, of the same."""
        same = [one for one in self.acts if (one.scope, one.entity, one.guardian) == (act.scope, act.entity, act.guardian)
                and one.confirmed and not (one.signal and one.state in NO)]
        yeses = [one for one in same if name in one.names and (one.state in YES or one.state == "invalidated")]
        noes = [one for one in same if one.state in NO and one.state != "invalidated" and name in self.reach(one)]
        return name in act.names and self.standing(yeses) == act and all(self.rank(no) < self.rank(act) for no in noes)

    def invalidated(self, meant):
        """What comes of finding that the consents ${meant} prove nothing: of those that stand somewhere, a No at their own time
        that binds as they did. Where another says more by the person's own name it stays out of that."""
        events = []
        for act in self.acts:
            if act.state in YES and act.confirmed and meant(act) and any(self.stands(act, name) for name in act.names):
                person = person_of(act)
                names = tuple(name for name in act.names if name != person or self.stands(act, person))
                events.append(replace(act, names=names, state="invalidated", imported=False, age=None, care=None,
                                      signal=False, misled=False))
        return events

    # ---- age, and being represented ----

    def limit(self, name, kind):
        """-> (known, limited until, until when by its own name). What is told with a No may limit and never opens; a document
        that names the identifier outranks what was only told, whatever the times, and the later document stands."""
        if (name, kind) not in self.limit_found:
            self.limit_found[name, kind] = self.limit_find(name, kind)
        return self.limit_found[name, kind]

    def limit_find(self, name, kind):
        until, own, documents = [0], [], []
        for act in self.acts:
            fact = getattr(act, kind)
            if fact is None:
                continue
            end = told_until(fact, act.time)
            if end and name in self.reach(act):
                until.append(end)
            if name in act.names and act.state not in NO:
                own.append(end)
                if fact.document:
                    documents.append((act.time, end))
        if documents:
            return True, max(documents)[1], max(documents)[1]
        return bool(own), max(until), max(own, default=0)

    # ---- the verdict ----

    def reasons(self, name, purpose, entity, now):
        """All that hold; more than one may."""
        acts = self.heard(name, purpose, entity)
        spoken = [act for act in acts if act.guardian is None]
        signals = [act for act in spoken if act.signal and act.state in NO]
        said = self.standing(act for act in spoken if act.confirmed and act.state != "eligible" and act not in signals)
        own_yes = said if said is not None and said.state in YES else None
        age, care = self.limit(name, "age"), self.limit(name, "care")
        until = max(age[1], care[1])
        needs_guardian = purpose.minors is not None and until > now
        came_of_age = purpose.minors is not None and 0 < until <= now
        # a day of age that was told by name has come, whatever later one came from elsewhere
        of_age = came_of_age or 0 < age[2] <= now or 0 < care[2] <= now
        if purpose.retired:
            yield "retired"

        # Noes. On a contract there is nothing to stop, but where a guardian decides or it is to sell.
        guardians = self.guardians(acts)
        refusing = [act for act in guardians if act.state in NO]
        if purpose.basis in STOPPABLE or purpose.direct_marketing or needs_guardian:
            if said is not None and own_yes is None:
                yield said.state
            if until > now:
                yield from (act.state for act in refusing)
        if signals and purpose.basis in STOPPABLE:
            latest = max(act.time for act in signals)
            if own_yes is None or not (own_yes.signal or own_yes.time > latest):
                yield "refused"

        # Yeses. A guardian's has a say, unless who was named was told to decide alone.
        if purpose.age_required and not age[0]:
            yield "age_unknown"
        has_say = not (age[0] or care[0]) or age[2] > 0 or care[2] > 0
        agreed = self.standing(act for act in guardians if has_say and not refusing and self.suffices(act, purpose))
        own = own_yes if own_yes is not None and own_yes.state == "given" else None
        yes = self.yes_of(own, agreed, own is not None and not any(self.failings(own, purpose, of_age, now)),
                          not needs_guardian and not (own is not None and came_of_age and own.time < until))
        if needs_guardian and (yes is None or purpose.basis == "soft_opt_in"):
            yield "guardian_required"
        if purpose.basis == "soft_opt_in":
            sold = any(act.state == "eligible" for act in spoken)
            yes = None
            if not sold:
                yield "never_asked"
        elif purpose.basis == "consent" or needs_guardian:
            yield from self.failings(yes, purpose, of_age, now)
            counts = yes is not None and not any(self.failings(yes, purpose, of_age, now))
            if purpose.basis == "consent" and not counts and any(not act.confirmed for act in spoken):
                yield "unconfirmed"
        yield "granted" if purpose.basis in ("consent", "soft_opt_in") else "not_required"

    def yes_of(self, own, agreed, counts, decides):
        """The person's own Yes where it ${counts} and the person ${decides}, else a guardian's. One's own that does not count
        hides a guardian's from before it, whoever decides: else a limit that was told with a No would open what it closes."""
        is_last = own is not None and (agreed is None or self.rank(own) >= self.rank(agreed))
        if own is not None and not counts and is_last and agreed is not None:
            return own
        return own if own is not None and decides and (counts or is_last) else agreed

    def guardians(self, acts):
        """What each said last."""
        slots = {}
        for act in acts:
            if act.guardian is not None:
                slots.setdefault(act.guardian, []).append(act)
        return [self.standing(acts) for acts in slots.values()]

    @staticmethod
    def suffices(act, purpose):
        if act.state not in YES or purpose.minors == "forbidden":
            return False
        least = GUARDIAN.index(purpose.minors) if purpose.minors else 0
        is_written = act.written or act.strength in IN_WRITING
        return GUARDIAN.index(act.strength) >= least and (is_written or not purpose.written)

    @staticmethod
    def failings(yes, purpose, of_age, now):
        """Why a Yes does not count."""
        if yes is None:
            if purpose.basis == "consent":
                yield "never_asked"
            return
        at_limit = of_age and yes.guardian is not None and purpose.ends_at_limit
        if at_limit or (purpose.validity is not None and yes.time + purpose.validity <= now):
            yield "expired"
        if purpose.basis != "consent":
            return
        if yes.words and any(yes.time < begins <= now for begins in purpose.material):
            yield "notice_outdated"
        if purpose.words_needed and not yes.words:
            yield "notice_unknown"

    def verdict_of(self, name, purpose, now, entity=None):
        """Of no entity: of all that the purpose is of, the strictest."""
        asked = name, purpose.key, now, entity
        if asked not in self.verdict_found:
            self.verdict_found[asked] = self.verdict_find(name, purpose, now, entity)
        return self.verdict_found[asked]

    def verdict_find(self, name, purpose, now, entity):
        if entity is None:
            return min((self.verdict_of(name, purpose, now, e) for e in purpose.entities or self.entities), key=REASONS.index)
        return min(self.reasons(name, purpose, entity, now), key=REASONS.index)

    def check(self, names, key, now, entity=None):
        """The strictest of those that are named."""
        return min((self.verdict_of(name, self.policy[key], now, entity) for name in names), key=REASONS.index)
