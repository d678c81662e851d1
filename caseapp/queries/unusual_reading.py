"""What the rules of unusual reading are asked about: one day of the audit record, by reader, and who stands near to whom.

Read once a night for everybody, not for a viewer: what comes of it is a finding, which policy.privacy guards."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select

from caseapp import clock, names
from caseapp.extensions import db
from caseapp.models import Agency, AuditEntry, Case, CaseAssignment, Person, PersonRelative, User
from caseapp.pieces import pieces
from caseapp.vocabulary import AuditAct

#: Acts by which somebody has a record before them.
READING = frozenset({AuditAct.READ, AuditAct.PRINTED, AuditAct.EXPORTED})
#: Acts that show that the reading belonged to work.
DOING = frozenset({AuditAct.CHANGED, AuditAct.SENT, AuditAct.DISCLOSED})
#: What is usual is taken from so many days before.
USUAL_DAYS = 28
#: An address of more people than this is a house of many, and tells nothing.
HOUSEHOLD_MOST = 6

_E = AuditEntry


@dataclass(frozen=True, slots=True)
class Act:
    """One entry, as the rules need it."""

    id: int
    at: datetime
    act: AuditAct
    case_id: int | None
    person_id: int | None


@dataclass(slots=True)
class Reader:
    """What one member of staff did on one local day."""

    user_id: int
    agency_id: int
    acts: list[Act] = field(default_factory=list)

    @property
    def looks(self) -> list[Act]:
        return [one for one in self.acts if one.act in READING and one.person_id]

    @property
    def done_on(self) -> set[int]:
        """People on whose record they did something that day."""
        return {one.person_id for one in self.acts if one.act in DOING and one.person_id}


@dataclass(slots=True)
class Day:
    """One local day of the whole record."""

    day: date
    readers: list[Reader]
    #: (agency or 0, act, ground) → entries
    tally: dict[tuple[int, AuditAct, str], int]
    entries: int


def bounds(day: date) -> tuple[datetime, datetime]:
    """The moments between which a local day lies."""
    return clock.at_local(day, time()), clock.at_local(day + timedelta(days=1), time())


def of_day(day: date) -> Day:
    """All entries of a local day, gone through once."""
    begins, ends = bounds(day)
    rows = db.session.execute(
        select(_E.id, _E.at, _E.user_id, _E.agency_id, _E.act, _E.ground, _E.case_id, _E.person_id)
        .where(_E.at >= begins, _E.at < ends)
        .order_by(_E.at),
        execution_options={"yield_per": 5000},
    )
    readers: dict[int, Reader] = {}
    tally: dict[tuple, int] = defaultdict(int)
    count = 0
    for row in rows:
        count += 1
        tally[row.agency_id or 0, row.act, row.ground] += 1
        if row.user_id is None or row.agency_id is None:
            continue
        reader = readers.get(row.user_id)
        if reader is None:
            reader = readers[row.user_id] = Reader(row.user_id, row.agency_id)
        reader.acts.append(Act(row.id, row.at, row.act, row.case_id, row.person_id))
    return Day(day, list(readers.values()), tally, count)


def usual(user_id: int, day: date) -> float | None:
    """How many different people's records somebody opens on a day of work, over the four weeks before; None where
    there are fewer than three such days."""
    begins, _ = bounds(day - timedelta(days=USUAL_DAYS))
    ends, _ = bounds(day)
    rows = db.session.execute(
        select(_E.at, _E.person_id).where(
            _E.user_id == user_id,
            _E.at >= begins,
            _E.at < ends,
            _E.act.in_(READING),
            _E.person_id.is_not(None),
        )
    )
    days: dict[date, set] = defaultdict(set)
    for at, person_id in rows:
        days[clock.local_day(at)].add(person_id)
    return sum(map(len, days.values())) / len(days) if len(days) >= 3 else None


def closed_before(case_ids: Iterable[int]) -> dict[int, datetime]:
    """Of these cases those that are closed, and since when."""
    return {
        case_id: at
        for chunk in pieces(sorted(case_ids))
        for case_id, at in db.session.execute(
            select(Case.id, Case.closed_at).where(Case.id.in_(chunk), Case.closed_at.is_not(None))
        )
    }


def worked_with(user_id: int, person_ids: Iterable[int], day: date, until: date) -> set[int]:
    """Of these people those on whose case the member of staff has or had a role, or did something from `day` to
    `until`."""
    begins, _ = bounds(day)
    _, ends = bounds(until)
    found: set[int] = set()
    for chunk in pieces(sorted(person_ids)):
        found |= set(
            db.session.scalars(
                select(Case.person_id)
                .join(CaseAssignment, CaseAssignment.case_id == Case.id)
                .where(Case.person_id.in_(chunk), CaseAssignment.user_id == user_id)
            )
        )
        found |= set(
            db.session.scalars(
                select(Case.person_id).where(Case.person_id.in_(chunk), Case.line_manager_id == user_id)
            )
        )
    found |= set(
        db.session.scalars(
            select(_E.person_id).where(
                _E.user_id == user_id, _E.at >= begins, _E.at < ends, _E.act.in_(DOING)
            )
        )
    )
    return found


# --- who stands near to whom ---------------------------------------------------------------------------------------

OWN_NAME = "the reader’s own name"
FAMILY = "the reader’s family name"
RELATIVE = "names the reader among their family"
PHONE = "the reader’s telephone number"
NEIGHBOUR = "lives where somebody of the reader’s family name lives"


class Near:
    """Who among the people of a day stands near to a reader, by what the system knows: names, telephone numbers and
    addresses. Staff have no address here; so a neighbour is who lives at the address of somebody of their name."""

    def __init__(self, readers: Iterable[Reader]):
        readers = list(readers)
        self._people = _people({one.person_id for reader in readers for one in reader.looks})
        self._staff = _staff({reader.user_id for reader in readers})
        families = {name for name, endings, _ in self._staff.values() for name in endings}
        self._homes = _homes(families)

    def why(self, user_id: int, person_id: int) -> str | None:
        """In what they are near, in our words; None if in nothing that is known."""
        staff, person = self._staff.get(user_id), self._people.get(person_id)
        if staff is None or person is None:
            return None
        name, endings, phone = staff
        if person.name == name:
            return OWN_NAME
        if name in person.relatives:
            return RELATIVE
        if phone and phone in person.phones:
            return PHONE
        if person.family in endings:
            return FAMILY
        if person.address and any(person.address in self._homes.get(ending, ()) for ending in endings):
            return NEIGHBOUR
        return None


@dataclass(slots=True)
class _Person:
    name: str
    family: str
    address: str
    phones: set[str]
    relatives: set[str] = field(default_factory=set)


def _people(ids):
    people = {}
    for chunk in pieces(sorted(ids)):
        rows = db.session.execute(
            select(Person.id, Person.given_name, Person.family_name, Person.address, Person.phone).where(
                Person.id.in_(chunk)
            )
        )
        for row in rows:
            people[row.id] = _Person(
                names.fold(f"{row.given_name} {row.family_name}"),
                names.fold(row.family_name),
                _address(row.address),
                {_digits(row.phone)} - {""},
            )
        for person_id, name, phone in db.session.execute(
            select(PersonRelative.person_id, PersonRelative.name, PersonRelative.phone).where(
                PersonRelative.person_id.in_(chunk)
            )
        ):
            people[person_id].relatives.add(names.fold(name))
            people[person_id].phones |= {_digits(phone)} - {""}
    return people


def _staff(ids):
    """By id: the folded name, the endings of it that may be a family name, the telephone number that is theirs alone."""
    rows = [
        row
        for chunk in pieces(sorted(ids))
        for row in db.session.execute(
            select(User.id, User.name, User.phone, Agency.phone.label("office"))
            .join(Agency, Agency.id == User.agency_id)
            .where(User.id.in_(chunk))
        )
    ]
    shared = defaultdict(int)
    for (phone,) in db.session.execute(select(User.phone).where(User.phone != "")):
        shared[_digits(phone)] += 1
    staff = {}
    for row in rows:
        words = names.fold(row.name).split()
        phone = _digits(row.phone)
        own = phone if shared[phone] < 2 and phone != _digits(row.office) else ""
        staff[row.id] = " ".join(words), {" ".join(words[at:]) for at in range(1, len(words))}, own
    return staff


def _homes(families):
    """Addresses at which people of these family names live: by name."""
    if not families:
        return {}
    offices = {_address(one) for one in db.session.scalars(select(Agency.address))}
    lived_at, homes = defaultdict(int), defaultdict(set)
    rows = db.session.execute(
        select(Person.family_name, Person.address).where(Person.address != ""),
        execution_options={"yield_per": 5000},
    )
    for family_name, text in rows:
        address = _address(text)
        if not address or address in offices:
            continue
        lived_at[address] += 1
        if (family := names.fold(family_name)) in families:
            homes[family].add(address)
    return {
        family: {one for one in found if lived_at[one] <= HOUSEHOLD_MOST} for family, found in homes.items()
    }


def _address(text):
    """Comparable, or "" where it says too little: it must have a number."""
    folded = names.fold(text)
    return folded if len(folded) >= 8 and any(letter.isdigit() for letter in folded) else ""


def _digits(text):
    digits = "".join(filter(str.isdigit, text or ""))
    return digits[-9:] if len(digits) >= 7 else ""


def first_day() -> date | None:
    """The local day of the first entry of all."""
    at = db.session.scalar(select(func.min(_E.at)))
    return at and clock.local_day(at)
