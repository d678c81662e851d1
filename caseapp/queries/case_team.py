"""Who works on a case, who did, who could; and the cases that wait for somebody (S2-2, S3-23, S4-6, S2-44)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from caseapp.extensions import db
from caseapp.models import Case, CaseAssignment, Event, Person, User
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import PRACTISES, Viewer
from caseapp.queries import case_manager
from caseapp.vocabulary import AssignmentRole, CaseStatus, Role

CASE_ID = bindparam("case_id", type_=Id)
_Giver = aliased(User, name="giver")


@dataclass(frozen=True, slots=True)
class Part:
    """One person's part in the case, from when to when."""

    id: int
    user_id: int
    name: str
    phone: str
    profession: str
    disabled: bool
    role: AssignmentRole
    from_at: datetime
    to_at: datetime | None
    reason: str
    given_by: str
    person_told_on: date | None


_PARTS = (
    select(
        CaseAssignment.id,
        CaseAssignment.user_id,
        User.name,
        User.phone,
        User.profession,
        User.disabled_at.is_not(None),
        CaseAssignment.role,
        CaseAssignment.from_at,
        CaseAssignment.to_at,
        CaseAssignment.reason,
        _Giver.name,
        CaseAssignment.person_told_on,
    )
    .select_from(CaseAssignment)
    .join(User, User.id == CaseAssignment.user_id)
    .join(_Giver, _Giver.id == CaseAssignment.given_by_id)
    .join(Case, Case.id == CaseAssignment.case_id)
    .where(CaseAssignment.case_id == CASE_ID, scopes.SEES_ALL)
    .order_by(CaseAssignment.from_at.desc(), CaseAssignment.id.desc())
)


@dataclass(frozen=True, slots=True)
class Team:
    """Everybody who has or had a part, newest first."""

    parts: tuple[Part, ...]

    @property
    def now(self) -> list[Part]:
        parts = [part for part in self.parts if part.to_at is None]
        return sorted(parts, key=lambda part: part.role != AssignmentRole.CASE_MANAGER)

    @property
    def before(self) -> list[Part]:
        return [part for part in self.parts if part.to_at is not None]

    @property
    def case_manager(self) -> Part | None:
        return next((part for part in self.now if part.role == AssignmentRole.CASE_MANAGER), None)

    @property
    def changes(self) -> int:
        """How often the case manager changed (S4-6): the first one is no change."""
        return max(0, sum(part.role == AssignmentRole.CASE_MANAGER for part in self.parts) - 1)


def team(case: CaseFile, *, viewer: Viewer) -> Team:
    """Who works on the case and who did."""
    rows = db.session.execute(_PARTS, scopes.binds(viewer) | {"case_id": case.id})
    return Team(tuple(Part(*row) for row in rows))


_load = (
    select(func.count())
    .select_from(CaseAssignment)
    .where(
        CaseAssignment.user_id == User.id,
        CaseAssignment.to_at.is_(None),
        CaseAssignment.role == AssignmentRole.CASE_MANAGER,
    )
    .correlate(User)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A worker who could be named, with how many cases they manage now."""

    id: int
    name: str
    cases: int

    @property
    def label(self) -> str:
        return f"{self.name} ({'no case' if not self.cases else '1 case' if self.cases == 1 else f'{self.cases} cases'})"


def candidates(*, viewer: Viewer, managers: bool = False) -> list[Candidate]:
    """Workers (or line managers) of the viewer's own agency whose account is live."""
    wanted = Role.LINE_MANAGER if managers else PRACTISES
    rows = db.session.execute(
        select(User.id, User.name, _load)
        .where(
            User.agency_id == viewer.agency_id,
            User.disabled_at.is_(None),
            User.roles.op("&")(int(wanted)) != 0,
        )
        .order_by(User.name)
    )
    return [Candidate(*row) for row in rows]


ASKED, AGREED, DECLINED = "worker_change_asked", "worker_change_agreed", "worker_change_declined"


@dataclass(frozen=True, slots=True)
class Wish:
    """A request for another worker, or what became of it (S3-29)."""

    kind: str
    at: datetime
    by: str
    words: str

    @property
    def waits(self) -> bool:
        return self.kind == ASKED


_WISHES = (
    select(Event.kind, Event.at, User.name, Event.change)
    .join(Case, Case.id == Event.case_id)
    .join(User, User.id == Event.actor_id)
    .where(
        Event.case_id == CASE_ID,
        Event.kind.in_((ASKED, AGREED, DECLINED)),
        scopes.SEES_ALL,
        scopes.EVENT_OF_THIS_LEAD,
    )
    .order_by(Event.at.desc(), Event.id.desc())
)


def wishes(case: CaseFile, *, viewer: Viewer) -> list[Wish]:
    """Requests for another worker and the answers, newest first; only ever for the lead agency."""
    rows = db.session.execute(_WISHES, scopes.binds(viewer) | {"case_id": case.id})
    return [
        Wish(row.kind, row.at, row.name, next(iter((row.change or {}).values()), ["", ""])[1]) for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case without a case manager."""

    id: int
    reference: str
    name: str
    status: CaseStatus
    opened_at: datetime
    referral_on: date | None
    line_manager: str
    checked: bool


_WAITING = (
    select(
        Case.id,
        Case.reference,
        Person.given_name,
        Person.family_name,
        Case.status,
        Case.opened_at,
        Case.referral_on,
        User.name,
        Case.lead_settled != "",
    )
    .select_from(Case)
    .join(Person, Person.id == Case.person_id)
    .join(User, User.id == Case.line_manager_id)
    .where(
        Case.lead_agency_id == scopes.VIEWER_AGENCY,
        Case.closed_at.is_(None),
        scopes.SEES_ALL,
        or_(
            Case.status.in_((CaseStatus.ENQUIRY, CaseStatus.INITIAL_ASSESSMENT, CaseStatus.ALLOCATION)),
            and_(
                Case.status != CaseStatus.KEY_WORKING,
                ~exists()
                .where(
                    case_manager.of_case(),
                )
                .correlate(Case),
            ),
        ),
    )
    .order_by(Case.opened_at, Case.id)
    .limit(bindparam("most"))
)


def waiting(*, viewer: Viewer, most: int = 200) -> list[Waiting]:
    """Cases of the manager's agency that wait for a case manager, the longest first."""
    rows = db.session.execute(_WAITING, scopes.binds(viewer) | {"most": most})
    return [Waiting(row[0], row[1], f"{row[2]} {row[3]}".strip(), *row[4:8], bool(row[8])) for row in rows]
