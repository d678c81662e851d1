"""Findings of unusual reading, as a privacy officer reads them."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from caseapp.extensions import db
from caseapp.models import Agency, Case, Person, ReadingFinding, ReadingFindingStep, User
from caseapp.policy import privacy
from caseapp.policy.privacy import FindingFile, RecordFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import audit_search
from caseapp.queries.audit_search import Entry
from caseapp.vocabulary import FindingKind, FindingOutcome, FindingStepKind

COUNTED_MOST = 1000

_F = ReadingFinding


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings: "open", "closed" or "any"; a kind; a member of staff; an agency; an outcome."""

    state: str = "open"
    kind: str = ""
    user_id: int | None = None
    agency_id: int | None = None
    outcome: str = ""
    order: str = "found"
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A finding in a list."""

    id: int
    kind: FindingKind
    who: str
    agency: str
    day: date
    why: str
    found_at: datetime
    count: int
    closed_at: datetime | None
    outcome: FindingOutcome | None


@dataclass(frozen=True, slots=True)
class Step:
    """What was done about a finding; `by` is empty where the rule found it."""

    at: datetime
    by: str
    kind: FindingStepKind
    outcome: FindingOutcome | None
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding on its own page."""

    line: Line
    user_id: int
    from_at: datetime
    to_at: datetime
    detail: dict
    #: Whose record it is about, where it is about one: by reference.
    references: tuple[str, ...]
    steps: list[Step]
    entries: list[Entry]
    #: How many entries it names in all.
    entry_count: int
    #: Earlier findings about the same member of staff.
    earlier: list[Line]


_COLUMNS = (
    _F.id,
    _F.kind,
    User.name,
    Agency.name,
    _F.day,
    _F.why,
    _F.found_at,
    _F.count,
    _F.closed_at,
    _F.outcome,
)
_LINES = select(*_COLUMNS).join(User, User.id == _F.user_id).join(Agency, Agency.id == _F.agency_id)
_ORDERS = {"found": _F.found_at, "who": User.name, "count": _F.count, "day": _F.day}


def rows(wanted: Wanted, *, viewer: Viewer, offset: int = 0, limit: int = 25) -> list[Line]:
    """One page of findings."""
    column = _ORDERS.get(wanted.order, _F.found_at)
    statement = (
        _LINES.where(*_which(wanted))
        .order_by(column.desc() if wanted.descending else column, _F.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [Line(*row) for row in db.session.execute(statement, privacy.binds(viewer))]


def total(wanted: Wanted, *, viewer: Viewer) -> int:
    """How many there are; counting stops at COUNTED_MOST."""
    inner = select(_F.id).where(*_which(wanted)).limit(COUNTED_MOST).subquery()
    return db.session.scalar(select(func.count()).select_from(inner), privacy.binds(viewer))


def _which(wanted):
    yield privacy.SEES_FINDING
    if wanted.state == "open":
        yield _F.closed_at.is_(None)
    elif wanted.state == "closed":
        yield _F.closed_at.is_not(None)
    if wanted.kind:
        yield _F.kind == wanted.kind
    if wanted.user_id is not None:
        yield _F.user_id == wanted.user_id
    if wanted.agency_id is not None:
        yield _F.agency_id == wanted.agency_id
    if wanted.outcome:
        yield _F.outcome == wanted.outcome


def show(finding: FindingFile, *, viewer: Viewer) -> Finding:
    """Everything about one finding: why, what it rests on, what was done about it."""
    binds = privacy.binds(viewer)
    row = db.session.execute(
        _LINES.add_columns(_F.user_id, _F.from_at, _F.to_at, _F.detail, _F.person_id).where(
            _F.id == finding.id, privacy.SEES_FINDING
        ),
        binds,
    ).one()
    line = Line(*row[: len(_COLUMNS)])
    detail = dict(row.detail or {})
    ids = tuple(detail.pop("entries", ()))
    references = ()
    if row.person_id:
        references = tuple(
            db.session.scalars(
                select(Case.reference)
                .where(Case.person_id == row.person_id, privacy.SEES_REFERENCE)
                .order_by(Case.opened_at.desc()),
                binds,
            )
        )
    return Finding(
        line,
        row.user_id,
        row.from_at,
        row.to_at,
        detail,
        references,
        _steps(finding.id),
        audit_search.by_ids(ids[:50], viewer=viewer) if ids else [],
        len(ids),
        rows(Wanted("any", user_id=finding.user_id), viewer=viewer, limit=6),
    )


_By = aliased(User, name="step_by")


def _steps(finding_id):
    found = db.session.execute(
        select(
            ReadingFindingStep.at,
            _By.name,
            ReadingFindingStep.kind,
            ReadingFindingStep.outcome,
            ReadingFindingStep.text,
        )
        .outerjoin(_By, _By.id == ReadingFindingStep.by_id)
        .where(ReadingFindingStep.finding_id == finding_id)
        .order_by(ReadingFindingStep.at.desc(), ReadingFindingStep.id.desc())
    )
    return [Step(row.at, row.name or "", row.kind, row.outcome, row.text) for row in found]


def name_behind(record: RecordFile, *, viewer: Viewer) -> str:
    """The person's name behind a reference: shown alone, once asked for with a reason, and written down (0019)."""
    row = db.session.execute(
        select(Person.given_name, Person.family_name)
        .join(Case, Case.person_id == Person.id)
        .where(Case.id == record.id, privacy.SEES_REFERENCE),
        privacy.binds(viewer),
    ).one()
    return f"{row.given_name} {row.family_name}".strip()
