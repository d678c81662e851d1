"""What the editing pages of the plan show and choose from. Only for those who see the whole case; `own_part` alone is
also for a partner."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import bindparam, exists, func, or_, select

from caseapp import protocols
from caseapp.extensions import db
from caseapp.models import (
    Action,
    Agency,
    CarePlan,
    Case,
    CaseAgency,
    ConsentExclusion,
    ConsentGrant,
    ConsentWithheld,
    Goal,
    GoalStep,
    Need,
    Person,
    PersonRelative,
    PlanAgreement,
    PlanReview,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import PRACTISES, Viewer
from caseapp.vocabulary import (
    ActionKind,
    ActionStatus,
    Advocacy,
    GoalStatus,
    NeedLevel,
    PlanStatus,
)

CASE_ID = bindparam("case_id", type_=Id)
MINE = (Case.id == CASE_ID, scopes.SEES_ALL)


def _bound(case, viewer, **more):
    return {"case_id": case.id} | scopes.binds(viewer) | more


# --- the person and the head -------------------------------------------------------------------------------------

_NAME = (
    select(Person.known_as, Person.given_name, Person.family_name, Person.address)
    .join(Case, Case.person_id == Person.id)
    .where(Case.id == CASE_ID, scopes.SEES_CASE)
)


def first_name(case: CaseFile, *, viewer: Viewer) -> str:
    """How the person is called in a sentence."""
    row = db.session.execute(_NAME, _bound(case, viewer)).first()
    return (row.known_as or row.given_name or row.family_name) if row else ""


@dataclass(frozen=True, slots=True)
class HeadText:
    """The head of the plan as it is edited; a case without a plan yet has an empty one."""

    version: int = 0
    status: PlanStatus = PlanStatus.DRAFT
    strengths: str = ""
    strengths_around: str = ""
    contingency: str = ""
    no_contingency_reason: str = ""
    budget_minor: int | None = None
    budget_source: str = ""
    agreed_version: int = 0
    agreed_at: datetime | None = None
    next_review_on: date | None = None


_HEAD = (
    select(*(getattr(CarePlan, name) for name in HeadText.__slots__))
    .join(Case, Case.id == CarePlan.case_id)
    .where(*MINE)
)


def head(case: CaseFile, *, viewer: Viewer) -> HeadText:
    row = db.session.execute(_HEAD, _bound(case, viewer)).first()
    return HeadText(*row) if row else HeadText()


# --- needs -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NeedRow:
    """One part of life. `level` is None where nothing is written yet; `unserved` means a need with which the person
    wants help and for which no service does anything (S3-15)."""

    domain: str
    label: str
    level: NeedLevel | None = None
    priority: int | None = None
    situation: str = ""
    functioning: str = ""
    words: str = ""
    wants_help: bool = True
    changed_at: datetime | None = None
    changed_by: str = ""
    version: int = 0
    served: bool = False
    goals: int = 0

    @property
    def unserved(self) -> bool:
        return self.level not in (None, NeedLevel.NONE) and self.wants_help and not self.served


_SERVED = (
    exists()
    .where(
        Goal.case_id == Need.case_id,
        Goal.domain == Need.domain,
        Goal.status != GoalStatus.CANCELLED,
        Action.goal_id == Goal.id,
        or_(Action.owner_agency_id.is_not(None), Action.by_person),
        Action.status.not_in((ActionStatus.DECLINED, ActionStatus.CANCELLED, ActionStatus.NOT_COMPLETED)),
    )
    .correlate(Need)
)
_GOALS = (
    select(func.count(Goal.id))
    .where(Goal.case_id == Need.case_id, Goal.domain == Need.domain, Goal.status != GoalStatus.CANCELLED)
    .correlate(Need)
    .scalar_subquery()
)
_NEEDS = (
    select(
        Need.domain,
        Need.level,
        Need.priority,
        Need.situation,
        Need.functioning,
        Need.words,
        Need.wants_help,
        Need.changed_at,
        User.name,
        Need.version,
        _SERVED,
        _GOALS,
    )
    .join(Case, Case.id == Need.case_id)
    .join(User, User.id == Need.changed_by_id)
    .where(*MINE)
)


def needs(case: CaseFile, *, viewer: Viewer) -> list[NeedRow]:
    """Every part of life of the case's protocol, those written down first in the person's order; a domain that this
    version of the protocol does not know is not lost."""
    protocol = protocols.get(case.protocol_key, case.protocol_version)
    written = {
        row[0]: NeedRow(row[0], protocol.domain_label(row[0]), *row[1:])
        for row in db.session.execute(_NEEDS, _bound(case, viewer))
    }
    rows = [written.pop(item.key, NeedRow(item.key, item.label)) for item in protocol.domains]
    rows += written.values()
    order = {NeedLevel.HIGH: 0, NeedLevel.MEDIUM: 1, NeedLevel.LOW: 2, NeedLevel.NONE: 4, None: 3}
    return sorted(rows, key=lambda n: (n.priority is None, n.priority or 0, order[n.level]))


def need(case: CaseFile, domain: str, *, viewer: Viewer) -> NeedRow | None:
    return next((row for row in needs(case, viewer=viewer) if row.domain == domain), None)


# --- goals -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    id: int
    text: str
    done_on: date | None


@dataclass(frozen=True, slots=True)
class GoalText:
    """A goal as it is edited."""

    id: int
    number: int
    domain: str
    label: str
    words: str
    title: str
    measure: str
    smart_specific: bool
    smart_measurable: bool
    smart_achievable: bool
    smart_relevant: bool
    smart_timed: bool
    priority: int | None
    target_on: date | None
    made_with_person: bool
    made_without_reason: str
    status: GoalStatus
    achievement: object
    ended_reason: str
    version: int
    open_actions: int
    steps: list[Step] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"“{self.words}”" if self.words else self.title or f"Goal {self.number}"

    @property
    def ended(self) -> bool:
        return self.status in (GoalStatus.COMPLETED, GoalStatus.CANCELLED)


_OPEN_ACTIONS = (
    select(func.count(Action.id))
    .where(
        Action.goal_id == Goal.id,
        Action.status.in_(
            (
                ActionStatus.PROPOSED,
                ActionStatus.REQUESTED,
                ActionStatus.ACCEPTED,
                ActionStatus.IN_PROGRESS,
                ActionStatus.BLOCKED,
            )
        ),
    )
    .correlate(Goal)
    .scalar_subquery()
)
_GOAL_ROWS = (
    select(
        Goal.id,
        Goal.number,
        Goal.domain,
        Goal.words,
        Goal.title,
        Goal.measure,
        Goal.smart_specific,
        Goal.smart_measurable,
        Goal.smart_achievable,
        Goal.smart_relevant,
        Goal.smart_timed,
        Goal.priority,
        Goal.target_on,
        Goal.made_with_person,
        Goal.made_without_reason,
        Goal.status,
        Goal.achievement,
        Goal.ended_reason,
        Goal.version,
        _OPEN_ACTIONS,
    )
    .join(Case, Case.id == Goal.case_id)
    .where(*MINE)
    .order_by(Goal.priority.is_(None), Goal.priority, Goal.number)
)
_STEPS = (
    select(GoalStep.goal_id, GoalStep.id, GoalStep.text, GoalStep.done_on)
    .join(Goal, Goal.id == GoalStep.goal_id)
    .join(Case, Case.id == Goal.case_id)
    .where(*MINE)
    .order_by(GoalStep.position, GoalStep.id)
)


def goals(case: CaseFile, *, viewer: Viewer) -> list[GoalText]:
    """Every goal of the plan with its steps, in the person's order."""
    protocol = protocols.get(case.protocol_key, case.protocol_version)
    bound = _bound(case, viewer)
    steps = defaultdict(list)
    for row in db.session.execute(_STEPS, bound):
        steps[row.goal_id].append(Step(*row[1:]))
    return [
        GoalText(*row[:3], protocol.domain_label(row.domain), *row[3:], steps=steps[row.id])
        for row in db.session.execute(_GOAL_ROWS, bound)
    ]


def goal(case: CaseFile, goal_id: int, *, viewer: Viewer) -> GoalText | None:
    return next((row for row in goals(case, viewer=viewer) if row.id == goal_id), None)


# --- actions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActionText:
    """An action as the case manager edits it. `waits` says why it is only proposed; "" otherwise."""

    id: int
    goal_id: int
    goal_number: int
    domain: str
    what: str
    kind: ActionKind
    owner_agency_id: int | None
    agency: str | None
    owner_user_id: int | None
    worker: str | None
    owner_name: str
    by_person: bool
    start_on: date | None
    due_on: date | None
    review_on: date | None
    advocacy: Advocacy
    advocacy_until: date | None
    status: ActionStatus
    status_reason: str
    asked_at: datetime | None
    clinic_talk_on: date | None
    clinic_talk_with: str
    clinic_talk_note: str
    version: int


_ACTION = (
    select(
        Action.id,
        Action.goal_id,
        Goal.number,
        Goal.domain,
        Action.what,
        Action.kind,
        Action.owner_agency_id,
        Agency.name.label("agency"),
        Action.owner_user_id,
        User.name.label("worker"),
        Action.owner_name,
        Action.by_person,
        Action.start_on,
        Action.due_on,
        Action.review_on,
        Action.advocacy,
        Action.advocacy_until,
        Action.status,
        Action.status_reason,
        Action.asked_at,
        Action.clinic_talk_on,
        Action.clinic_talk_with,
        Action.clinic_talk_note,
        Action.version,
    )
    .join(Goal, Goal.id == Action.goal_id)
    .join(Case, Case.id == Action.case_id)
    .outerjoin(Agency, Agency.id == Action.owner_agency_id)
    .outerjoin(User, User.id == Action.owner_user_id)
    .where(*MINE)
)
_ONE_ACTION = _ACTION.where(Action.id == bindparam("action_id", type_=Id))


def action(case: CaseFile, action_id: int, *, viewer: Viewer) -> ActionText | None:
    row = db.session.execute(_ONE_ACTION, _bound(case, viewer, action_id=action_id)).first()
    return row and ActionText(*row)


@dataclass(frozen=True, slots=True)
class AgencyChoice:
    """An agency that could do something: the lead, or one known on the case and not excluded. `withheld` are the domains
    that the person keeps from it."""

    id: int
    name: str
    lead: bool
    consent: bool
    withheld: frozenset[str]


_AGENCIES = (
    select(
        Agency.id,
        Agency.name,
        (Agency.id == Case.lead_agency_id).label("lead"),
        exists()
        .where(
            ConsentGrant.case_id == Case.id,
            ConsentGrant.agency_id == Agency.id,
            scopes.in_force(ConsentGrant),
        )
        .correlate(Agency, Case)
        .label("consent"),
    )
    .select_from(Case)
    .join(
        Agency,
        or_(
            Agency.id == Case.lead_agency_id,
            exists()
            .where(
                CaseAgency.case_id == Case.id,
                CaseAgency.agency_id == Agency.id,
                CaseAgency.ended_at.is_(None),
            )
            .correlate(Agency, Case),
            exists()
            .where(
                ConsentGrant.case_id == Case.id,
                ConsentGrant.agency_id == Agency.id,
                scopes.in_force(ConsentGrant),
            )
            .correlate(Agency, Case),
        ),
    )
    .where(
        *MINE,
        Agency.active,
        ~exists()
        .where(
            ConsentExclusion.case_id == Case.id,
            ConsentExclusion.agency_id == Agency.id,
            ConsentExclusion.lifted_at.is_(None),
        )
        .correlate(Agency, Case),
    )
    .order_by((Agency.id != Case.lead_agency_id), Agency.name)
)


def agencies(case: CaseFile, *, viewer: Viewer) -> list[AgencyChoice]:
    """The agencies of the case from which the owner of an action is chosen, the lead agency first."""
    bound = _bound(case, viewer)
    withheld = defaultdict(set)
    for agency_id, domain in db.session.execute(
        select(ConsentGrant.agency_id, ConsentWithheld.domain)
        .join(ConsentWithheld, ConsentWithheld.grant_id == ConsentGrant.id)
        .join(Case, Case.id == ConsentGrant.case_id)
        .where(*MINE, scopes.in_force(ConsentGrant)),
        bound,
    ):
        withheld[agency_id].add(domain)
    return [
        AgencyChoice(row.id, row.name, bool(row.lead), bool(row.consent), frozenset(withheld[row.id]))
        for row in db.session.execute(_AGENCIES, bound)
    ]


def workers(agency_ids: list[int]) -> list:
    """Who works with people in these agencies: rows of id, name, agency_id."""
    return db.session.execute(
        select(User.id, User.name, User.agency_id)
        .where(
            User.agency_id.in_(agency_ids),
            User.disabled_at.is_(None),
            User.roles.op("&")(int(PRACTISES)) != 0,
        )
        .order_by(User.name, User.id)
    ).all()


# --- agreement and reviews ---------------------------------------------------------------------------------------

_OWN = (
    select(
        Action.id,
        Action.what,
        Action.due_on,
        Action.status,
        User.name.label("worker"),
        Action.owner_name,
        Goal.number,
        Goal.words,
        Goal.title,
    )
    .join(Goal, Goal.id == Action.goal_id)
    .join(Case, Case.id == Action.case_id)
    .outerjoin(User, User.id == Action.owner_user_id)
    .where(
        Action.case_id == CASE_ID,
        scopes.SEES_ACTION,
        Action.owner_agency_id == scopes.VIEWER_AGENCY,
        Action.status.not_in((ActionStatus.CANCELLED, ActionStatus.PROPOSED)),
    )
    .order_by(Goal.number, Action.due_on, Action.id)
)
_OWN_ANSWERS = (
    select(
        PlanAgreement.number,
        PlanAgreement.agreed,
        PlanAgreement.agreed_on,
        PlanAgreement.who,
        PlanAgreement.note,
        PlanAgreement.recorded_at,
    )
    .join(Case, Case.id == PlanAgreement.case_id)
    .where(
        PlanAgreement.case_id == CASE_ID,
        scopes.SEES_CASE,
        PlanAgreement.agency_id == scopes.VIEWER_AGENCY,
    )
    .order_by(PlanAgreement.recorded_at.desc(), PlanAgreement.id.desc())
)
_NUMBER = (
    select(CarePlan.agreed_version)
    .join(Case, Case.id == CarePlan.case_id)
    .where(Case.id == CASE_ID, scopes.SEES_CASE)
)


@dataclass(frozen=True, slots=True)
class OwnPart:
    """What an agency agrees to: its own actions in the version that stands, and what it has answered so far."""

    number: int
    actions: list
    answers: list

    @property
    def answered(self):
        """The answer to the version that stands, or None."""
        return next((row for row in self.answers if row.number == self.number), None)


def own_part(case: CaseFile, *, viewer: Viewer) -> OwnPart:
    """The viewer's own agency's part."""
    bound = _bound(case, viewer)
    return OwnPart(
        db.session.scalar(_NUMBER, bound) or 0,
        db.session.execute(_OWN, bound).all(),
        db.session.execute(_OWN_ANSWERS, bound).all(),
    )


_PARTNERS = (
    select(Agency.id, Agency.name, func.count(Action.id).label("actions"))
    .join(Action, Action.owner_agency_id == Agency.id)
    .join(Case, Case.id == Action.case_id)
    .where(
        *MINE,
        Agency.id != Case.lead_agency_id,
        Action.status.not_in((ActionStatus.PROPOSED, ActionStatus.CANCELLED)),
    )
    .group_by(Agency.id, Agency.name)
    .order_by(Agency.name)
)


def partners(case: CaseFile, *, viewer: Viewer) -> list:
    """Agencies with a part in the plan: rows of id, name and how many actions."""
    return db.session.execute(_PARTNERS, _bound(case, viewer)).all()


_REVIEWS = (
    select(
        PlanReview.id,
        PlanReview.due_on,
        PlanReview.held_on,
        PlanReview.with_person,
        PlanReview.without_reason,
        PlanReview.works,
        PlanReview.changed,
        PlanReview.persons_view,
        PlanReview.place,
        PlanReview.carers,
        PlanReview.next_on,
        PlanReview.next_reason,
        PlanReview.recorded_at,
        User.name.label("recorded_by"),
    )
    .join(Case, Case.id == PlanReview.case_id)
    .join(User, User.id == PlanReview.recorded_by_id)
    .where(*MINE)
    .order_by(PlanReview.held_on.desc(), PlanReview.id.desc())
)


def reviews(case: CaseFile, *, viewer: Viewer) -> list:
    """Every review held, newest first."""
    return db.session.execute(_REVIEWS, _bound(case, viewer)).all()


_RELATIVES = (
    select(PersonRelative.id, PersonRelative.name, PersonRelative.role, PersonRelative.checked_on)
    .join(Case, Case.person_id == PersonRelative.person_id)
    .where(*MINE)
    .order_by(PersonRelative.name)
)


def carers(case: CaseFile, *, viewer: Viewer) -> list:
    """Carers and family of the person: rows of id, name, role and the day they were last asked."""
    return db.session.execute(_RELATIVES, _bound(case, viewer)).all()
