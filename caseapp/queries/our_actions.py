"""What the viewer's agency has been asked to do, over all plans (S3-12): to answer, late, due, later. What
others changed in it since the viewer looked is in our_changes.

Every row is selected through scopes.SEES_OWN_ACTION. Reads begin at the index of the agency's open actions by day, and
counting stops at AT_MOST, so that the first page costs the same in an agency with sixteen thousand actions.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from sqlalchemy import Date, Integer, and_, bindparam, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from caseapp import clock, working_days
from caseapp.extensions import read
from caseapp.models import Action, Case, CaseAssignment, Goal, Person, User
from caseapp.models.plan import IS_ASKED, IS_OPEN
from caseapp.policy import scopes
from caseapp.policy.viewer import Viewer
from caseapp.queries import case_manager, typed_words
from caseapp.vocabulary import STATUS_TAG, UNDER_WAY, ActionStatus

#: Counting stops here.
AT_MOST = 99
#: Calendar days.
SOON = 14

#: section → heading, in the order shown
SECTIONS = {
    "answer": "To accept or decline",
    "late": "Late",
    "due": f"Due in the next {SOON} days",
    "later": "Later, or without a date",
}

_SOON = bindparam("soon", type_=Date())
_IN_SECTION = {
    "answer": IS_ASKED,
    "late": and_(Action.status.in_(UNDER_WAY), Action.due_on < scopes.TODAY),
    "due": and_(Action.status.in_(UNDER_WAY), Action.due_on >= scopes.TODAY, Action.due_on <= _SOON),
    "later": and_(Action.status.in_(UNDER_WAY), or_(Action.due_on > _SOON, Action.due_on.is_(None))),
}
#: Those without a day come last, and are read apart, so that the others are read in the order of the index.
_LATER = [
    and_(Action.status.in_(UNDER_WAY), Action.due_on > _SOON),
    and_(Action.status.in_(UNDER_WAY), Action.due_on.is_(None)),
]
_HALVES = {
    "answer": [and_(IS_ASKED, Action.due_on.is_not(None)), and_(IS_ASKED, Action.due_on.is_(None))],
    "later": _LATER,
}
_OURS = and_(Case.closed_at.is_(None), scopes.SEES_OWN_ACTION)
_MINE = or_(Action.owner_user_id == scopes.VIEWER_USER, Action.owner_user_id.is_(None))

_Asker = aliased(User, name="asker")
_Worker = aliased(User, name="worker")
_Manager = aliased(User, name="manager_user")

_MANAGER = (
    select(_Manager.name)
    .join(CaseAssignment, CaseAssignment.user_id == _Manager.id)
    .where(case_manager.of_case())
    .correlate(Case)
    .scalar_subquery()
)

_COLUMNS = (
    Action.id,
    Action.version,
    Action.case_id,
    Case.reference,
    Person.given_name,
    Person.family_name,
    Action.what,
    Action.due_on,
    Action.status,
    Action.asked_at,
    _Asker.name.label("asked_by"),
    _Worker.name.label("worker"),
    Action.owner_user_id,
    _MANAGER.label("manager"),
    Action.last_note,
    Action.last_note_at,
    Action.status_reason,
)


@dataclass(frozen=True, slots=True)
class OurAction:
    """One row, ready to be shown: no template looks anything up."""

    id: int
    version: int
    case_id: int
    reference: str
    person: str
    what: str
    due_on: date | None
    #: "6 working days late", "in 3 working days" or "by when"
    when: str
    late: bool
    status: ActionStatus
    #: as the agency that is asked reads it
    status_words: str
    tag: str
    asked_on: date | None
    asked_by: str
    worker: str
    unassigned: bool
    manager: str
    note: str
    noted_on: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is asked for; nothing filters where a field is empty."""

    mine: bool = True
    reference: str = ""
    status: str = ""
    words: str = ""
    within: str = ""  # "7" or "30": due in so many days or late; "none": no date

    @property
    def shape(self) -> "Wanted":
        """What of this stands in the statement; the rest are its values. Lists have few shapes, so each is kept."""
        within = self.within if self.within in ("", "none") else "days"
        return replace(
            self,
            reference="any" if self.reference else "",
            words=typed_words.shape(self.words),
            within=within,
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """Numbers over the page; each stops at AT_MOST."""

    looked_at: datetime | None
    counts: dict[str, int]

    def said(self, section: str) -> str:
        n = self.counts[section]
        return f"{AT_MOST}+" if n > AT_MOST else str(n)


def _filters(shape: Wanted) -> list:
    where = []
    if shape.mine:
        where.append(_MINE)
    if shape.reference:
        where.append(Case.reference == bindparam("reference"))
    if shape.status:
        where.append(Action.status == ActionStatus(shape.status))
    if shape.within == "none":
        where.append(Action.due_on.is_(None))
    elif shape.within:
        where.append(Action.due_on <= bindparam("within", type_=Date()))
    words, _ = typed_words.holding(
        shape.words, Action.what, Person.given_name, Person.family_name, Person.known_as
    )
    return where + words


def _from(statement, people: bool = True):
    """The actions with what decides whether they are seen, and, with `people`, the names that a filter looks through."""
    joined = statement.join(Case, Case.id == Action.case_id).join(Goal, Goal.id == Action.goal_id)
    return joined.join(Person, Person.id == Case.person_id) if people else joined


def _values(viewer: Viewer, wanted: Wanted, **more) -> dict:
    today = clock.today()
    values = scopes.binds(viewer, today) | typed_words.values(wanted.words) | more
    values |= {"soon": today + timedelta(days=SOON), "reference": wanted.reference}
    if wanted.within.isdigit():
        values["within"] = today + timedelta(days=int(wanted.within))
    return values


#: As the index of open actions holds them, so that the first ten are read and not all sorted.
_AS_INDEXED = (Action.due_on, Action.case_id, Action.id)
_ORDERS = {
    "due": (Action.due_on.is_(None), *_AS_INDEXED),
    "-due": (Action.due_on.is_(None), Action.due_on.desc(), Action.id),
    "person": (Person.family_name, Person.given_name, Action.due_on, Action.id),
    "-person": (Person.family_name.desc(), Person.given_name.desc(), Action.due_on, Action.id),
}
#: sections in which every action has a day
_DATED = {"late", "due"}


def _order(section: str, order: str):
    return _AS_INDEXED if order == "due" and section in _DATED else _ORDERS[order]


_LOOKED = select(User.looked_at).where(User.id == scopes.VIEWER_USER).scalar_subquery()


@lru_cache(64)
def _summary(shape: Wanted):
    counts = []
    for section, inside in _IN_SECTION.items():
        parts = [
            select(
                _from(select(Action.id), people=bool(shape.words))
                .where(_OURS, IS_OPEN, half, *_filters(shape))
                .limit(AT_MOST + 1)
                .subquery()
            )
            for half in (_LATER if section == "later" else [inside])
        ]
        counts.append(select(func.count()).select_from(union_all(*parts).subquery()).scalar_subquery())
    return select(_LOOKED, *counts)


def summary(wanted: Wanted, *, viewer: Viewer) -> Summary:
    """How many there are in each section, and when the viewer last said "I have seen these"; one statement."""
    row = read(_summary(wanted.shape), _values(viewer, wanted)).one()
    return Summary(row[0], dict(zip(SECTIONS, row[1:], strict=True)))


_MOST = bindparam("most", type_=Integer())


@lru_cache(64)
def _first_rows(shape: Wanted):
    parts = []
    for position, (section, inside) in enumerate(_IN_SECTION.items()):
        for half in _HALVES.get(section, [inside]):
            sub = (
                _select(position)
                .where(_OURS, IS_OPEN, half, *_filters(shape))
                .order_by(*_AS_INDEXED)
                .limit(_MOST)
                .subquery()
            )
            parts.append(select(sub))
    return union_all(*parts)


def first_rows(
    wanted: Wanted, *, viewer: Viewer, calendar: str, each: int = 10
) -> dict[str, list[OurAction]]:
    """The first rows of each section, the nearest day first; one statement."""
    names = list(SECTIONS)
    found = {name: [] for name in names}
    for row in read(_first_rows(wanted.shape), _values(viewer, wanted, most=each)):
        found[names[row.section]].append(_row(row, calendar))
    for section in found.values():  # a union keeps no order
        section.sort(key=lambda row: (row.due_on or date.max, row.case_id, row.id))
    return {name: section[:each] for name, section in found.items()}


@lru_cache(64)
def _rows(shape: Wanted, section: str, order: str):
    return (
        _select(0)
        .where(_OURS, IS_OPEN, _IN_SECTION[section], *_filters(shape))
        .order_by(*_order(section, order))
        .offset(bindparam("offset", type_=Integer()))
        .limit(_MOST)
    )


def rows(
    wanted: Wanted,
    section: str,
    *,
    viewer: Viewer,
    calendar: str,
    offset: int = 0,
    limit: int = 25,
    order: str = "due",
) -> list[OurAction]:
    """Rows of one section, or of all of them one after the other where `section` is empty."""
    found = []
    for name in [section] if section else SECTIONS:
        values = _values(viewer, wanted, offset=offset, most=limit - len(found))
        found += [_row(row, calendar) for row in read(_rows(wanted.shape, name, order), values)]
    return found


@lru_cache(64)
def _total(shape: Wanted, section: str):
    inner = _from(select(Action.id)).where(_OURS, IS_OPEN, _IN_SECTION[section], *_filters(shape))
    return select(func.count()).select_from(inner.limit(_MOST).subquery())


def total(wanted: Wanted, section: str, *, viewer: Viewer, at_most: int = 2000) -> int:
    """How many rows one section has; counting stops above `at_most`."""
    return read(_total(wanted.shape, section), _values(viewer, wanted, most=at_most + 1)).scalar()


def _select(position):
    return (
        _from(select(literal(position).label("section"), *_COLUMNS))
        .outerjoin(_Asker, _Asker.id == Action.asked_by_id)
        .outerjoin(_Worker, _Worker.id == Action.owner_user_id)
    )


def said(status: ActionStatus) -> str:
    """A status as the agency that is asked reads it."""
    return "To accept" if status is ActionStatus.REQUESTED else status.label


def _row(row, calendar) -> OurAction:
    today = clock.today()
    late = row.status is not ActionStatus.REQUESTED and row.due_on is not None and row.due_on < today
    if row.due_on is None:
        when = ""
    elif row.status is ActionStatus.REQUESTED and row.due_on >= today:
        when = "by when"
    else:
        when = working_days.in_words(row.due_on, today, calendar)
    return OurAction(
        row.id,
        row.version,
        row.case_id,
        row.reference,
        f"{row.given_name} {row.family_name}".strip(),
        row.what,
        row.due_on,
        when,
        late,
        row.status,
        said(row.status),
        STATUS_TAG[row.status],
        row.asked_at and clock.local_day(row.asked_at),
        row.asked_by or "",
        row.worker or "",
        row.owner_user_id is None,
        row.manager or "",
        row.last_note,
        row.last_note_at and clock.local_day(row.last_note_at),
        row.status_reason,
    )


# --- whom the list is about ------------------------------------------------------------------------------------

#: The filter by person is drawn up from this many of the next actions, and left out where there are more people.
LOOKED_THROUGH = 200
PEOPLE_MOST = 60

_NEAREST = (
    select(Action.id)
    .where(Action.owner_agency_id == scopes.VIEWER_AGENCY, IS_OPEN)
    .order_by(Action.due_on)
    .limit(LOOKED_THROUGH + 1)
)
_PEOPLE = (
    _from(select(Case.reference, Person.given_name, Person.family_name, func.count(Action.id)))
    .where(Action.id.in_(_NEAREST), _OURS, Action.status != ActionStatus.PROPOSED)
    .group_by(Case.reference, Person.given_name, Person.family_name)
    .order_by(Person.given_name, Person.family_name)
    .limit(PEOPLE_MOST + 1)
)


def people(*, viewer: Viewer) -> list[tuple[str, str]]:
    """(reference, name) of those whom the agency's open actions are for; none where there are too many to choose
    from in a list: then the filter by words finds them."""
    found = read(_PEOPLE, scopes.binds(viewer))
    if len(found) > PEOPLE_MOST or sum(row[3] for row in found) > LOOKED_THROUGH:
        return []
    return [(row.reference, f"{row.given_name} {row.family_name}".strip()) for row in found]
