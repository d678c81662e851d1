"""Where meetings ask for gaps and blocks: which barriers of a case are open, for an agenda, as far as the viewer sees them."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import Integer, String, cast
from sqlalchemy.orm import aliased

from caseapp.models import Escalation, User
from caseapp.policy import escalations as policy
from caseapp.policy import scopes
from caseapp.queries.escalation_clock import age
from caseapp.queries.plan_rows import CASE_ID
from caseapp.vocabulary import EscalationKind, EscalationState, Rung


class Barrier(NamedTuple):
    """An open gap or block as an agenda names it: title, and why it is there ("with Declan, 12 days")."""

    id: int
    title: str
    why: str


_Holder = aliased(User, name="gap_holder")
_Lead = aliased(Escalation, name="gap_lead")


def open_on(part):
    """The open gaps and blocks of the case, for those who see all of it, as one part of what is asked about a plan:
    `part(kind, id, **columns)` selects the columns that all parts share."""
    return (
        part(
            "barrier",
            Escalation.id,
            text=Escalation.title,
            name=_Holder.name,
            level=cast(Escalation.kind, String()),
            flag=Escalation.holder_id == scopes.VIEWER_USER,
            until=Escalation.age_from,
            number=Escalation.number,
            rank=cast(Escalation.level, Integer()),
            more=_Lead.number,
        )
        .select_from(Escalation)
        .outerjoin(_Holder, _Holder.id == Escalation.holder_id)
        .outerjoin(_Lead, _Lead.id == Escalation.joined_to_id)
        .where(
            Escalation.case_id == CASE_ID,
            scopes.ALL_HERE,
            Escalation.state == EscalationState.OPEN,
            policy.OWN_SIDE,
        )
    )


def in_words(row, today: date) -> Barrier:
    """A row of `open_on` as the agenda names it."""
    if row.more is not None:
        place = f"Goes with {policy.said(row.more)}"
    elif row.flag:
        place = "You"
    else:
        rung = Rung(row.rank).label
        place = rung if row.name is None else f"{rung}, {row.name}"
    days = age(row.until, today)
    return Barrier(
        row.id,
        f"{EscalationKind(row.level).short} {policy.said(row.number)}: {row.text}",
        f"{place}, {days} day{'' if days == 1 else 's'}",
    )
