"""Gaps and blocks: who may know of one, how much of it, and who may do what with it (C9, C14).

Three sights. OWN: who raised it, the line managers of their agency, those who hold the plan it came from, and the
agency's workers while they are asked for advice. ABOVE: the coordinators of its area and the national coordinator, from
the moment it reached them (the national coordinator already reads what stands with a group), and for good. FOLLOWS: the
agency whose action it stops, and those whose own raising is joined to it: the service, the ladder and the answers,
nothing that was said about a person.

The person's name is a matter of its own: `NAMED` decides it, and a select that wants a name joins Case under it. Above
the manager that needs the person's agreement, an open case, and that the agency that passed it on may still do so.

A statement that uses a predicate of this module is executed with this module's `binds(viewer)`.
"""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from sqlalchemy import Boolean, and_, bindparam, case, exists, or_, select
from sqlalchemy.orm import aliased

from caseapp.extensions import read
from caseapp.models import Action, Case, ConsentGrant, Escalation, Goal, UserArea
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.do import Do
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import EscalationKind, EscalationState, Role, Rung

#: Those who work above the agencies.
ABOVE_AGENCIES = Role.COORDINATOR | Role.NATIONAL_COORDINATOR

VIEWER_SERVES = bindparam("viewer_serves_areas", type_=Boolean())
VIEWER_NATIONAL = bindparam("viewer_national", type_=Boolean())


#: Why somebody may look at one, as the audit record says it (queries.audit_grounds has it in more words).
OWN_GAP, FOLLOWED_GAP = "own gap or block", "gap or block that touches its work"
LADDER, NAMED_LADDER = "ladder of a gap or block", "ladder of a gap or block, by name"


class Sight(IntEnum):
    """How much of a gap or block a viewer sees; each level contains the one before."""

    FOLLOWS = 1
    ABOVE = 2
    OWN = 3


def binds(viewer: Viewer, today: date | None = None) -> dict:
    """The values behind every predicate here and in scopes."""
    return scopes.binds(viewer, today) | {
        "viewer_serves_areas": viewer.has(Role.COORDINATOR),
        "viewer_national": viewer.has(Role.NATIONAL_COORDINATOR),
    }


_FromCase = aliased(Case, name="vis_gap_case")
_Area = aliased(UserArea, name="vis_area")
_Joined = aliased(Escalation, name="vis_joined")


def serves_area(area_id):
    """The viewer is a coordinator of this area."""
    return and_(
        VIEWER_SERVES,
        area_id.in_(select(_Area.area_id).where(_Area.user_id == scopes.VIEWER_USER).correlate(None)),
    )


def _of_case(gap, predicate):
    """A predicate over Case, asked of the case it came from."""
    return select(Case.id).where(Case.id == gap.case_id, predicate).correlate_except(Case).exists()


def own_side(gap=Escalation):
    """Who raised it, their managers, those who hold the plan, and colleagues who are asked."""
    here = gap.agency_id == scopes.VIEWER_AGENCY
    return and_(
        scopes.VIEWER_PRACTISES,
        scopes.case_not_denied(gap.case_id),
        or_(
            and_(
                here,
                or_(gap.raised_by_id == scopes.VIEWER_USER, scopes.VIEWER_MANAGES, gap.colleagues_asked),
            ),
            and_(gap.case_id.is_not(None), _of_case(gap, scopes.SEES_ALL)),
        ),
    )


def from_above(gap=Escalation):
    """Coordinators of its area and the national coordinator, once it has reached them."""
    return and_(
        or_(
            and_(gap.reads_up_to >= Rung.COORDINATOR, serves_area(gap.area_id)),
            and_(gap.reads_up_to >= Rung.NATIONAL, VIEWER_NATIONAL),
        ),
        scopes.case_not_denied(gap.case_id),
    )


def reach(viewer: Viewer) -> tuple[bool, bool]:
    """In which ways the viewer stands above the agencies: as a coordinator, as the national coordinator."""
    return viewer.has(Role.COORDINATOR), viewer.has(Role.NATIONAL_COORDINATOR)


def from_above_as(reach: tuple[bool, bool], gap=Escalation):
    """`from_above` for viewers of this reach: only the part that can hold for them, so that an index leads to it."""
    serves, national = reach
    if serves and not national:
        return and_(
            gap.reads_up_to >= Rung.COORDINATOR,
            serves_area(gap.area_id),
            scopes.case_not_denied(gap.case_id),
        )
    if national and not serves:
        return and_(gap.reads_up_to >= Rung.NATIONAL, VIEWER_NATIONAL, scopes.case_not_denied(gap.case_id))
    return from_above(gap)


def _stops_our_action(gap):
    return and_(
        scopes.VIEWER_PRACTISES,
        gap.action_id.is_not(None),
        gap.case_ended_at.is_(None),
        select(Action.id)
        .join(Goal, Goal.id == Action.goal_id)
        .join(Case, Case.id == Action.case_id)
        .where(Action.id == gap.action_id, scopes.SEES_ACTION)
        .correlate_except(Action, Goal, Case)
        .exists(),
    )


#: Select from Escalation.
OWN_SIDE = own_side()
SEES_FROM_ABOVE = from_above()
FOLLOWS = or_(
    _stops_our_action(Escalation),
    exists()
    .where(_Joined.joined_to_id == Escalation.id, or_(own_side(_Joined), from_above(_Joined)))
    .correlate_except(_Joined),
)
#: Whoever may not know of the person sees nothing that came from their case, from no side and by no joining (X-8).
SEES_ESCALATION = and_(scopes.case_not_denied(Escalation.case_id), or_(OWN_SIDE, SEES_FROM_ABOVE, FOLLOWS))
SIGHT = case((OWN_SIDE, int(Sight.OWN)), (SEES_FROM_ABOVE, int(Sight.ABOVE)), else_=int(Sight.FOLLOWS))

_Passing = aliased(ConsentGrant, name="vis_passing")
#: The agency that raised it may still pass the person's name on: it leads the case, or has consent to share the plan.
_MAY_PASS_ON = or_(
    Case.lead_agency_id == Escalation.agency_id,
    exists()
    .where(
        _Passing.case_id == Case.id,
        _Passing.agency_id == Escalation.agency_id,
        scopes.in_force(_Passing),
    )
    .correlate_except(_Passing),
)

#: Select from Escalation OUTER joined to Case on `Case.id == Escalation.case_id AND NAMED`: a case, and so a person, only
#: comes back where the viewer may know whom it is about. Never after the case has closed.
NAMED = and_(
    Escalation.case_ended_at.is_(None),
    Case.closed_at.is_(None),
    or_(
        and_(OWN_SIDE, scopes.SEES_CASE),
        and_(
            SEES_FROM_ABOVE,
            Escalation.identity_consent,
            Escalation.identity_ended_at.is_(None),
            _MAY_PASS_ON,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class EscalationFile:
    """A gap or block as far as this viewer may know it."""

    id: int
    number: int
    version: int
    kind: EscalationKind
    state: EscalationState
    level: Rung
    reads_up_to: Rung
    agency_id: int
    area_id: int
    raised_by_id: int
    holder_id: int | None
    joined_to_id: int | None
    urgent: bool
    paused: bool
    colleagues_asked: bool
    case_ended: bool
    #: The case it came from; for the record of who looked, never shown.
    case_id: int | None
    action_id: int | None
    sight: Sight
    #: The viewer holds the plan it came from.
    on_case: bool
    #: The viewer is a coordinator of its area.
    serves: bool
    #: The viewer may know whom it is about.
    named: bool

    @property
    def said(self) -> str:
        """As people say it: GB-118."""
        return said(self.number)

    @property
    def open(self) -> bool:
        return self.state is EscalationState.OPEN

    @property
    def on_ladder(self) -> bool:
        """Open, and answered for itself: not joined to another."""
        return self.open and self.joined_to_id is None

    @property
    def own(self) -> bool:
        return self.sight is Sight.OWN

    @property
    def ground(self) -> str:
        """Why the viewer may look, for the audit record; empty where it is about no case."""
        if self.case_id is None:
            return ""
        if self.on_case:
            return "lead agency"
        if self.own:
            return OWN_GAP
        if self.sight is Sight.FOLLOWS:
            return FOLLOWED_GAP
        return NAMED_LADDER if self.named else LADDER

    def held_by(self, viewer: Viewer) -> bool:
        """Whether it is this viewer's turn: somebody of the rung that holds it."""
        return self.on_ladder and self.stands_on(viewer, self.level)

    def stands_on(self, viewer: Viewer, rung: Rung) -> bool:
        """Whether this viewer answers for that rung of this ladder."""
        if self.on_ladder and rung is self.level and self.holder_id == viewer.user_id:
            return True
        if rung is Rung.WORKER:
            return self.own and (self.raised_by_id == viewer.user_id or self.on_case)
        if rung is Rung.MANAGER:
            return self.own and viewer.manages and viewer.agency_id == self.agency_id
        if rung is Rung.NATIONAL:
            return viewer.has(Role.NATIONAL_COORDINATOR)
        return self.serves


def said(number: int) -> str:
    """How people say the number of a gap or block."""
    return f"GB-{number}"


_COLUMNS = (
    Escalation.id,
    Escalation.number,
    Escalation.version,
    Escalation.kind,
    Escalation.state,
    Escalation.level,
    Escalation.reads_up_to,
    Escalation.agency_id,
    Escalation.area_id,
    Escalation.raised_by_id,
    Escalation.holder_id,
    Escalation.joined_to_id,
    Escalation.urgent,
    Escalation.paused_at.is_not(None).label("paused"),
    Escalation.colleagues_asked,
    Escalation.case_ended_at.is_not(None).label("case_ended"),
    Escalation.case_id,
    Escalation.action_id,
    SIGHT.label("sight"),
    and_(Escalation.case_id.is_not(None), _of_case(Escalation, scopes.SEES_ALL)).label("on_case"),
    serves_area(Escalation.area_id).label("serves"),
    Case.id.is_not(None).label("named"),
)
_ONE = (
    select(*_COLUMNS)
    .select_from(Escalation)
    .outerjoin(Case, and_(Case.id == Escalation.case_id, NAMED))
    .where(Escalation.id == bindparam("escalation_id", type_=Id), SEES_ESCALATION)
)


def find_escalation(viewer: Viewer, escalation_id: int, today: date | None = None) -> EscalationFile | None:
    """The gap or block, or None where the viewer may not know that there is one."""
    row = read(_ONE, {"escalation_id": escalation_id} | binds(viewer, today)).first()
    if row is None:
        return None
    return EscalationFile(
        *row[:12],
        *(bool(one) for one in row[12:16]),
        row[16],
        row[17],
        Sight(row[18]),
        *(bool(one) for one in row[19:]),
    )


# --- who may do what ---------------------------------------------------------------------------------------------


def _sees(viewer, gap):
    return True


def _answers(viewer, gap):
    """Somebody of a rung above the worker that holds it or has held it; the use case says whose turn it is."""
    return any(gap.stands_on(viewer, rung) for rung in Rung if Rung.WORKER < rung <= gap.reads_up_to)


def _works_on_it(viewer, gap):
    return gap.stands_on(viewer, Rung.WORKER)


def _takes_back(viewer, gap):
    """Somebody of the rung below the holder's, or of the one above, which asked back."""
    near = (gap.level.below, gap.level.above)
    return any(rung is not None and rung <= gap.reads_up_to and gap.stands_on(viewer, rung) for rung in near)


def _raising_side(viewer, gap):
    return gap.own and (
        gap.raised_by_id == viewer.user_id
        or gap.on_case
        or (viewer.manages and viewer.agency_id == gap.agency_id)
    )


def _colleague(viewer, gap):
    return (
        gap.on_ladder
        and gap.own
        and gap.colleagues_asked
        and gap.level is Rung.WORKER
        and viewer.agency_id == gap.agency_id
        and viewer.user_id != gap.raised_by_id
    )


def _consulted(viewer, gap):
    """The national coordinator from the time a group holds it: reads and advises before owning (S3-74)."""
    return gap.reads_up_to >= Rung.NATIONAL and viewer.has(Role.NATIONAL_COORDINATOR)


def _ended_for(viewer, gap):
    return gap.joined_to_id is None and (_raising_side(viewer, gap) or gap.stands_on(viewer, gap.level))


#: Whether a step is right at this point is said by the use case, in a sentence.
ON_ESCALATION = {
    Do.VIEW_ESCALATION: _sees,
    Do.HOLD_ESCALATION: _answers,
    Do.SEND_ESCALATION: _works_on_it,
    Do.ADVISE_COLLEAGUE: _colleague,
    Do.CONSULT_ESCALATION: _consulted,
    Do.TAKE_BACK_ESCALATION: _takes_back,
    Do.WITHDRAW_ESCALATION: _raising_side,
    Do.REOPEN_ESCALATION: _ended_for,
    #: agreed, or no longer, by the person: whoever raised it may say so, as long as they see the case
    Do.NAME_PERSON: lambda viewer, gap: gap.named and _raising_side(viewer, gap),
    Do.PART_ESCALATION: lambda viewer, gap: _raising_side(viewer, gap) or gap.sight is Sight.ABOVE,
    #: themes, joining, the group's agenda, replies to many: who coordinates
    Do.SORT_ESCALATION: lambda viewer, gap: gap.sight is Sight.ABOVE,
}

__all__ = [
    "ABOVE_AGENCIES",
    "FOLLOWS",
    "NAMED",
    "ON_ESCALATION",
    "OWN_SIDE",
    "SEES_ESCALATION",
    "SEES_FROM_ABOVE",
    "SIGHT",
    "EscalationFile",
    "Sight",
    "binds",
    "find_escalation",
    "from_above",
    "from_above_as",
    "own_side",
    "reach",
    "said",
    "serves_area",
]
