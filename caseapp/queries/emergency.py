"""What is read in an emergency: the essentials for somebody's safety, each statement under SEES_IN_EMERGENCY. And the
lists around it: who may use it, what one opened oneself, what there is to review (X-7)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Integer, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock, names, protocols
from caseapp.extensions import db, read
from caseapp.models import (
    Action,
    Agency,
    AuditEntry,
    CarePlan,
    Case,
    CaseAssignment,
    EmergencyAccess,
    EmergencyReview,
    EmergencyRight,
    Goal,
    Need,
    Person,
    PersonRelative,
    PersonWarning,
    User,
)
from caseapp.models.base import UTC, Id
from caseapp.policy import emergency as policy
from caseapp.policy import scopes
from caseapp.policy.emergency import SEES_IN_EMERGENCY, EmergencyFile, EmergencyReviewFile
from caseapp.policy.viewer import PRACTISES, Viewer
from caseapp.vocabulary import (
    OPEN_ACTIONS,
    ActionStatus,
    AssignmentRole,
    AuditAct,
    EmergencyOutcome,
    EmergencyReason,
    GoalStatus,
    NeedLevel,
    RelativeRole,
    WarningKind,
)

_THIS = (Case.id == bindparam("case_id", type_=Id), SEES_IN_EMERGENCY)
_Manager = aliased(User, name="emergency_manager")
_ManagedBy = aliased(CaseAssignment, name="emergency_managed_by")
_LineManager = aliased(User, name="emergency_line_manager")


@dataclass(frozen=True, slots=True)
class Head:
    """Who it is, how to reach them safely, and whom to ring."""

    reference: str
    given_name: str
    family_name: str
    known_as: str
    born_on: date | None
    born_approximate: bool
    phone: str
    address: str
    safe_contact: str
    language: str
    interpreter: bool
    access_needs: str
    contingency: str
    agency: str
    agency_phone: str
    case_manager: str | None
    case_manager_phone: str | None
    line_manager: str
    line_manager_phone: str

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def first_name(self) -> str:
        return names.first_name(self.known_as, self.given_name, self.family_name)


@dataclass(frozen=True, slots=True)
class Warned:
    kind: WarningKind
    text: str
    review_on: date | None


@dataclass(frozen=True, slots=True)
class Near:
    """Somebody around the person who takes part in the work, with what they may be told."""

    name: str
    role: RelativeRole
    phone: str
    may_be_told: str


@dataclass(frozen=True, slots=True)
class NeedLine:
    domain: str
    level: NeedLevel
    situation: str


@dataclass(frozen=True, slots=True)
class ActionLine:
    goal_id: int
    what: str
    agency: str
    phone: str
    status: ActionStatus
    due_on: date | None


@dataclass(frozen=True, slots=True)
class GoalLine:
    id: int
    words: str
    actions: tuple[ActionLine, ...]


@dataclass(frozen=True, slots=True)
class Essentials:
    """All that the page for an emergency shows."""

    head: Head
    warnings: tuple[Warned, ...]
    near: tuple[Near, ...]
    needs: tuple[NeedLine, ...]
    goals: tuple[GoalLine, ...]


_HEAD = (
    select(
        Case.reference,
        Person.given_name,
        Person.family_name,
        Person.known_as,
        Person.born_on,
        Person.born_approximate,
        Person.phone,
        Person.address,
        Person.safe_contact,
        Person.language,
        Person.interpreter,
        Person.access_needs,
        func.coalesce(CarePlan.contingency, "").label("contingency"),
        Agency.name.label("agency"),
        Agency.phone.label("agency_phone"),
        _Manager.name.label("case_manager"),
        _Manager.phone.label("case_manager_phone"),
        _LineManager.name.label("line_manager"),
        _LineManager.phone.label("line_manager_phone"),
    )
    .select_from(Case)
    .join(Person, Person.id == Case.person_id)
    .join(Agency, Agency.id == Case.lead_agency_id)
    .join(_LineManager, _LineManager.id == Case.line_manager_id)
    .outerjoin(CarePlan, CarePlan.case_id == Case.id)
    .outerjoin(
        _ManagedBy,
        (_ManagedBy.case_id == Case.id)
        & (_ManagedBy.role == AssignmentRole.CASE_MANAGER)
        & _ManagedBy.to_at.is_(None),
    )
    .outerjoin(_Manager, _Manager.id == _ManagedBy.user_id)
    .where(*_THIS)
)
_WARNINGS = (
    select(PersonWarning.kind, PersonWarning.text, PersonWarning.review_on)
    .join(Case, Case.person_id == PersonWarning.person_id)
    .where(PersonWarning.ended_at.is_(None), *_THIS)
    .order_by(PersonWarning.id)
)
_NEAR = (
    select(PersonRelative.name, PersonRelative.role, PersonRelative.phone, PersonRelative.may_be_told)
    .join(Case, Case.person_id == PersonRelative.person_id)
    .where(PersonRelative.ended_at.is_(None), PersonRelative.engaged, *_THIS)
    .order_by(PersonRelative.id)
)
_NEEDS = (
    select(Need.domain, Need.level, Need.situation)
    .join(Case, Case.id == Need.case_id)
    .where(Need.level != NeedLevel.NONE, *_THIS)
    .order_by(Need.priority.is_(None), Need.priority, Need.id)
)
_GOALS = (
    select(Goal.id, Goal.words, Goal.title)
    .join(Case, Case.id == Goal.case_id)
    .where(Goal.status.in_((GoalStatus.ACTIVE, GoalStatus.ON_HOLD)), *_THIS)
    .order_by(Goal.priority.is_(None), Goal.priority, Goal.number)
)
_ACTIONS = (
    select(
        Action.goal_id,
        Action.what,
        func.coalesce(Agency.name, "").label("agency"),
        func.coalesce(Agency.phone, "").label("phone"),
        Action.status,
        Action.due_on,
    )
    .join(Case, Case.id == Action.case_id)
    .outerjoin(Agency, Agency.id == Action.owner_agency_id)
    .where(Action.status.in_(OPEN_ACTIONS), Action.status != ActionStatus.PROPOSED, *_THIS)
    .order_by(Action.due_on.is_(None), Action.due_on, Action.id)
)


def essentials(access: EmergencyFile, *, viewer: Viewer, now: datetime) -> Essentials:
    """What somebody must know to help: never notes, what is kept apart, or anything else of the record. Raises NotVisible
    where the access ended between two statements."""
    values = policy.binds(viewer, now) | {"case_id": access.case_id}
    head = Head(*scopes.still_there(read(_HEAD, values).first()))
    try:
        label = protocols.get(access.protocol_key, access.protocol_version).domain_label
    except LookupError:
        label = str
    actions: dict[int, list[ActionLine]] = {}
    for row in read(_ACTIONS, values):
        actions.setdefault(row[0], []).append(ActionLine(*row))
    return Essentials(
        head,
        tuple(Warned(*row) for row in read(_WARNINGS, values)),
        tuple(Near(*row) for row in read(_NEAR, values)),
        tuple(NeedLine(label(row[0]), *row[1:]) for row in read(_NEEDS, values)),
        tuple(
            GoalLine(row[0], row[1] or row[2], tuple(actions.get(row[0], ()))) for row in read(_GOALS, values)
        ),
    )


# --- the own openings, and who may ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """One of the viewer's own openings: never whom it was about, once it is over."""

    id: int
    kind: EmergencyReason
    opened_at: datetime
    until: datetime
    lasts: bool
    outcome: EmergencyOutcome | None


_MAY = select(policy.HAS_RIGHT)
_OWN = (
    select(
        EmergencyAccess.id,
        EmergencyAccess.kind,
        EmergencyAccess.opened_at,
        func.coalesce(EmergencyAccess.ended_at, EmergencyAccess.ends_at).label("until"),
        EmergencyAccess.outcome,
    )
    .where(EmergencyAccess.user_id == scopes.VIEWER_USER)
    .order_by(EmergencyAccess.opened_at.desc())
    .limit(20)
)


def may_use(*, viewer: Viewer) -> bool:
    """Whether the viewer is on their agency's list."""
    return bool(read(_MAY, scopes.binds(viewer)).scalar())


def own(*, viewer: Viewer, now: datetime) -> list[Opened]:
    """The viewer's last openings, the newest first."""
    return [
        Opened(row.id, row.kind, row.opened_at, row.until, row.until > now, row.outcome)
        for row in read(_OWN, {"viewer_user": viewer.user_id})
    ]


@dataclass(frozen=True, slots=True)
class Holder:
    """A member of staff and whether they may use emergency access, since when and why."""

    user_id: int
    name: str
    profession: str
    given_at: datetime | None
    given_by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Past:
    """A right that was taken back."""

    name: str
    given_at: datetime
    ended_at: datetime
    reason: str


_Giver = aliased(User, name="right_giver")
_HOLDERS = (
    select(User.id, User.name, User.profession, EmergencyRight.given_at, _Giver.name, EmergencyRight.reason)
    .outerjoin(EmergencyRight, (EmergencyRight.user_id == User.id) & EmergencyRight.ended_at.is_(None))
    .outerjoin(_Giver, _Giver.id == EmergencyRight.given_by_id)
    .where(
        User.agency_id == scopes.VIEWER_AGENCY,
        User.disabled_at.is_(None),
        or_(EmergencyRight.id.is_not(None), User.roles.op("&")(int(PRACTISES)) != 0),
    )
    .order_by(EmergencyRight.id.is_(None), User.name)
    .limit(1000)
)
_PAST = (
    select(User.name, EmergencyRight.given_at, EmergencyRight.ended_at, EmergencyRight.reason)
    .join(User, User.id == EmergencyRight.user_id)
    .where(User.agency_id == scopes.VIEWER_AGENCY, EmergencyRight.ended_at.is_not(None))
    .order_by(EmergencyRight.ended_at.desc())
    .limit(100)
)


def holders(*, viewer: Viewer) -> list[Holder]:
    """The own agency's staff who work with people: those who may first."""
    return [Holder(*row) for row in read(_HOLDERS, {"viewer_agency": viewer.agency_id})]


def past_holders(*, viewer: Viewer) -> list[Past]:
    """Those who might, once."""
    return [Past(*row) for row in read(_PAST, {"viewer_agency": viewer.agency_id})]


# --- the privacy officer's list ---------------------------------------------------------------------------------------


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
