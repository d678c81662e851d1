"""The privacy officer’s list of what was opened in an emergency, each with what was read while it lasted, and the counts by
quarter (X-7)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Integer, bindparam, exists, func, select
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.extensions import db, read
from caseapp.models import Agency, AuditEntry, Case, EmergencyAccess, EmergencyReview, User
from caseapp.models.base import UTC, Id
from caseapp.policy import emergency as policy
from caseapp.policy import scopes
from caseapp.policy.emergency import EmergencyReviewFile
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import AuditAct, EmergencyOutcome, EmergencyReason


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One emergency access as the privacy officer reads it: who, when, why, and the reference; nobody's name but staff's."""

    id: int
    version: int
    reference: str
    who: str
    agency: str
    lead_agency: str
    kind: EmergencyReason
    reason: str
    found_by: str
    opened_at: datetime
    until: datetime
    review_due_on: date
    outcome: EmergencyOutcome | None
    reviewed_at: datetime | None
    case_id: int

    @property
    def waits(self) -> bool:
        return self.outcome is None

    @property
    def late(self) -> bool:
        return self.waits and self.review_due_on < clock.today()


_Lead = aliased(Agency, name="emergency_lead_agency")
_LIST = (
    select(
        EmergencyAccess.id,
        EmergencyAccess.version,
        Case.reference,
        User.name,
        Agency.name,
        _Lead.name,
        EmergencyAccess.kind,
        EmergencyAccess.reason,
        EmergencyAccess.found_by,
        EmergencyAccess.opened_at,
        func.coalesce(EmergencyAccess.ended_at, EmergencyAccess.ends_at).label("until"),
        EmergencyAccess.review_due_on,
        EmergencyAccess.outcome,
        EmergencyAccess.reviewed_at,
        EmergencyAccess.case_id,
    )
    .join(Case, Case.id == EmergencyAccess.case_id)
    .join(User, User.id == EmergencyAccess.user_id)
    .join(Agency, Agency.id == EmergencyAccess.agency_id)
    .join(_Lead, _Lead.id == EmergencyAccess.lead_agency_id)
    .where(policy.REVIEWS)
)
_WHICH = {
    "waiting": EmergencyAccess.reviewed_at.is_(None),
    "justified": EmergencyAccess.outcome == EmergencyOutcome.JUSTIFIED,
    "not_justified": EmergencyAccess.outcome == EmergencyOutcome.NOT_JUSTIFIED,
}
WHICH = {
    "waiting": "To review",
    "all": "All",
    "justified": "Justified",
    "not_justified": "Not justified",
}
_PAGES = {
    which: _LIST.where(*([_WHICH[which]] if which in _WHICH else []))
    .order_by(
        *(
            [EmergencyAccess.review_due_on, EmergencyAccess.opened_at]
            if which == "waiting"
            else [EmergencyAccess.opened_at.desc()]
        ),
        EmergencyAccess.id,
    )
    .offset(bindparam("offset", type_=Integer()))
    .limit(bindparam("most", type_=Integer()))
    for which in WHICH
}
_COUNTS = {
    which: select(func.count())
    .select_from(EmergencyAccess)
    .where(policy.REVIEWS, *([_WHICH[which]] if which in _WHICH else []))
    for which in WHICH
}


def to_review(which: str = "waiting", *, viewer: Viewer, offset: int = 0, limit: int = 25) -> list[Reviewed]:
    """What the officer reviews; what waits comes in the order of its day."""
    values = policy.binds(viewer) | {"offset": offset, "most": limit}
    return [Reviewed(*row) for row in read(_PAGES[which], values)]


def how_many(which: str = "waiting", *, viewer: Viewer) -> int:
    return read(_COUNTS[which], policy.binds(viewer)).scalar()


_ONE = _LIST.where(EmergencyAccess.id == bindparam("emergency_id", type_=Id))
_REVIEWS = (
    select(EmergencyReview.at, User.name, EmergencyReview.outcome, EmergencyReview.text)
    .join(User, User.id == EmergencyReview.user_id)
    .join(EmergencyAccess, EmergencyAccess.id == EmergencyReview.access_id)
    .where(EmergencyAccess.id == bindparam("emergency_id", type_=Id), policy.REVIEWS)
    .order_by(EmergencyReview.at.desc(), EmergencyReview.id.desc())
)
_LOOKS = (
    select(AuditEntry.at, AuditEntry.act, AuditEntry.what)
    .where(
        AuditEntry.case_id == bindparam("case_id", type_=Id),
        AuditEntry.user_id == bindparam("user_id", type_=Id),
        AuditEntry.at >= bindparam("from_at", type_=UTC),
        AuditEntry.at <= bindparam("to_at", type_=UTC),
        exists().where(EmergencyAccess.id == bindparam("emergency_id", type_=Id), policy.REVIEWS),
    )
    .order_by(AuditEntry.at)
    .limit(200)
)


@dataclass(frozen=True, slots=True)
class Found:
    """One review of it."""

    at: datetime
    by: str
    outcome: EmergencyOutcome
    text: str


@dataclass(frozen=True, slots=True)
class Look:
    """One entry of the audit record while it was open."""

    at: datetime
    act: AuditAct
    what: str


def review_page(access: EmergencyReviewFile, *, viewer: Viewer) -> tuple[Reviewed, list[Found], list[Look]]:
    """The access, what was found about it, and what was read while it lasted."""
    values = policy.binds(viewer) | {"emergency_id": access.id}
    one = Reviewed(*scopes.still_there(read(_ONE, values).first()))
    looks = read(
        _LOOKS,
        values
        | {
            "case_id": access.case_id,
            "user_id": access.user_id,
            "from_at": one.opened_at,
            "to_at": one.until,
        },
    )
    return one, [Found(*row) for row in read(_REVIEWS, values)], [Look(*row) for row in looks]


@dataclass(frozen=True, slots=True)
class Quarter:
    """How often, in one quarter and by one agency's staff."""

    quarter: str
    agency: str
    opened: int
    justified: int
    not_justified: int
    waiting: int


def by_quarter(*, viewer: Viewer) -> list[Quarter]:
    """Counts by quarter and by the agency whose staff opened, of what the officer reviews; the newest first."""
    rows = db.session.execute(
        select(EmergencyAccess.opened_at, Agency.name, EmergencyAccess.outcome)
        .join(Agency, Agency.id == EmergencyAccess.agency_id)
        .where(policy.REVIEWS)
        .order_by(EmergencyAccess.opened_at.desc())
        .limit(5000),
        policy.binds(viewer),
    )
    found: dict[tuple, list[int]] = {}
    for opened_at, agency, outcome in rows:
        day = clock.local_day(opened_at)
        counted = found.setdefault((f"{day.year}, quarter {(day.month + 2) // 3}", agency), [0, 0, 0, 0])
        counted[0] += 1
        counted[{EmergencyOutcome.JUSTIFIED: 1, EmergencyOutcome.NOT_JUSTIFIED: 2}.get(outcome, 3)] += 1
    return [Quarter(*key, *counted) for key, counted in found.items()]
