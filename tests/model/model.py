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
NO = ("invalidated", "objected", "refused", "withdrawn", "erased")  # alike in all that ranks, the later of these stands
REASONS = ("retired", "suppressed", "restricted", "objected", "withdrawn", "refused", "invalidated", "age_unknown", "guardian_required", "unconfirmed", "expired",
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
    batch: Optional[str] = None  # of an import: with others; None: none that matter
    words: bool = True  # it is known which words were shown: those in force at the time
    confirmed: bool = True  # False: a request that nobody confirmed
    guardian: Optional[str] = None  # who says it, if not the person
    strength: str = "checkbox"
    written: bool = False
    age: Optional[Fact] = None
    care: Optional[Fact] = None  # represented by another
    signal: bool = False  # a No: the browser's signal (gpc); a Yes: given under it
    misled: bool = False  # said on a form that is found to have misled
    group: Optional[str] = None  # what was sold; None: the address was published
    left: bool = False  # a request that was not confirmed before one of its names was taken from the person
    history: bool = False  # a No that its batch no longer says: what it told of the person is left
    # What staff did since (staff.py): which names it ties, if not those it named; where its No or limit holds as if it had named
    # these, and where as if it had come there from elsewhere.
    ties: Optional[tuple] = None
    as_named: frozenset = frozenset()
    as_come: frozenset = frozenset()


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


def tied_of(act):
    return act.names if act.ties is None else act.ties


def person_of(act):
    """The strongest identifier; of equals the first named."""
    return max(tied_of(act), key=lambda name: STRENGTH[name[0]])


def told_until(fact, time):
    """0: it was over when it was told, and never held."""
    return fact.until if fact.until > time else 0


def is_said_alike(one, other):
    return all(key(one) == key(other) for key in (person_of, lambda act: set(act.names),
                                                  lambda act: (act.scope, act.entity, act.guardian, act.batch)))


def is_history(no, acts):
    """Whether its batch says Yes since. Where a Yes that was chosen here is older than the No, the batch's does not count, and takes
    no No away."""
    if no.batch is None or no.state not in NO:
        return False
    yeses = [act for act in acts if act.state in ("given", "objection_withdrawn") and act.confirmed]
    return any(is_said_alike(yes, no) and yes.time > no.time for yes in yeses) and not any(
        not yes.imported and (yes.scope, yes.guardian) == (no.scope, no.guardian) and yes.time <= no.time and set(yes.names) & set(no.names)
        for yes in yeses)


class World:
    def __init__(self, acts, policy, entities=(), more_ties=(), restricted=(), similar=()):
        """more_ties: pairs that staff tied, the person first; restricted: persons; similar: pairs of product groups."""
        acts = list(acts)
        self.acts = [act if act.history == (held := is_history(act, acts)) else replace(act, history=held) for act in acts]
        self.restricted = tuple(restricted)  # of (person, names that it stays with besides)
        self.policy = {purpose.key: purpose for purpose in policy}
        self.entities = entities or (None,)
        self.similar = {pair for one in similar for pair in (one, one[::-1])}
        self.came_with = {}  # identifier -> what was named beside it, where it was the strongest
        for act in self.acts:
            assert act.ties or len({name for name in act.names if name[0] == "customer"}) <= 1, "two customers are two people"
            if act.state == "invalidated":
                continue  # nobody said that
            self.came_with.setdefault(person_of(act), set()).update(tied_of(act))
            for name in tied_of(act):
                self.came_with.setdefault(name, {name})
        for person, name in more_ties:
            self.came_with.setdefault(person, {person}).add(name)
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

    def is_narrow(self, act):
        """A limit, or a guardian's No, of one customer alone."""
        return person_of(act)[0] == "customer" and bool(act.guardian or act.state not in NO)

    def travels(self, act, name):
        """Whether it stands there as what travels on to persons who have that name later."""
        if act.state == "erased" or self.is_narrow(act):
            return False
        named = set(tied_of(act)) | act.as_named
        return name in named or any(name in self.persons_with.get(one, ()) for one in named if one[0] != "visitor")

    def reach_find(self, act):
        if act.state == "erased":
            return set(act.names)
        come = set(act.as_come).union(*(self.has(name) for name in act.as_come if name[0] != "visitor"))
        named = set(act.names) | come
        if self.is_narrow(act):
            return named | self.has(person_of(act))
        travelling = set(tied_of(act)) | act.as_named
        persons = (p for name in travelling if name[0] != "visitor" for p in self.persons_with.get(name, ()))
        return named.union(travelling, *(self.has(p) for p in persons))

    def reach_of_restriction(self, person, more):
        return set().union(*(self.has(one) for one in {person} | more))

    def is_restricted(self, name):
        return any(name in self.reach_of_restriction(*one) for one in self.restricted)

    # ---- what is said ----

    def replaced(self, purpose):
        """The purposes whose No counts for this one too."""
        found = []
        while purpose is not None and purpose.replaces is not None:
            found.append(purpose.replaces)
            purpose = self.policy.get(purpose.replaces)
        return found

    def concerns(self, act, purpose, entity):
        if act.state == "told" or act.left or act.history:
            return False  # of an erased Yes only the limit that it told is left, of such a request what it told
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
                (act.names if act.state in YES or act.state == "invalidated" else self.reach(act))
                and (act.scope == purpose.key or not self.is_outdone(act, name))]

    def is_outdone(self, act, name):
        """What is invalidated binds as the Yes did that it undoes: a later one takes its place, for the purposes too that its own was
        replaced by."""
        return act.state == "invalidated" and any(
            one.state in YES and one.state != "eligible" and one.confirmed and name in one.names and self.rank(one) > self.rank(act)
            and (one.scope, one.entity, one.guardian) == (act.scope, act.entity, act.guardian) for one in self.acts)

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
                and one.confirmed and not one.history and not (one.signal and one.state in NO)]
        yeses = [one for one in same if name in one.names and (one.state in YES or one.state == "invalidated")]
        noes = [one for one in same if one.state in NO and one.state != "invalidated" and name in self.reach(one)]
        return name in act.names and self.standing(yeses) == act and all(self.rank(no) < self.rank(act) for no in noes)

    def is_behind(self, act, name):
        """Whether an import's stands behind what the person chose: the same person or guardian, of the same."""
        same = [one for one in self.acts if (one.scope, one.entity, one.guardian) == (act.scope, act.entity, act.guardian)
                and one.confirmed and not one.history and name in one.names and (one.state in YES or one.state == "invalidated")]
        stands = self.standing(same)
        return act.imported and stands is not None and stands.state in YES and not stands.imported

    def invalidated(self, meant):
        """What comes of finding that the consents ${meant} prove nothing: of those that stand somewhere, a No at their own time
        that binds as they did. An import's stays out of where it stands behind a choice."""
        events = []
        for act in self.acts:
            if act.state in YES and act.confirmed and meant(act) and any(self.stands(act, name) for name in act.names):
                names = tuple(name for name in act.names if not self.is_behind(act, name))
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
            if name in act.names and act.state not in NO + ("told",):
                own.append(end)
                if fact.document:
                    documents.append((act.time, end))
        if documents:
            return True, max(documents)[1], max(documents)[1]
        return bool(own), max(until), max(own, default=0)

    # ---- the verdict ----

    def is_like(self, group, sold):
        """Whether of whom that was sold one may sell this group: any, where none is named; what was published is for all."""
        return None in (group, sold) or group == sold or (group, sold) in self.similar

    def reasons(self, name, purpose, entity, now, group=None):
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
        if self.is_restricted(name):
            yield "restricted"

        # Noes. On a contract there is nothing to stop, but where a guardian decides or it is to sell.
        guardians = self.guardians(acts)
        refusing = [act for act in guardians if act.state in NO]
        if purpose.basis in STOPPABLE or purpose.direct_marketing or needs_guardian:
            if said is not None and own_yes is None:
                yield "suppressed" if said.state == "erased" else said.state
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
            sold = any(act.state == "eligible" and self.is_like(group, act.group) for act in spoken)
            yes = None
            if not sold:
                yield "never_asked"
        elif purpose.basis == "consent" or needs_guardian:
            yield from self.failings(yes, purpose, of_age, now)
            counts = yes is not None and not any(self.failings(yes, purpose, of_age, now))
            if purpose.basis == "consent" and not counts and any(not act.confirmed for act in acts):
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
            if act.guardian is not None and act.confirmed:
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

    def verdict_of(self, name, purpose, now, entity=None, group=None):
        """Of no entity: of all that the purpose is of, the strictest."""
        asked = name, purpose.key, now, entity, group
        if asked not in self.verdict_found:
            self.verdict_found[asked] = self.verdict_find(*asked[:1], purpose, *asked[2:])
        return self.verdict_found[asked]

    def verdict_find(self, name, purpose, now, entity, group):
        if entity is None:
            return min((self.verdict_of(name, purpose, now, e, group) for e in purpose.entities or self.entities), key=REASONS.index)
        return min(self.reasons(name, purpose, entity, now, group), key=REASONS.index)

    def check(self, names, key, now, entity=None, group=None):
        """The strictest of those that are named. ${group}: what is to be sold."""
        return min((self.verdict_of(name, self.policy[key], now, entity, group) for name in names), key=REASONS.index)
