"""For tests about gaps and blocks: one is raised in a line, and steps are taken with the record as it is by then."""

from datetime import UTC, date, datetime

from caseapp.policy import escalations as policy
from caseapp.services import escalations
from caseapp.services.escalations import raising
from caseapp.vocabulary import EscalationKind

#: A Monday in a week without holidays, at ten in the morning.
MONDAY = datetime(2026, 11, 9, 10, 0, tzinfo=UTC)


def day(number: int, hour: int = 10, month: int = 11, year: int = 2026) -> datetime:
    """A moment on a day of November 2026: the ninth is a Monday."""
    return datetime(year, month, number, hour, 0, tzinfo=UTC)


def raised(actor, case=None, *, at=MONDAY, **more) -> int:
    """Raise one and give its id."""
    return raising.raise_gap(
        case,
        actor=actor,
        at=at,
        **{
            "kind": EscalationKind.BLOCK,
            "domain": "accommodation",
            "title": "Proof of local connection that residents cannot give",
            "service": "Council housing application",
            "effect": "Applications stay unopened",
            "wanted": "A letter of the hostel is accepted",
            "noticed_on": date(2026, 11, 5),
            "concerned_name": "Estuary Council Housing",
        }
        | more,
    )


def seen(viewer, gap_id):
    """The record as this viewer may know it now."""
    return policy.find_escalation(viewer, gap_id)


def step(name, gap_id, actor, at, **more):
    """Take a step with what the actor sees now."""
    return getattr(escalations, name)(seen(actor, gap_id), actor=actor, at=at, **more)


def up(gap_id, actor, at, **more):
    """Pass it up with everything that this needs."""
    words = {"text": "We could not", "tried": "Rang the manager", "not_enough": "It is a rule of theirs"}
    return step("pass_up", gap_id, actor, at, **words | more)


def to_group(world, gap_id):
    """From the manager to the group, a day each."""
    up(gap_id, world.declan, day(10))
    up(gap_id, world.sinead, day(11))


def to_national(world, gap_id):
    to_group(world, gap_id)
    up(gap_id, world.sinead, day(12))
