"""The rungs of one gap or block, as its page shows them: who stood on each and how long, what was said there, and who would hold
the ones above (C9)."""

from sqlalchemy import and_, or_, select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Agency, User, UserArea
from caseapp.queries import settings
from caseapp.queries.escalation_clock import used
from caseapp.queries.escalation_shapes import RungView, Stint
from caseapp.vocabulary import Role, Rung, StepAct

#: Lines that are shown by the ladder itself, not as words of a rung.
SILENT = frozenset({StepAct.RAISED})


def rungs(gap, holdings, stood, steps, today, full) -> tuple[RungView, ...]:
    """Every rung, from the worker up. `full`: for those who read it from above or from its own side."""
    expected = _expected(gap) if full else {}
    found = []
    for rung in Rung:
        mine = [one for one in holdings if one.level is rung]
        spent = {
            one.id: used(
                one.starts_on,
                clock.local_day(one.to_at) if one.to_at else today,
                one.calendar,
                stood.get(one.id, ()),
            )
            for one in mine
        }
        last = mine[-1] if mine else None
        late = 0
        for one in mine:
            if one.allowed_days is not None:
                late = max(late, one.used_before + spent[one.id] - one.allowed_days)
        here = gap.on_ladder and rung is gap.level
        name, allowed = expected.get(rung, ("", None))
        found.append(
            RungView(
                rung,
                "now" if here else "past" if mine else "later",
                tuple(
                    Stint(
                        one.name if full else "",
                        clock.local_day(one.from_at),
                        one.to_at and clock.local_day(one.to_at),
                    )
                    for one in mine
                ),
                sum(spent.values()),
                last.allowed_days if last else allowed,
                late,
                tuple(said for level, said in steps if level is rung and said.act not in SILENT),
                name,
            )
        )
    return tuple(found)


_LIVE_USERS = (
    select(User.name, User.agency_id, User.roles)
    .join(Agency, Agency.id == User.agency_id)
    .where(User.disabled_at.is_(None), Agency.active)
    .order_by(User.name, User.id)
)
_DAYS = {
    Rung.COORDINATOR: "escalation_coordinator_working_days",
    Rung.GROUP: "escalation_group_working_days",
    Rung.NATIONAL: "escalation_national_working_days",
}


def _expected(gap) -> dict[Rung, tuple[str, int]]:
    """Who would hold the rungs above, and for how many working days."""
    serves = select(UserArea.user_id).where(UserArea.area_id == gap.area_id)
    people = db.session.execute(
        _LIVE_USERS.where(
            or_(
                and_(User.roles.op("&")(int(Role.COORDINATOR)) != 0, User.id.in_(serves)),
                User.roles.op("&")(int(Role.NATIONAL_COORDINATOR)) != 0,
            )
        )
    ).all()
    found, values = {}, {}
    for rung in (Rung.COORDINATOR, Rung.GROUP, Rung.NATIONAL):
        role = Role.NATIONAL_COORDINATOR if rung is Rung.NATIONAL else Role.COORDINATOR
        who = next((one for one in people if one.roles & role), None) or next(
            (one for one in people if one.roles & Role.NATIONAL_COORDINATOR), None
        )
        if who is not None:
            if who.agency_id not in values:
                values[who.agency_id] = settings.values(who.agency_id)
            found[rung] = (who.name, values[who.agency_id][_DAYS[rung]])
    return found
