"""One gap or block with its ladder: who held it, how long, what each said, what is left of the holder's time (C9).

What is about a person (effect, what was tried) is only selected for those who see it from above or from its own side;
whom it is about, only under NAMED; the words of the action it stops, only for those who see that action."""

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import aliased

from caseapp import clock, working_days
from caseapp.extensions import db, read
from caseapp.models import (
    Action,
    Agency,
    Area,
    Case,
    Escalation,
    EscalationHolding,
    EscalationPause,
    EscalationStep,
    GapTheme,
    Goal,
    Person,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import escalations as policy
from caseapp.policy import scopes
from caseapp.policy.escalations import EscalationFile, Sight
from caseapp.policy.viewer import Viewer
from caseapp.queries import escalations
from caseapp.queries.escalation_clock import age, used
from caseapp.queries.escalation_rungs import rungs
from caseapp.queries.escalation_shapes import Joined, Ladder, Said, Words
from caseapp.vocabulary import EscalationState, Role, Rung, StepAct

_Concerned = aliased(Agency)
_Lead = aliased(Escalation)
_Wish = aliased(Escalation)
_Raiser = aliased(User)

_PUBLIC = (
    Escalation.title,
    Escalation.service,
    func.coalesce(_Concerned.name, Escalation.concerned_name).label("concerned"),
    Escalation.domain,
    Area.name.label("area"),
    Agency.name.label("agency"),
    GapTheme.name.label("theme"),
    Escalation.noticed_on,
    Escalation.raised_at,
    Escalation.version,
    Escalation.urgent,
    Escalation.state,
    Escalation.how,
    Escalation.closed_at,
    _Lead.id.label("lead_id"),
    _Lead.number.label("lead_number"),
    Escalation.age_from,
    Escalation.paused_at,
    Escalation.due_on,
    Escalation.holder_id,
    Escalation.identity_consent,
    Escalation.identity_ended_at,
    Case.id.label("case_id"),
    Case.reference,
    Person.given_name,
    Person.family_name,
)
_MORE = (
    _Raiser.name.label("raised_by"),
    Escalation.description,
    Escalation.effect,
    Escalation.colleagues_advice,
    Escalation.one_to_one,
    Escalation.meeting_not_convened,
    Escalation.meeting_why,
    Escalation.meanwhile,
    Escalation.wanted,
    Escalation.urgent_reason,
    _Wish.number.label("wish_number"),
)


def _head(*columns):
    return (
        select(*columns)
        .select_from(Escalation)
        .join(Area, Area.id == Escalation.area_id)
        .join(Agency, Agency.id == Escalation.agency_id)
        .join(_Raiser, _Raiser.id == Escalation.raised_by_id)
        .outerjoin(_Concerned, _Concerned.id == Escalation.concerned_agency_id)
        .outerjoin(GapTheme, GapTheme.id == Escalation.theme_id)
        .outerjoin(_Lead, _Lead.id == Escalation.joined_to_id)
        .outerjoin(_Wish, _Wish.id == Escalation.join_wish_id)
        .outerjoin(Case, and_(Case.id == Escalation.case_id, policy.NAMED))
        .outerjoin(Person, Person.id == Case.person_id)
        .where(Escalation.id == bindparam("escalation_id", type_=Id), policy.SEES_ESCALATION)
    )


_FOLLOWER = _head(*_PUBLIC)
_FULL = _head(*_PUBLIC, *_MORE)

_HOLDINGS = (
    select(
        EscalationHolding.id,
        EscalationHolding.level,
        EscalationHolding.from_at,
        EscalationHolding.to_at,
        EscalationHolding.starts_on,
        EscalationHolding.allowed_days,
        EscalationHolding.used_before,
        EscalationHolding.calendar,
        EscalationHolding.came_by,
        EscalationHolding.accepted_at,
        EscalationHolding.due_on,
        User.name,
        User.line_manager_id,
        Agency.name.label("agency"),
    )
    .join(User, User.id == EscalationHolding.user_id)
    .join(Agency, Agency.id == User.agency_id)
    .where(EscalationHolding.escalation_id == bindparam("escalation_id", type_=Id))
    .order_by(EscalationHolding.position)
)
_STEPS = (
    select(
        EscalationStep.at,
        EscalationStep.act,
        EscalationStep.level,
        EscalationStep.to_level,
        EscalationStep.text,
        EscalationStep.tried,
        EscalationStep.not_enough,
        EscalationStep.to_raisers,
        EscalationStep.told,
        EscalationStep.meeting_on,
        EscalationStep.minute,
        User.name,
    )
    .outerjoin(User, User.id == EscalationStep.user_id)
    .where(EscalationStep.escalation_id == bindparam("escalation_id", type_=Id))
    .order_by(EscalationStep.at, EscalationStep.id)
)
_FOLLOWED_STEPS = (
    _STEPS.with_only_columns(
        EscalationStep.at,
        EscalationStep.act,
        EscalationStep.level,
        EscalationStep.to_level,
        EscalationStep.text,
        EscalationStep.to_raisers,
        EscalationStep.told,
        EscalationStep.meeting_on,
        EscalationStep.minute,
        maintain_column_froms=True,
    )
).where(EscalationStep.to_raisers)
_JOINED = (
    select(
        Escalation.id,
        Escalation.number,
        Escalation.raised_at,
        Escalation.state,
        Escalation.action_id,
        Agency.name.label("agency"),
        _Raiser.name.label("raised_by"),
        policy.SEES_ESCALATION.label("seen"),
    )
    .join(Agency, Agency.id == Escalation.agency_id)
    .join(_Raiser, _Raiser.id == Escalation.raised_by_id)
    .where(Escalation.joined_to_id == bindparam("escalation_id", type_=Id))
    .order_by(Escalation.raised_at)
)
_ACTION = (
    select(Action.id, Action.what)
    .join(Goal, Goal.id == Action.goal_id)
    .join(Case, Case.id == Action.case_id)
    .where(
        Action.id
        == select(Escalation.action_id)
        .where(Escalation.id == bindparam("escalation_id", type_=Id), Escalation.case_ended_at.is_(None))
        .scalar_subquery(),
        scopes.SEES_ACTION,
    )
)
_GOAL = (
    select(Goal.words, Goal.title)
    .join(Case, Case.id == Goal.case_id)
    .where(
        Goal.id
        == select(Escalation.goal_id)
        .where(Escalation.id == bindparam("escalation_id", type_=Id), Escalation.case_ended_at.is_(None))
        .scalar_subquery(),
        scopes.SEES_GOAL,
    )
)
_PAUSE = select(EscalationPause.reason, EscalationPause.until_on).where(
    EscalationPause.escalation_id == bindparam("escalation_id", type_=Id), EscalationPause.to_at.is_(None)
)


def ladder(gap: EscalationFile, *, viewer: Viewer) -> Ladder:
    """The page of one gap or block, in a number of statements that does not depend on how long its way was."""
    values = policy.binds(viewer) | {"escalation_id": gap.id}
    full = gap.sight > Sight.FOLLOWS
    head = scopes.still_there(read(_FULL if full else _FOLLOWER, values).first())
    today = clock.local_day(head.closed_at) if head.closed_at else clock.today()
    holdings = read(_HOLDINGS, values)
    steps = [_said(row, full) for row in read(_STEPS if full else _FOLLOWED_STEPS, values)]
    stood = escalations.pauses(one.id for one in holdings)
    joined_rows = read(_JOINED, values)
    action = read(_ACTION, values).first() if gap.action_id else None
    goal = read(_GOAL, values).first() if action or not gap.action_id else None
    now = next((one for one in holdings if one.to_at is None), None)
    held = left = None
    if now is not None:
        held = now.used_before + used(now.starts_on, today, now.calendar, stood.get(now.id, ()))
        if now.allowed_days is not None and head.paused_at is None:
            left = now.allowed_days - held
    pause = read(_PAUSE, values).first() if head.paused_at else None
    since = now and clock.local_day(now.from_at)
    return Ladder(
        words=_words(head, full),
        rungs=rungs(gap, holdings, stood, steps, today, full),
        holder=now.name if now and full else "",
        holder_agency=now.agency if now and full else "",
        held_since=since,
        starts_on=now.starts_on if now and now.starts_on != since else None,
        held=held or 0,
        allowed=now.allowed_days if now else None,
        left=left,
        due_on=head.due_on if not head.paused_at else None,
        accepted=bool(now and now.accepted_at),
        paused_since=head.paused_at and clock.local_day(head.paused_at),
        pause_until=pause.until_on if pause else None,
        pause_reason=pause.reason if pause and full else "",
        question=_question(gap, steps) if full else "",
        days=age(head.age_from, today),
        total_held=sum(
            used(
                one.starts_on,
                clock.local_day(one.to_at) if one.to_at else today,
                one.calendar,
                stood.get(one.id, ()),
            )
            for one in holdings
        ),
        joined=tuple(_joined(row, full) for row in joined_rows),
        waiting_actions=sum(1 for row in joined_rows if row.action_id) + (gap.action_id is not None),
        person=f"{head.given_name} {head.family_name}".strip() if head.case_id else "",
        case_reference=head.reference,
        case_id=head.case_id,
        action=action.what if action else "",
        action_id=action.id if action else None,
        goal=(goal.words or goal.title) if goal and full else "",
        identity=_identity(gap, head),
        superior=_superior(gap, now) if now and full else "",
        rises_on=_next_working_day(head.due_on, now) if now and head.due_on and not head.paused_at else None,
        asks=gap.level.above if now and now.came_by is StepAct.ASKED_BACK else None,
    )


def _words(head, full) -> Words:
    public = Words(
        head.title,
        head.service,
        head.concerned or "",
        escalations.domain_label(head.domain),
        head.area,
        head.agency if full else "",
        head.theme or "",
        head.noticed_on,
        head.raised_at,
        head.version,
        head.urgent,
        head.state,
        head.how,
        head.closed_at,
        head.lead_id,
        policy.said(head.lead_number) if head.lead_number else "",
    )
    if not full:
        return public
    return replace(
        public,
        raised_by=head.raised_by,
        description=head.description,
        effect=head.effect,
        colleagues_advice=head.colleagues_advice,
        one_to_one=head.one_to_one,
        meeting_not_convened=head.meeting_not_convened,
        meeting_why=head.meeting_why,
        meanwhile=head.meanwhile,
        wanted=head.wanted,
        urgent_reason=head.urgent_reason,
        wish=policy.said(head.wish_number) if head.wish_number else "",
    )


def _said(row, full) -> tuple[Rung, Said]:
    return row.level, Said(
        row.at,
        row.act,
        (row.name or "") if full else "",
        row.text,
        row.tried if full else "",
        row.not_enough if full else "",
        row.told,
        row.meeting_on,
        row.minute,
        row.to_level,
    )


#: With these a rung has said what it was asked.
_GOES_ON = frozenset({StepAct.PASSED_UP, StepAct.SENT, StepAct.ANSWERED_BACK, StepAct.CLOSED})


def _question(gap, steps) -> str:
    """What the rung that holds it has been asked and has not answered."""
    asked = ""
    for level, said in steps:
        if said.act is StepAct.ASKED_BACK and said.to_level is gap.level:
            asked = said.text
        elif (
            (level is gap.level and said.act in _GOES_ON)
            or said.act in (StepAct.REOPENED, StepAct.WITHDRAWN)
            or (said.act is StepAct.TAKEN_BACK and said.to_level is gap.level.above)
        ):
            asked = ""
    return asked


def _joined(row, full) -> Joined:
    return Joined(
        row.id if row.seen else 0,
        policy.said(row.number),
        row.agency if full else "",
        row.raised_by if full and row.seen else "",
        clock.local_day(row.raised_at),
        row.state is EscalationState.OPEN,
    )


def _identity(gap, head) -> str:
    """Why the person is named above the manager, or not, in words."""
    if gap.case_ended:
        return "The case is closed: it goes on as a service gap and names nobody"
    if gap.case_id is None:
        return "About nobody in particular"
    if head.identity_ended_at is not None:
        return "Not named above the manager: no longer agreed to"
    if head.identity_consent:
        return "Named above the manager, as agreed"
    return "Not named above the manager"


def _superior(gap, now) -> str:
    """Who is shown it when the answer is late."""
    if gap.level is Rung.WORKER:
        return "the manager"
    if gap.level is Rung.MANAGER and now.line_manager_id:
        name = db.session.scalar(
            select(User.name).where(
                User.id == now.line_manager_id,
                User.disabled_at.is_(None),
                User.agency_id == gap.agency_id,
                User.roles.op("&")(int(Role.LINE_MANAGER)) != 0,
            )
        )
        if name:
            return name
    if gap.level is Rung.MANAGER:
        return "the coordinator"
    return "the national coordinator"


def _next_working_day(day, now) -> date:
    return working_days.add_working_days(day, 1, now.calendar) if day else clock.today() + timedelta(days=1)
