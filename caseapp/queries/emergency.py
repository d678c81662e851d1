"""What is read in an emergency: the essentials for somebody's safety, each statement under SEES_IN_EMERGENCY (X-7)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from caseapp import names, protocols
from caseapp.extensions import read
from caseapp.models import (
    Action,
    Agency,
    CarePlan,
    Case,
    CaseAssignment,
    Goal,
    Need,
    Person,
    PersonRelative,
    PersonWarning,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import emergency as policy
from caseapp.policy import scopes
from caseapp.policy.emergency import SEES_IN_EMERGENCY, EmergencyFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import case_manager
from caseapp.vocabulary import (
    OPEN_ACTIONS,
    ActionStatus,
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
    .outerjoin(_ManagedBy, case_manager.of_case(_ManagedBy))
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
