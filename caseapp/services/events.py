"""What happened on a case: one line of its timeline, and word to those who should know at once (S3-66)."""

from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from caseapp.extensions import read, write
from caseapp.ids import new_id
from caseapp.models import Case, CaseAssignment, Event, Notification
from caseapp.models.base import Id
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import PRACTISES, Viewer
from caseapp.services import agency_staff
from caseapp.vocabulary import Audience

_OF_CASE = bindparam("of_case", type_=Id)


def _named(table, *columns):
    return insert(table).values({name: bindparam(name) for name in columns})


_EVENT = _named(
    Event.__table__,
    *("id", "case_id", "at", "actor_id", "agency_id", "kind", "summary", "audience", "for_agency_id"),
    *("action_id", "goal_id", "change"),
)
_NOTICE = _named(
    Notification.__table__,
    *("id", "user_id", "at", "kind", "case_id", "event_id", "meeting_id", "plain"),
)
_ACTIVE = (
    update(Case.__table__).where(Case.__table__.c.id == _OF_CASE).values(last_activity_at=bindparam("moment"))
)
_WORKERS = select(CaseAssignment.user_id).where(
    CaseAssignment.case_id == _OF_CASE, CaseAssignment.to_at.is_(None)
)
_MANAGER = select(Case.line_manager_id).where(Case.id == _OF_CASE)


def happened(
    case: CaseFile,
    kind: str,
    summary: str,
    *,
    actor: Viewer,
    at: datetime,
    audience: Audience = Audience.LEAD,
    for_agency_id: int | None = None,
    action_id: int | None = None,
    goal_id: int | None = None,
    meeting_id: int | None = None,
    change: dict[str, list] | None = None,
    tell_case_workers: bool = False,
    tell_agency_id: int | None = None,
    tell_user_ids: tuple[int, ...] = (),
) -> int:
    """Add a line to the case's timeline, and notify: the case manager and key workers, the workers of one agency, or
    named users; never the actor. `meeting_id` is the meeting that their notice leads to. `change` maps a field's name, in words, to its old and new value. Returns the
    event's id."""
    event_id = new_id()
    write(
        _EVENT,
        {
            "id": event_id,
            "case_id": case.id,
            "at": at,
            "actor_id": actor.user_id,
            "agency_id": actor.agency_id,
            "kind": kind,
            "summary": summary[:300],
            "audience": audience,
            "for_agency_id": for_agency_id,
            "action_id": action_id,
            "goal_id": goal_id,
            "change": change,
        },
    )
    write(_ACTIVE, {"of_case": case.id, "moment": at})
    people = set(tell_user_ids)
    if tell_case_workers:
        people |= case_workers(case.id)
    if tell_agency_id is not None:
        people |= agency_workers(tell_agency_id)
    notify(people - {actor.user_id}, kind, at=at, case_id=case.id, event_id=event_id, meeting_id=meeting_id)
    return event_id


def notify(
    user_ids,
    kind: str,
    *,
    at: datetime,
    case_id: int | None = None,
    event_id: int | None = None,
    meeting_id: int | None = None,
    plain: str = "",
) -> None:
    """Leave word for users. `plain` is for notices about no record that they may still see, and names no person."""
    rows = [
        {
            "id": new_id(),
            "user_id": user_id,
            "at": at,
            "kind": kind,
            "case_id": case_id,
            "event_id": event_id,
            "meeting_id": meeting_id,
            "plain": plain,
        }
        for user_id in sorted(user_ids)
    ]
    write(_NOTICE, *rows)


def case_workers(case_id: int) -> set[int]:
    """The case manager and key workers now; where there is none, the case's line manager."""
    found = read(_WORKERS, {"of_case": case_id}) or read(_MANAGER, {"of_case": case_id})
    return {row[0] for row in found}


def agency_workers(agency_id: int) -> set[int]:
    """Everybody in the agency who works with people and whose account is live."""
    return agency_staff.having(agency_id, PRACTISES)
