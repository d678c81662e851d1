"""Where a case stands in the flow of its procedure, what it waits for next, and which days are due (S2-1, S2-50)."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock, working_days
from caseapp.extensions import db
from caseapp.models import (
    Action,
    CarePlan,
    Case,
    CaseAssignment,
    CaseNote,
    ConsentGrant,
    Goal,
    Need,
    PlanReview,
)
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.protocols import Fact
from caseapp.vocabulary import (
    ActionStatus,
    AssignmentRole,
    ConsentKind,
    ConsentStatus,
    NoteKind,
)

CASE_ID = bindparam("case_id", type_=Id)
_Manager = aliased(CaseAssignment, name="fact_manager")


def _some(model, *which):
    return exists().where(model.case_id == Case.id, *which).correlate(Case)


_live = CaseAssignment.to_at.is_(None)
_asked = Action.status == ActionStatus.REQUESTED
_proposed = and_(Action.status == ActionStatus.PROPOSED, Action.owner_agency_id.is_not(None))

FACTS = {
    Fact.PERMISSION_TO_ASK: or_(
        Case.permission_on.is_not(None),
        _some(
            ConsentGrant,
            ConsentGrant.kind == ConsentKind.ENQUIRY_PERMISSION,
            ConsentGrant.status == ConsentStatus.ACTIVE,
        ),
    ),
    Fact.OTHER_SERVICES_CHECKED: or_(
        Case.lead_settled != "", _some(CaseNote, CaseNote.kind == NoteKind.ENQUIRY)
    ),
    Fact.CASE_MANAGER: _some(CaseAssignment, _live, CaseAssignment.role == AssignmentRole.CASE_MANAGER),
    Fact.KEY_WORKER: _some(CaseAssignment, _live),
    Fact.ELIGIBILITY_DECIDED: Case.intensive_needs != "",
    Fact.NEEDS_RECORDED: _some(Need),
    Fact.SHARING_CONSENT: exists().where(ConsentGrant.case_id == Case.id, scopes.in_force()).correlate(Case),
    Fact.GOALS: _some(Goal),
    Fact.PLAN_AGREED: _some(CarePlan, CarePlan.agreed_version > 0),
    Fact.ACTIONS_ASKED: and_(_some(Action), ~_some(Action, _proposed)),
    Fact.ACTIONS_ANSWERED: ~_some(Action, _asked),
    Fact.REVIEW_DATE: _some(CarePlan, CarePlan.next_review_on.is_not(None)),
    Fact.REVIEW_HELD: _some(PlanReview),
}

_STANDING = (
    select(
        *(fact.label(name.value) for name, fact in FACTS.items()),
        Case.referral_on,
        Case.first_contact_on,
        Case.support_due_on,
        CarePlan.agreed_at,
        select(func.max(PlanReview.held_on))
        .where(PlanReview.case_id == Case.id)
        .correlate(Case)
        .scalar_subquery(),
        select(func.count()).where(PlanReview.case_id == Case.id).correlate(Case).scalar_subquery(),
        select(func.min(_Manager.from_at))
        .where(_Manager.case_id == Case.id, _Manager.role == AssignmentRole.CASE_MANAGER)
        .correlate(Case)
        .scalar_subquery(),
        CarePlan.next_review_on,
        Case.commitment_ends_on,
        Case.closed_at,
    )
    .select_from(Case)
    .outerjoin(CarePlan, CarePlan.case_id == Case.id)
    .where(Case.id == CASE_ID, scopes.SEES_ALL)
)

#: A clock that stops when one of these facts holds; by the clock's name in the protocols.
MET_BY = {"assessment": Fact.NEEDS_RECORDED, "support": Fact.PLAN_AGREED}


@dataclass(frozen=True, slots=True)
class Due:
    """One clock of the case: what is due, when, how it stands today in working days."""

    name: str
    label: str
    due_on: date
    words: str
    late: bool
    met: bool


@dataclass(frozen=True, slots=True)
class StepNow:
    """A step of the flow; `state` is past, now or later; `wants` is what is still open in it, in order."""

    number: int
    label: str
    state: str
    wants: tuple[tuple[str, str], ...]
    next: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the case stands: its steps, the next required one, its clocks, and which facts hold."""

    steps: tuple[StepNow, ...]
    next_say: str
    next_fact: str
    clocks: tuple[Due, ...]
    facts: frozenset[str]


def standing(case: CaseFile, protocol, *, viewer: Viewer, today: date | None = None) -> Standing:
    """Where the case stands in its protocol's flow on the local day `today`."""
    today = today or clock.today()
    row = db.session.execute(_STANDING, scopes.binds(viewer, today) | {"case_id": case.id}).first()
    row = scopes.still_there(row)
    facts = frozenset(name for name, holds in zip(FACTS, row, strict=False) if holds)
    (
        referral,
        first_contact,
        support_due,
        agreed_at,
        last_review,
        reviews,
        led_from,
        next_review,
        promise,
        closed,
    ) = row[len(FACTS) :]
    now, need = protocol.where(facts)
    steps = []
    for number, step in enumerate(protocol.steps, 1):
        wants = tuple((n.fact.value, n.say) for n in step.needs if n.fact not in facts)
        place = protocol.steps.index(now)
        state = "past" if number - 1 < place else "now" if number - 1 == place else "later"
        if closed is not None:
            state = "past" if state == "past" else "later"
        steps.append(
            StepNow(
                number,
                step.label,
                state,
                wants,
                (need.fact.value, need.say) if need and step is now else None,
            )
        )
    clocks = _clocks(
        protocol.clocks_for(
            referral_on=referral,
            first_contact_on=first_contact,
            plan_agreed_on=agreed_at and clock.local_day(agreed_at),
            last_review_on=last_review,
            reviews_held=reviews,
            lead_confirmed_on=led_from and clock.local_day(led_from),
        ),
        {"lead_commitment": promise, "plan_review": next_review},
        facts,
        today,
        protocol.calendar,
    )
    if support_due is not None:
        clocks.append(
            _due("support_due", "Support, by need and risk", support_due, False, today, protocol.calendar)
        )
    clocks.sort(key=lambda due: due.due_on)
    return Standing(
        tuple(steps),
        need.say if need and closed is None else "",
        need.fact.value if need and closed is None else "",
        () if closed is not None else tuple(clocks),
        facts,
    )


def _clocks(clocks, own_days, facts, today, calendar):
    """The protocol's clocks, with the day that the record itself holds where it holds one."""
    dues = [
        _due(c.name, c.label, own_days.get(c.name) or c.due_on, MET_BY.get(c.name) in facts, today, calendar)
        for c in clocks
    ]
    known = {due.name for due in dues}
    if own_days["lead_commitment"] and "lead_commitment" not in known:
        dues.append(
            _due(
                "lead_commitment",
                "Lead agency’s promise",
                own_days["lead_commitment"],
                False,
                today,
                calendar,
            )
        )
    return dues


def _due(name, label, day, met, today, calendar):
    passed = name == "lead_commitment"  # the promise has run its time: nothing is late
    words = working_days.in_words(day, today, calendar)
    late = day < today and not met and not passed
    return Due(name, label, day, "kept" if passed and day < today else words, late, met)
