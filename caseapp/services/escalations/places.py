"""Who answers for a rung of the ladder: a named, live account at every moment (C9)."""

from dataclasses import dataclass

from sqlalchemy import exists, select

from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Agency, CaseAssignment, Escalation, User, UserArea
from caseapp.queries import case_manager, settings
from caseapp.services import shut_out
from caseapp.vocabulary import Role, Rung

#: The setting with the working days of each rung.
DAYS = {
    Rung.WORKER: "escalation_worker_working_days",
    Rung.MANAGER: "escalation_manager_working_days",
    Rung.COORDINATOR: "escalation_coordinator_working_days",
    Rung.GROUP: "escalation_group_working_days",
    Rung.NATIONAL: "escalation_national_working_days",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Who holds a rung, and the time that the holder's own agency has set for it."""

    user_id: int
    agency_id: int
    allowed_days: int
    calendar: str
    cut_off: int


_LIVE = (User.disabled_at.is_(None), Agency.active)
_PEOPLE = select(User.id, User.agency_id).join(Agency, Agency.id == User.agency_id)


def _has(role):
    return User.roles.op("&")(int(role)) != 0


def standing_on(rung: Rung, gap) -> list:
    """Everybody with a live account who may answer for that rung of this ladder, as (id, agency_id): for a manager the
    raiser's own line manager first, else by name. For an area that nobody serves the national coordinator stands in.
    Nobody who may not know of the person (X-8)."""
    out = shut_out.of_case(gap.case_id)
    return [one for one in _standing_on(rung, gap) if one.id not in out]


def _standing_on(rung: Rung, gap) -> list:
    if rung is Rung.WORKER:
        return _workers(gap)
    if rung is Rung.MANAGER:
        own = db.session.scalar(select(User.line_manager_id).where(User.id == gap.raised_by_id))
        found = db.session.execute(
            _PEOPLE.where(*_LIVE, User.agency_id == gap.agency_id, _has(Role.LINE_MANAGER)).order_by(
                User.id != (own or 0), User.id == gap.raised_by_id, User.name, User.id
            )
        )
        return found.all()
    if rung in (Rung.COORDINATOR, Rung.GROUP):
        serves = exists().where(UserArea.user_id == User.id, UserArea.area_id == gap.area_id)
        found = db.session.execute(
            _PEOPLE.where(*_LIVE, _has(Role.COORDINATOR), serves).order_by(User.name, User.id)
        ).all()
        if found:
            return found
    return db.session.execute(
        _PEOPLE.where(*_LIVE, _has(Role.NATIONAL_COORDINATOR)).order_by(User.name, User.id)
    ).all()


def _workers(gap):
    """Who raised it; where that account is gone, the case manager of its case, then a line manager of the agency."""
    raiser = db.session.execute(_PEOPLE.where(*_LIVE, User.id == gap.raised_by_id)).all()
    if raiser or gap.case_id is None:
        return raiser or standing_on(Rung.MANAGER, gap)
    held = (
        _PEOPLE.join(CaseAssignment, CaseAssignment.user_id == User.id)
        .where(
            *_LIVE,
            case_manager.of_case(case_id=gap.case_id),
        )
        .order_by(User.id)
    )
    return db.session.execute(held).all() or standing_on(Rung.MANAGER, gap)


def named_on(rung: Rung, escalation_id: int) -> list[tuple[int, str]]:
    """As standing_on, by name: to whom it can be handed on."""
    ids = [one.id for one in standing_on(rung, db.session.get(Escalation, escalation_id))]
    names = dict(db.session.execute(select(User.id, User.name).where(User.id.in_(ids))).all())
    return [(one, names[one]) for one in ids]


#: Why something cannot go to a rung where nobody has an account.
NOBODY = {
    Rung.WORKER: "Nobody of your agency has an account that could take it back.",
    Rung.MANAGER: "No line manager of your agency has an account here yet. Ask your agency’s administrator to "
    "invite one; until then it stays with you.",
    Rung.COORDINATOR: "No coordinator has an account here yet for this area. Ask the system administrator; until then "
    "it stays with you.",
    Rung.GROUP: "No coordinator has an account here yet for this area. Ask the system administrator; until then it "
    "stays with you.",
    Rung.NATIONAL: "No national coordinator has an account here yet. Ask the system administrator; until then it "
    "stays with you.",
}


def holder(rung: Rung, gap, *, before: int | None = None) -> Place:
    """Who is to hold that rung: the one who held it `before`, as long as they may, else the first who may. Raises
    RuleBroken where nobody may."""
    people = standing_on(rung, gap)
    if not people:
        raise RuleBroken(NOBODY[rung])
    chosen = next((one for one in people if one.id == before), people[0])
    return place(rung, chosen.id, chosen.agency_id)


def place(rung: Rung, user_id: int, agency_id: int) -> Place:
    """The place of one who holds that rung, with the time limits of their own agency."""
    values = settings.values(agency_id)
    return Place(
        user_id,
        agency_id,
        values[DAYS[rung]],
        values["working_day_calendar"],
        values["escalation_cut_off_hour"],
    )
