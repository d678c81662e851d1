"""A statutory case conference of social work, written down beside the plan: it changes no plan and has no minutes here (S2-20,
S2-21, X-6, F12)."""

from datetime import datetime

from sqlalchemy import select

from caseapp import clock, dates
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Agency, Meeting
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, events, restricted
from caseapp.services.case_hold import hold
from caseapp.services.meetings.records import step
from caseapp.services.transaction import use_case
from caseapp.vocabulary import AgencyKind, Audience, MeetingKind, MeetingStatus


def is_social_work(agency_id: int) -> bool:
    """Whether the agency is one of social work, which alone calls a case conference (S2-20)."""
    kind = db.session.scalar(select(Agency.kind).where(Agency.id == agency_id))
    return kind is AgencyKind.SOCIAL_WORK


#: Why what social work gives with the record of a conference is kept apart.
OF_A_CONFERENCE = "Given by social work with a statutory case conference: it may not be passed on"


@use_case
def record_conference(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    starts_at: datetime | None,
    place: str,
    chair_name: str,
    case_manager_invited: bool,
    message: str = "",
    aim: str = "",
    kept_apart: str = "",
) -> int:
    """Record that social work calls, or has held, a statutory case conference (S2-20): when, where, who chairs, whether
    the case manager is invited (S2-21). `message` is what those who hold the plan may know; `aim` stays with social
    work; `kept_apart` goes into the restricted section of the case and nowhere else. It changes no plan and has no
    minutes here, so that nothing which social work was told passes on (X-6, F12).
    Raises NotAllowed for any other agency. Returns its id."""
    hold(case)
    if not is_social_work(actor.agency_id):
        raise NotAllowed
    if starts_at is None:
        raise RuleBroken("Say on which day", "day")
    if not place:
        raise RuleBroken("Say where", "place")
    past = starts_at <= at
    meeting = Meeting(
        id=new_id(),
        case_id=case.id,
        agency_id=actor.agency_id,
        kind=MeetingKind.CONFERENCE,
        status=MeetingStatus.HELD if past else MeetingStatus.SCHEDULED,
        status_at=at,
        aim=aim,
        message=message,
        proposed_at=at,
        proposed_by_id=actor.user_id,
        starts_at=starts_at,
        place=place,
        chair_name=chair_name,
        invited_at=at if case_manager_invited else None,
        begun_at=starts_at if past else None,
        ended_at=starts_at if past else None,
    )
    db.session.add(meeting)
    db.session.flush()
    events.happened(
        case,
        "conference_recorded",
        f"Social work {'held' if past else 'calls'} a case conference on {dates.day(clock.local_day(starts_at))}",
        actor=actor,
        at=at,
        audience=Audience.LEAD if actor.agency_id == case.lead_agency_id else Audience.AGENCY,
        for_agency_id=None if actor.agency_id == case.lead_agency_id else actor.agency_id,
        meeting_id=meeting.id,
        tell_case_workers=True,
    )
    step(meeting, "conference", "Conference recorded", actor=actor, at=at)
    if kept_apart:
        restricted.receive(
            case,
            actor=actor,
            at=at,
            given_by=f"{actor.name}, {actor.agency_name}",
            received_on=clock.local_day(at),
            text=kept_apart,
            why=OF_A_CONFERENCE,
        )
    audit.record(actor, "case conference recorded", at=at, case=case)
    return meeting.id
