"""Reads for caseload sheets: the sheets themselves, and what stands already that a sheet could repeat."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import and_, bindparam, or_, select

from caseapp.extensions import db
from caseapp.models import (
    Action,
    Agency,
    Case,
    ConsentExclusion,
    ConsentGrant,
    ConsentWithheld,
    Goal,
    ImportBatch,
    Person,
    PersonIdentifier,
    User,
)
from caseapp.models.base import Id
from caseapp.pieces import pieces
from caseapp.policy import scopes
from caseapp.policy.viewer import PRACTISES, Viewer
from caseapp.sheets import fold_name
from caseapp.vocabulary import GoalStatus


@dataclass(frozen=True, slots=True)
class Batch:
    """A sheet that was uploaded. `content` is gone once it was confirmed, dropped or left lying for a week."""

    id: int
    file_name: str
    uploaded_at: datetime
    uploaded_by: str
    confirmed_at: datetime | None
    confirmed_by: str
    dropped_at: datetime | None
    outcome: dict | None
    has_content: bool

    @property
    def open(self) -> bool:
        return self.has_content and self.confirmed_at is None and self.dropped_at is None


_BATCHES = (
    select(
        ImportBatch.id,
        ImportBatch.file_name,
        ImportBatch.uploaded_at,
        User.name,
        ImportBatch.confirmed_at,
        ImportBatch.outcome,
        ImportBatch.dropped_at,
        ImportBatch.content.is_not(None),
    )
    .join(User, User.id == ImportBatch.uploaded_by_id)
    .where(
        ImportBatch.agency_id == scopes.VIEWER_AGENCY,
        scopes.VIEWER_MANAGES,
        # a colleague's sheet may name somebody of whom this manager may not know
        or_(ImportBatch.uploaded_by_id == scopes.VIEWER_USER, scopes.DENIED_NOBODY),
    )
    .order_by(ImportBatch.uploaded_at.desc(), ImportBatch.id.desc())
)
_LATEST = _BATCHES.limit(50)
_BATCH = _BATCHES.where(ImportBatch.id == bindparam("batch_id", type_=Id))


def batches(*, viewer: Viewer) -> list[Batch]:
    """The agency's sheets, latest first; only its line managers see them."""
    return [_batch(row) for row in db.session.execute(_LATEST, scopes.binds(viewer))]


def batch(batch_id: int, *, viewer: Viewer) -> Batch | None:
    """One sheet, or None where there is none for this viewer."""
    row = db.session.execute(_BATCH, scopes.binds(viewer) | {"batch_id": batch_id}).first()
    return row and _batch(row)


def _batch(row):
    outcome = row[5] or None
    return Batch(
        row[0], row[1], row[2], row[3], row[4], (outcome or {}).get("by", ""), row[6], outcome, bool(row[7])
    )


def agencies() -> list[tuple[int, str]]:
    """Every agency that a row may name, by name."""
    rows = db.session.execute(select(Agency.id, Agency.name).where(Agency.active).order_by(Agency.name))
    return [tuple(row) for row in rows]


def workers(*, viewer: Viewer) -> list[tuple[int, str]]:
    """Those of the viewer's own agency who may take a case, by name."""
    rows = db.session.execute(
        select(User.id, User.name)
        .where(
            User.agency_id == viewer.agency_id,
            User.disabled_at.is_(None),
            User.roles.op("&")(int(PRACTISES)) != 0,
        )
        .order_by(User.name)
    )
    return [tuple(row) for row in rows]


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person whose page the viewer may read; `case_id` is their open case with the viewer's agency, if any."""

    id: int
    case_id: int | None
    reference: str
    protocol_key: str
    protocol_version: int
    had_case: bool


@dataclass(slots=True)
class Standing:
    """What stands already. Names and texts are folded; an action's owner is an agency's id or, where nobody was found,
    the folded name it was written under."""

    people: dict[tuple[str, date], list[KnownPerson]] = field(default_factory=lambda: defaultdict(list))
    goals: dict[int, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    domains: dict[int, str] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    actions: set[tuple[int, str, int | str]] = field(default_factory=set)
    excluded: set[tuple[int, int]] = field(default_factory=set)
    withheld: set[tuple[int, int, str]] = field(default_factory=set)
    numbers: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))


_PEOPLE = (
    select(
        Person.id,
        Person.given_name,
        Person.family_name,
        Person.born_on,
        Case.id.label("case_id"),
        Case.reference,
        Case.protocol_key,
        Case.protocol_version,
        Case.closed_at,
    )
    .outerjoin(Case, and_(Case.person_id == Person.id, Case.lead_agency_id == scopes.VIEWER_AGENCY))
    .where(Person.born_on.in_(bindparam("born", expanding=True)), scopes.SEES_PERSON_PAGE)
    .order_by(Person.id, Case.closed_at.is_not(None), Case.id)
)
_OF_CASES = bindparam("cases", expanding=True)
_GOALS = (
    select(Goal.id, Goal.case_id, Goal.title, Goal.words, Goal.domain, Goal.status)
    .join(Case, Case.id == Goal.case_id)
    .where(Goal.case_id.in_(_OF_CASES), scopes.SEES_ALL)
)
_ACTIONS = (
    select(Action.goal_id, Action.what, Action.owner_agency_id, Action.owner_name)
    .join(Case, Case.id == Action.case_id)
    .where(Action.case_id.in_(_OF_CASES), scopes.SEES_ALL)
)
_EXCLUDED = (
    select(ConsentExclusion.case_id, ConsentExclusion.agency_id)
    .join(Case, Case.id == ConsentExclusion.case_id)
    .where(ConsentExclusion.case_id.in_(_OF_CASES), ConsentExclusion.lifted_at.is_(None), scopes.SEES_ALL)
)
_WITHHELD = (
    select(ConsentGrant.case_id, ConsentGrant.agency_id, ConsentWithheld.domain)
    .join(ConsentGrant, ConsentGrant.id == ConsentWithheld.grant_id)
    .join(Case, Case.id == ConsentGrant.case_id)
    .where(ConsentGrant.case_id.in_(_OF_CASES), scopes.in_force(), scopes.SEES_ALL)
)
_NUMBERS = (
    select(PersonIdentifier.person_id, PersonIdentifier.value)
    .join(Person, Person.id == PersonIdentifier.person_id)
    .where(PersonIdentifier.person_id.in_(bindparam("people", expanding=True)), scopes.SEES_PERSON_PAGE)
)


def standing(names_and_births: Iterable[tuple[str, date]], *, viewer: Viewer) -> Standing:
    """What the viewer's agency holds already of people with these names (any writing) and dates of birth. People whom
    the viewer may not know of, or knows only in part, make no difference."""
    stands, binds = Standing(), scopes.binds(viewer)
    wanted = {(fold_name(name), born) for name, born in names_and_births}
    found: dict[int, KnownPerson] = {}
    for born in pieces(sorted({born for _, born in wanted})):
        for row in db.session.execute(_PEOPLE, binds | {"born": born}):
            key = (fold_name(f"{row.given_name} {row.family_name}"), row.born_on)
            if key not in wanted or row.id in found:
                continue
            is_open = row.case_id is not None and row.closed_at is None
            found[row.id] = KnownPerson(
                row.id,
                row.case_id if is_open else None,
                row.reference or "",
                row.protocol_key or "",
                row.protocol_version or 0,
                row.case_id is not None,
            )
            stands.people[key].append(found[row.id])
    for people in pieces(sorted(found)):
        for person_id, value in db.session.execute(_NUMBERS, binds | {"people": people}):
            stands.numbers[person_id].add(value)
    for cases in pieces(sorted({known.case_id for known in found.values() if known.case_id})):
        _of_cases(stands, binds | {"cases": cases})
    return stands


def _of_cases(stands, binds):
    for row in db.session.execute(_GOALS, binds):
        for text in (row.words, row.title):
            if text:
                stands.goals[row.case_id].setdefault(fold_name(text), row.id)
        stands.domains[row.id] = row.domain
        if row.status in (GoalStatus.COMPLETED, GoalStatus.CANCELLED):
            stands.ended.add(row.id)
    for goal_id, what, agency_id, name in db.session.execute(_ACTIONS, binds):
        stands.actions.add((goal_id, fold_name(what), agency_id or fold_name(name)))
    stands.excluded |= {tuple(row) for row in db.session.execute(_EXCLUDED, binds)}
    stands.withheld |= {tuple(row) for row in db.session.execute(_WITHHELD, binds)}
