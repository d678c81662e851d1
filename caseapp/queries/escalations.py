"""Gaps and blocks as lists: my own and where they are, what waits for me, what my agency raised; and those of one case.

Each row is selected through policy.escalations.SEES_ESCALATION and says no more than that sight allows; the person comes
back only under NAMED. Working days are counted from the holding that is open, so no row needs a statement of its own."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, bindparam, case, func, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock, protocols
from caseapp.extensions import db, read
from caseapp.models import (
    Agency,
    Area,
    Case,
    Escalation,
    EscalationHolding,
    EscalationNotice,
    EscalationPause,
    EscalationStep,
    Person,
    User,
)
from caseapp.models.base import Id
from caseapp.models.escalations import ON_LADDER
from caseapp.policy import escalations as policy
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import typed_words
from caseapp.queries.escalation_clock import Pause, age, used
from caseapp.vocabulary import EscalationKind, EscalationState, Role, Rung, StepAct

#: Counting stops here.
AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class GapRow:
    """One gap or block in a list, ready to be shown."""

    id: int
    said: str
    kind: EscalationKind
    title: str
    domain: str
    area: str
    agency: str
    raised_by: str
    raised_on: date
    urgent: bool
    state: EscalationState
    level: Rung
    #: Who holds it, "You" where it is the viewer; a rung only for those who merely follow it.
    holder: str
    mine: bool
    asked_back: bool
    held: int
    allowed: int | None
    #: Working days left, negative when over; None while nobody's time runs.
    left: int | None
    paused_since: date | None
    days: int
    last_at: datetime
    joined: int
    goes_with: str | None
    case_id: int | None
    reference: str | None
    person: str
    answer: str
    closed_on: date | None

    @property
    def place(self) -> str:
        """Where it is, in words."""
        if self.goes_with:
            return f"Goes with {self.goes_with}"
        return self.holder if self.state is EscalationState.OPEN else self.state.label


_Holder = aliased(User)
_Raiser = aliased(User)
_Lead = aliased(Escalation)
_Joined = aliased(Escalation)
_Step = aliased(EscalationStep)

_ANSWER = (
    select(_Step.text)
    .where(
        _Step.escalation_id == func.coalesce(Escalation.joined_to_id, Escalation.id),
        _Step.to_raisers,
        _Step.text != "",
    )
    .order_by(_Step.at.desc())
    .limit(1)
    .correlate(Escalation)
    .scalar_subquery()
)
_COLUMNS = (
    Escalation.id,
    Escalation.number,
    Escalation.kind,
    Escalation.title,
    Escalation.domain,
    Escalation.urgent,
    Escalation.state,
    Escalation.level,
    Escalation.holder_id,
    Escalation.paused_at,
    Escalation.age_from,
    Escalation.last_step_at,
    Escalation.raised_at,
    Escalation.closed_at,
    policy.SIGHT.label("sight"),
    Area.name.label("area"),
    Agency.name.label("agency"),
    _Raiser.name.label("raised_by"),
    _Holder.name.label("holder"),
    EscalationHolding.id.label("holding_id"),
    EscalationHolding.starts_on,
    EscalationHolding.allowed_days,
    EscalationHolding.used_before,
    EscalationHolding.calendar,
    EscalationHolding.came_by,
    _Lead.number.label("lead_number"),
    select(func.count())
    .where(_Joined.joined_to_id == Escalation.id)
    .correlate(Escalation)
    .scalar_subquery()
    .label("joined"),
    Case.id.label("case_id"),
    Case.reference,
    Person.given_name,
    Person.family_name,
    _ANSWER.label("answer"),
)


def _from(*columns):
    return (
        select(*columns)
        .select_from(Escalation)
        .join(Area, Area.id == Escalation.area_id)
        .join(Agency, Agency.id == Escalation.agency_id)
        .join(_Raiser, _Raiser.id == Escalation.raised_by_id)
        .outerjoin(_Holder, _Holder.id == Escalation.holder_id)
        .outerjoin(
            EscalationHolding,
            and_(EscalationHolding.escalation_id == Escalation.id, EscalationHolding.to_at.is_(None)),
        )
        .outerjoin(_Lead, _Lead.id == Escalation.joined_to_id)
        .outerjoin(Case, and_(Case.id == Escalation.case_id, policy.NAMED))
        .outerjoin(Person, Person.id == Case.person_id)
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ones: "waits" for the viewer's answer, "mine" (raised by me or from my cases), "agency" (raised by my
    agency), "all" that I may read; open, closed or any; and words."""

    which: str = "mine"
    state: str = "open"
    words: str = ""
    order: str = "left"
    descending: bool = False


def _waits(viewer: Viewer):
    """What stands on a rung that the viewer answers for."""
    rungs = [Escalation.holder_id == scopes.VIEWER_USER]
    if viewer.manages:
        rungs.append(and_(Escalation.level == Rung.MANAGER, Escalation.agency_id == scopes.VIEWER_AGENCY))
    if viewer.has(Role.COORDINATOR):
        rungs.append(
            and_(
                Escalation.level.in_((Rung.COORDINATOR, Rung.GROUP)),
                policy.serves_area(Escalation.area_id),
            )
        )
    if viewer.has(Role.NATIONAL_COORDINATOR):
        rungs.append(Escalation.level == Rung.NATIONAL)
    return and_(ON_LADDER, or_(*rungs))


def _where(wanted: Wanted, viewer: Viewer):
    where, values = [], policy.binds(viewer)
    if wanted.which == "waits":
        where += [_waits(viewer), policy.SEES_ESCALATION]
    elif wanted.which == "mine":
        on_mine = select(Case.id).where(Case.id == Escalation.case_id, scopes.MY_CASE).correlate(Escalation)
        where += [or_(Escalation.raised_by_id == scopes.VIEWER_USER, on_mine.exists()), policy.OWN_SIDE]
    elif wanted.which == "agency":
        where += [Escalation.agency_id == scopes.VIEWER_AGENCY, policy.OWN_SIDE]
    else:
        where.append(policy.SEES_ESCALATION)
    if wanted.state == "open":
        where.append(Escalation.state == EscalationState.OPEN)
    elif wanted.state == "closed":
        where.append(Escalation.state != EscalationState.OPEN)
    by_words, typed = typed_words.holding(wanted.words, Escalation.title, Escalation.service)
    where, values = where + by_words, values | typed
    return where, values


_ORDERS = {
    "left": (Escalation.due_on.is_(None), Escalation.due_on, Escalation.age_from, Escalation.id),
    "age": (Escalation.age_from, Escalation.id),
    "number": (Escalation.number,),
    "changed": (Escalation.last_step_at,),
}


def rows(wanted: Wanted, *, viewer: Viewer, offset: int = 0, limit: int = 25) -> list[GapRow]:
    """One page of a list. Least time left first unless `order` says otherwise."""
    where, values = _where(wanted, viewer)
    order = _ORDERS[wanted.order]
    if wanted.descending:
        order = tuple(one.desc() for one in order)
    statement = _from(*_COLUMNS).where(*where).order_by(*order).offset(offset).limit(limit)
    return _rows(db.session.execute(statement, values).all(), viewer)


def total(wanted: Wanted, *, viewer: Viewer) -> int:
    """How many there are; counting stops at AT_MOST."""
    where, values = _where(wanted, viewer)
    inner = select(Escalation.id).where(*where).limit(AT_MOST + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(inner), values)


def waiting(*, viewer: Viewer) -> int:
    """How many wait for the viewer's answer."""
    return total(Wanted("waits"), viewer=viewer)


_OF_CASE = (
    _from(*_COLUMNS)
    .where(Escalation.case_id == bindparam("of_case", type_=Id), policy.SEES_ESCALATION)
    .order_by(
        case((Escalation.state == EscalationState.OPEN, 0), else_=1), Escalation.age_from, Escalation.id
    )
)


def of_case(file: CaseFile, *, viewer: Viewer) -> list[GapRow]:
    """The gaps and blocks that came from this case, as the viewer may see them, open ones first: for the plan's page and
    a meeting's agenda. Each has its last answer."""
    values = policy.binds(viewer) | {"of_case": file.id}
    return _rows(read(_OF_CASE, values), viewer)


_OF_ACTION = (
    _from(*_COLUMNS)
    .where(
        Escalation.action_id == bindparam("of_action", type_=Id),
        Escalation.case_ended_at.is_(None),
        policy.SEES_ESCALATION,
    )
    .order_by(Escalation.raised_at.desc())
)


def of_action(action_id: int, *, viewer: Viewer) -> list[GapRow]:
    """What was raised because this action is stopped, newest first, as the viewer may see it."""
    values = policy.binds(viewer) | {"of_action": action_id}
    return _rows(read(_OF_ACTION, values), viewer)


def of_notices(notice_ids: list[int], *, viewer: Viewer) -> dict[int, int]:
    """Which gap or block each notice leads to, for those that the viewer may read now."""
    if not notice_ids:
        return {}
    rows = db.session.execute(
        select(EscalationNotice.notification_id, Escalation.id)
        .join(Escalation, Escalation.id == EscalationNotice.escalation_id)
        .where(EscalationNotice.notification_id.in_(notice_ids), policy.SEES_ESCALATION),
        policy.binds(viewer),
    )
    return dict(rows.all())


def pauses(holding_ids) -> dict[int, list[Pause]]:
    """The times in which the clocks of these holdings stood."""
    found: dict[int, list[Pause]] = {}
    ids = [one for one in holding_ids if one is not None]
    if not ids:
        return found
    for holding_id, since, to in db.session.execute(
        select(EscalationPause.holding_id, EscalationPause.from_at, EscalationPause.to_at).where(
            EscalationPause.holding_id.in_(ids)
        )
    ):
        found.setdefault(holding_id, []).append(Pause(clock.local_day(since), to and clock.local_day(to)))
    return found


def _rows(found, viewer: Viewer) -> list[GapRow]:
    today = clock.today()
    stood = pauses(row.holding_id for row in found if row.holding_id)
    return [_row(row, viewer, today, stood.get(row.holding_id, ())) for row in found]


def _row(row, viewer, today, stood) -> GapRow:
    held, left = 0, None
    if row.starts_on is not None:
        held = row.used_before + used(row.starts_on, today, row.calendar, stood)
        if row.allowed_days is not None and row.paused_at is None:
            left = row.allowed_days - held
    follows = row.sight == policy.Sight.FOLLOWS
    mine = row.holder_id == viewer.user_id
    if mine:
        holder = "You"
    elif follows or row.holder is None:
        holder = row.level.label
    else:
        holder = f"{row.level.label}, {row.holder}"
    return GapRow(
        row.id,
        policy.said(row.number),
        row.kind,
        row.title,
        domain_label(row.domain),
        row.area,
        "" if follows else row.agency,
        "" if follows else row.raised_by,
        clock.local_day(row.raised_at),
        row.urgent,
        row.state,
        row.level,
        holder,
        mine,
        row.came_by is StepAct.ASKED_BACK,
        held,
        row.allowed_days,
        left,
        row.paused_at and clock.local_day(row.paused_at),
        age(row.age_from, clock.local_day(row.closed_at) if row.closed_at else today),
        row.last_step_at,
        row.joined,
        row.lead_number and policy.said(row.lead_number),
        row.case_id,
        row.reference,
        f"{row.given_name} {row.family_name}".strip() if row.case_id else "",
        row.answer or "",
        row.closed_at and clock.local_day(row.closed_at),
    )


def domain_label(key: str) -> str:
    """The name of a domain of life, whichever procedure it comes from."""
    for protocol in protocols.load().values():
        for domain in protocol.domains:
            if domain.key == key:
                return domain.label
    return key.replace("_", " ").capitalize()


def domains() -> dict[str, str]:
    """Every domain of life of all procedures in force, key to label."""
    found: dict[str, str] = {}
    for protocol in protocols.all_current():
        for domain in protocol.domains:
            found.setdefault(domain.key, domain.label)
    return found
