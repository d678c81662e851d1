"""A person's own grievance about an agency, in their own words: written down by whoever they tell, looked into by a line
manager of the agency, never by the worker whom it is about; answered to the person within twenty working days."""

from datetime import date, datetime

from sqlalchemy import select

from caseapp import clock, working_days
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import ConsentGrant, PersonGrievance, PersonGrievanceStep, User
from caseapp.policy import rules, scopes
from caseapp.policy.do import Do
from caseapp.policy.grievances import PersonGrievanceFile
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import settings
from caseapp.services import agency_staff, audit, events, shut_out
from caseapp.services.record_hold import hold
from caseapp.services.transaction import use_case
from caseapp.vocabulary import GrievanceAct, PersonGrievanceStage

#: Working days in which the person is answered.
ANSWER = 20


@use_case
def receive(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    agency_id: int | None,
    words: str,
    wanted: str = "",
    answer_how: str = "",
    helper: str = "",
    received_on: date,
    about_user_id: int | None = None,
) -> int:
    """Write down what the person says. It may be about the recorder's own agency or one that shares the plan; a line
    manager of that agency, never the worker whom it is about, looks into it and is told. Returns its id."""
    if not rules.may(actor, Do.RAISE_PERSON_GRIEVANCE, case):
        raise NotAllowed
    if not words:
        raise RuleBroken("Write what they say, in their own words", "words")
    if received_on > clock.local_day(at):
        raise RuleBroken("This day has not come yet", "received_on")
    if agency_id not in agencies(case, actor):
        raise RuleBroken("Choose your own agency, or one that takes part in the plan", "agency_id")
    if about_user_id is not None:
        of = db.session.scalar(select(User.agency_id).where(User.id == about_user_id))
        if of != agency_id:
            raise RuleBroken("Choose a worker of that agency, or leave it open", "about_user_id")
    handlers = sorted(agency_staff.managers(agency_id) - {about_user_id} - shut_out.of_person(case.person_id))
    if not handlers:
        raise RuleBroken(
            "No line manager of that agency could look into it. Help the person to complain in writing",
            "agency_id",
        )
    calendar = settings.value(agency_id, "working_day_calendar")
    row = PersonGrievance(
        id=new_id(),
        agency_id=agency_id,
        person_id=case.person_id,
        case_id=case.id,
        about_user_id=about_user_id,
        words=words,
        wanted=wanted,
        answer_how=answer_how,
        helper=helper,
        received_on=received_on,
        due_on=working_days.add_working_days(received_on, ANSWER, calendar),
        recorded_at=at,
        recorded_by_id=actor.user_id,
        handler_id=handlers[0],
    )
    db.session.add(row)
    db.session.flush()
    _step(row, GrievanceAct.RAISED, actor, at, "")
    events.notify(
        set(handlers) - {actor.user_id},
        "grievance",
        at=at,
        plain="A person’s own grievance was received. See Grievances.",
    )
    return row.id


def agencies(case: CaseFile, actor: Viewer) -> set[int]:
    """The recorder's own agency, the lead agency, and those with consent to the plan in force."""
    granted = select(ConsentGrant.agency_id).where(
        ConsentGrant.case_id == case.id, scopes.in_force(today=clock.today())
    )
    there = {actor.agency_id, case.lead_agency_id}
    return there | set(db.session.scalars(granted)) if case.sees_all else there


def _hold(grievance, actor, act, version):
    return hold(PersonGrievance, grievance, act, actor=actor, version=version, even_ended=False)


@use_case
def answer(
    grievance: PersonGrievanceFile,
    *,
    actor: Viewer,
    at: datetime,
    version: int | None = None,
    text: str,
    person_told_on: date | None,
) -> int:
    """The agency's answer, and the day on which the person was told it. Without that day it is only looked into yet.
    Returns its id."""
    row = _hold(grievance, actor, Do.ANSWER_PERSON_GRIEVANCE, version)
    if not text:
        raise RuleBroken("Write what was found", "text")
    if person_told_on is not None and person_told_on > clock.local_day(at):
        raise RuleBroken("This day has not come yet", "person_told_on")
    told = person_told_on is not None
    row.stage = PersonGrievanceStage.ANSWERED if told else PersonGrievanceStage.LOOKED_INTO
    _step(row, GrievanceAct.ANSWERED if told else GrievanceAct.NOTED, actor, at, text, person_told_on)
    _tell(row, actor, at)
    return row.id


@use_case
def speak(
    grievance: PersonGrievanceFile,
    *,
    actor: Viewer,
    at: datetime,
    version: int | None = None,
    how: str,
    text: str,
) -> int:
    """What the person says to it: content (it ends), not content (it is looked at again), or no longer wished
    (withdrawn). Returns its id."""
    row = _hold(grievance, actor, Do.SPEAK_FOR_GRIEVANCE, version)
    if how not in SAYS:
        raise RuleBroken("Choose what the person says", "how")
    stage, act = SAYS[how]
    if stage is not PersonGrievanceStage.WITHDRAWN and row.stage is not PersonGrievanceStage.ANSWERED:
        raise RuleBroken("The person has not been answered yet", "how")
    if not text:
        raise RuleBroken("Write it in their words", "text")
    row.stage = stage
    row.ended_at = None if stage is PersonGrievanceStage.APPEALED else at
    _step(row, act, actor, at, text)
    _tell(row, actor, at)
    return row.id


SAYS = {
    "content": (PersonGrievanceStage.ENDED, GrievanceAct.ENDED),
    "not_content": (PersonGrievanceStage.APPEALED, GrievanceAct.APPEALED),
    "withdrawn": (PersonGrievanceStage.WITHDRAWN, GrievanceAct.WITHDRAWN),
}


def _step(row, act, actor, at, text, told=None):
    db.session.add(
        PersonGrievanceStep(
            grievance_id=row.id, at=at, user_id=actor.user_id, act=act, text=text, person_told_on=told
        )
    )
    audit.record(
        actor,
        f"a person’s grievance: {act.label.lower()}",
        at=at,
        case_id=row.case_id,
        person_id=row.person_id,
        detail={"person_grievance": row.id},
    )


def _tell(row, actor, at):
    events.notify(
        {row.handler_id, row.recorded_by_id} - {actor.user_id, row.about_user_id},
        "grievance",
        at=at,
        plain="Something new stands in a person’s grievance. See Grievances.",
    )
