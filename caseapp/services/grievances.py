"""Grievances between agencies (S2-23): first the managers talk, then the provider grievance procedure. Both are kept. A
person's own grievance is in services/person_grievances.py; neither is a gap or block."""

from datetime import date, datetime

from sqlalchemy import select

from caseapp import clock
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Agency, ProviderGrievance, ProviderGrievanceStep
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.grievances import ProviderGrievanceFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, events
from caseapp.services.agency_staff import managers
from caseapp.services.record_hold import hold
from caseapp.services.transaction import use_case
from caseapp.vocabulary import GrievanceAct, ProviderGrievanceStage


@use_case
def raise_grievance(
    *,
    actor: Viewer,
    at: datetime,
    about_agency_id: int | None,
    title: str,
    what: str,
    wanted: str = "",
    happened_on: date,
) -> int:
    """Dissatisfaction with another agency is written down; the managers of both are told and are to talk. It names no
    person served. Returns its id."""
    if not rules.may(actor, Do.SEE_GRIEVANCES):
        raise NotAllowed
    about = about_agency_id and db.session.scalar(
        select(Agency.id).where(Agency.id == about_agency_id, Agency.active)
    )
    if about is None or about == actor.agency_id:
        raise RuleBroken("Choose the other agency", "about_agency_id")
    if not title:
        raise RuleBroken("Say in one line what it is about", "title")
    if not what:
        raise RuleBroken("Say what happened", "what")
    if happened_on > clock.local_day(at):
        raise RuleBroken("This day has not come yet", "happened_on")
    row = ProviderGrievance(
        id=new_id(),
        agency_id=actor.agency_id,
        about_agency_id=about,
        title=title,
        what=what,
        wanted=wanted,
        happened_on=happened_on,
        raised_at=at,
        raised_by_id=actor.user_id,
    )
    db.session.add(row)
    db.session.flush()
    _step(row, GrievanceAct.RAISED, actor, at, "")
    _tell(row, actor, at, "A grievance between agencies was written down")
    return row.id


def _hold(grievance, actor, act, version):
    return hold(ProviderGrievance, grievance, act, actor=actor, version=version, even_ended=False)


@use_case
def talked(
    grievance: ProviderGrievanceFile,
    *,
    actor: Viewer,
    at: datetime,
    version: int | None = None,
    on: date | None,
    text: str,
) -> int:
    """Stage 1: the managers talked, on a local day, with what came of it. Returns its id."""
    row = _hold(grievance, actor, Do.ANSWER_PROVIDER_GRIEVANCE, version)
    if on is None or on > clock.local_day(at):
        raise RuleBroken("Say on which day you talked", "on")
    if not text:
        raise RuleBroken("Say what came of the talk", "text")
    row.talked_on = on
    _step(row, GrievanceAct.TALKED, actor, at, text, on)
    _tell(row, actor, at, "The managers’ talk about a grievance was written down")
    return row.id


@use_case
def answer(
    grievance: ProviderGrievanceFile, *, actor: Viewer, at: datetime, version: int | None = None, text: str
) -> int:
    """A manager of either agency answers. Returns its id."""
    row = _hold(grievance, actor, Do.ANSWER_PROVIDER_GRIEVANCE, version)
    if not text:
        raise RuleBroken("Write your answer", "text")
    _step(row, GrievanceAct.ANSWERED, actor, at, text)
    _tell(row, actor, at, "A grievance between agencies was answered")
    return row.id


@use_case
def to_procedure(
    grievance: ProviderGrievanceFile, *, actor: Viewer, at: datetime, version: int | None = None, text: str
) -> int:
    """Stage 2: the provider grievance procedure (Protocol 2.7), only after the managers have talked. By a manager of
    the agency that raised it. Returns its id."""
    row = _hold(grievance, actor, Do.END_PROVIDER_GRIEVANCE, version)
    if row.stage is ProviderGrievanceStage.PROCEDURE:
        raise RuleBroken("The procedure has begun already")
    if row.talked_on is None:
        raise RuleBroken("First the managers talk: write down when, and what came of it")
    if not text:
        raise RuleBroken("Say why the talk was not enough", "text")
    row.stage = ProviderGrievanceStage.PROCEDURE
    _step(row, GrievanceAct.MOVED, actor, at, text)
    _tell(row, actor, at, "A grievance goes on by the provider grievance procedure")
    return row.id


ENDS = {
    "settled": (ProviderGrievanceStage.SETTLED, GrievanceAct.SETTLED),
    "not_settled": (ProviderGrievanceStage.NOT_SETTLED, GrievanceAct.ENDED),
    "withdrawn": (ProviderGrievanceStage.WITHDRAWN, GrievanceAct.WITHDRAWN),
}


@use_case
def end(
    grievance: ProviderGrievanceFile,
    *,
    actor: Viewer,
    at: datetime,
    version: int | None = None,
    how: str,
    text: str,
) -> int:
    """Settled, ended unsettled, or withdrawn: by a manager of the agency that raised it. Returns its id."""
    row = _hold(grievance, actor, Do.END_PROVIDER_GRIEVANCE, version)
    if how not in ENDS:
        raise RuleBroken("Choose how it ended", "how")
    if not text:
        raise RuleBroken("Say how it ended", "text")
    stage, act = ENDS[how]
    row.stage, row.ended_at = stage, at
    _step(row, act, actor, at, text)
    _tell(row, actor, at, "A grievance between agencies has ended")
    return row.id


def _step(row, act, actor, at, text, on=None):
    db.session.add(
        ProviderGrievanceStep(
            grievance_id=row.id,
            at=at,
            user_id=actor.user_id,
            agency_id=actor.agency_id,
            act=act,
            on=on,
            text=text,
        )
    )
    audit.record(
        actor,
        f"grievance between agencies: {act.label.lower()}",
        at=at,
        about_id=row.about_agency_id,
        detail={"provider_grievance": row.id},
    )


def _tell(row, actor, at, words):
    people = managers(row.agency_id) | managers(row.about_agency_id) | {row.raised_by_id}
    events.notify(people - {actor.user_id}, "grievance", at=at, plain=f"{words}. See Grievances.")
