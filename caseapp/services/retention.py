"""How long a record is kept (X-9, ASVS 14.2.7). What has been kept long enough is listed; a line manager decides; what is to
go goes a fortnight later (services.disposals)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from caseapp import clock
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import (
    Case,
    CaseAssignment,
    LegalHold,
    Person,
    PersonGrievance,
    RetentionReview,
    SubjectRequest,
)
from caseapp.pieces import pieces
from caseapp.policy.do import Do
from caseapp.policy.rights import RetentionFile
from caseapp.policy.viewer import Viewer
from caseapp.protocols import add_months
from caseapp.queries import settings
from caseapp.queries.retention import in_force
from caseapp.services import audit, events
from caseapp.services.record_hold import hold
from caseapp.services.subject_requests import answering
from caseapp.services.transaction import use_case
from caseapp.vocabulary import OPEN_ACCESS, CaseStatus, RetentionDecision, RetentionRule

#: Calendar days between the decision and the disposal, in which it can be taken back.
GRACE = 14
YEARS_MOST = 100
UNDECIDED = (RetentionDecision.WAITING, RetentionDecision.DISPOSE)


# --- what is due ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """What an agency has kept of a person long enough; `ended_on` and `due_on` are local days."""

    agency_id: int
    person_id: int
    rule: RetentionRule
    ended_on: date
    years: int
    due_on: date


def due(at: datetime, *, agency_id: int | None = None, person_id: int | None = None) -> list[Due]:
    """Everything that has been kept as long as its agency's settings say: closed cases after the end of care, people who
    were registered and never had a case; a grievance or request that ended later holds the rest (X-9). What is open, or
    was decided to be kept longer, is not due."""
    today = clock.local_day(at)
    years: dict[int, dict] = {}
    found = [
        _due(years, one, today)
        for one in (*_closed(agency_id, person_id), *_never_opened(agency_id, person_id))
    ]
    found = [one for one in found if one.due_on <= today]
    later = _later(found, years)
    kept_longer = {
        tuple(row)
        for row in db.session.execute(
            select(RetentionReview.agency_id, RetentionReview.person_id).where(
                RetentionReview.decision == RetentionDecision.KEEP, RetentionReview.keep_until >= today
            )
        )
    }
    return [
        one
        for one in found
        if (one.agency_id, one.person_id) not in kept_longer and later.get(one.person_id, today) <= today
    ]


def _due(years, one, today):
    agency_id, person_id, rule, ended_on = one
    if agency_id not in years:
        years[agency_id] = settings.values(agency_id)
    key = "retention_years" if rule is RetentionRule.CARE else "retention_contact_only_years"
    most = int(years[agency_id][key])
    return Due(agency_id, person_id, rule, ended_on, most, add_months(ended_on, 12 * most))


def _closed(agency_id, person_id):
    """(agency, person, rule, day of the end) of everybody whose cases with an agency are all closed."""
    statement = (
        select(
            Case.lead_agency_id,
            Case.person_id,
            func.max(Case.closed_at),
            func.count(Case.id),
            func.count(Case.closed_at),
            func.count(Case.id).filter(Case.status != CaseStatus.REFERRED_ON),
            func.count(CaseAssignment.id),
        )
        .outerjoin(CaseAssignment, CaseAssignment.case_id == Case.id)
        .group_by(Case.lead_agency_id, Case.person_id)
    )
    if agency_id is not None:
        statement = statement.where(Case.lead_agency_id == agency_id)
    if person_id is not None:
        statement = statement.where(Case.person_id == person_id)
    for agency, person, closed_at, rows, closed, cared, assigned in db.session.execute(statement):
        if rows == closed:
            # referred on from the enquiry, and no worker was ever given it: that was a contact and no care
            rule = RetentionRule.CARE if cared or assigned else RetentionRule.CONTACT
            yield agency, person, rule, clock.local_day(closed_at)


def _never_opened(agency_id, person_id):
    statement = select(Person.registered_by_agency_id, Person.id, Person.registered_at).where(
        ~select(Case.id).where(Case.person_id == Person.id).correlate(Person).exists()
    )
    if agency_id is not None:
        statement = statement.where(Person.registered_by_agency_id == agency_id)
    if person_id is not None:
        statement = statement.where(Person.id == person_id)
    for agency, person, registered_at in db.session.execute(statement):
        yield agency, person, RetentionRule.CONTACT, clock.local_day(registered_at)


#: Open: it is due on no day that is written here.
NEVER = date(9999, 12, 31)


def _later(found, years) -> dict:
    """The day until which a grievance or a request of their own, with whatever agency, keeps the record of those who are
    found; each for the years of the agency that answered it."""
    people = sorted({one.person_id for one in found})
    until: dict[int, date] = {}
    for table, key in (
        (PersonGrievance, "retention_grievance_years"),
        (SubjectRequest, "retention_request_years"),
    ):
        for chunk in pieces(people):
            rows = db.session.execute(
                select(table.agency_id, table.person_id, table.ended_at).where(table.person_id.in_(chunk))
            )
            for agency_id, person_id, ended_at in rows:
                if agency_id not in years:
                    years[agency_id] = settings.values(agency_id)
                most = 12 * int(years[agency_id][key])
                day = NEVER if ended_at is None else add_months(clock.local_day(ended_at), most)
                until[person_id] = max(day, until.get(person_id, day))
    return until


@use_case
def list_due(*, at: datetime) -> int:
    """Put what is due before the line managers, each once; what is no longer due (a new episode has begun) lapses. Safe to
    run as often as the timer likes. Returns how many were new."""
    found = {(one.agency_id, one.person_id): one for one in due(at)}
    there = {
        (row.agency_id, row.person_id): row
        for row in db.session.scalars(
            select(RetentionReview).where(RetentionReview.decision.in_(UNDECIDED)).with_for_update()
        )
    }
    for key, row in there.items():
        if key not in found:
            row.decision, row.dispose_on = RetentionDecision.LAPSED, None
    new = [one for key, one in found.items() if key not in there]
    for one in new:
        db.session.add(
            RetentionReview(
                agency_id=one.agency_id,
                person_id=one.person_id,
                rule=one.rule,
                ended_on=one.ended_on,
                years=one.years,
                due_on=one.due_on,
                listed_at=at,
            )
        )
    for agency_id in sorted({one.agency_id for one in new}):
        events.notify(
            answering(agency_id),
            "retention",
            at=at,
            plain="Records have been kept long enough and wait for your decision. See Retention.",
        )
    return len(new)


# --- deciding -------------------------------------------------------------------------------------------------------


@use_case
def keep(
    review: RetentionFile,
    *,
    actor: Viewer,
    at: datetime,
    version: int | None = None,
    years: int | None,
    reason: str,
) -> int:
    """Keep it so many years longer, with the reason; then it is put before the line managers again. Returns its id."""
    row = hold(RetentionReview, review, Do.DECIDE_RETENTION, actor=actor, version=version)
    if years is None or not 1 <= years <= YEARS_MOST:
        raise RuleBroken(f"Say for how many years, from 1 to {YEARS_MOST}", "years")
    if not reason:
        raise RuleBroken("Say why it is kept longer", "reason")
    row.decision, row.dispose_on = RetentionDecision.KEEP, None
    row.keep_until, row.reason = add_months(clock.local_day(at), 12 * years), reason
    _decided(row, actor, at, f"kept until {row.keep_until.isoformat()}")
    return row.id


@use_case
def approve(review: RetentionFile, *, actor: Viewer, at: datetime, version: int | None = None) -> int:
    """It is to be disposed of: in a fortnight, so that it can be taken back until then. Not while a hold is on it or
    something of it is open. Returns its id."""
    row = hold(RetentionReview, review, Do.DECIDE_RETENTION, actor=actor, version=version)
    if row.decision is RetentionDecision.DISPOSE:
        raise RuleBroken("That has been decided already")
    if stops := what_stops(row.agency_id, row.person_id, at):
        raise RuleBroken(stops)
    row.decision, row.keep_until = RetentionDecision.DISPOSE, None
    row.reason, row.dispose_on = "", clock.local_day(at) + timedelta(days=GRACE)
    _decided(row, actor, at, f"to be disposed of from {row.dispose_on.isoformat()}")
    return row.id


@use_case
def take_back(review: RetentionFile, *, actor: Viewer, at: datetime, version: int | None = None) -> int:
    """Not to be disposed of after all, or to be decided anew: it waits for a decision again. Returns its id."""
    row = hold(RetentionReview, review, Do.DECIDE_RETENTION, actor=actor, version=version)
    if row.decision not in (RetentionDecision.DISPOSE, RetentionDecision.KEEP):
        raise RuleBroken("Nothing has been decided yet")
    row.decision, row.dispose_on, row.keep_until, row.reason = RetentionDecision.WAITING, None, None, ""
    _decided(row, actor, at, "decision taken back")
    return row.id


def _decided(row, actor, at, words):
    row.decided_at, row.decided_by_id = at, actor.user_id
    audit.record(
        actor, f"retention: {words}", at=at, person_id=row.person_id, detail={"retention_review": row.id}
    )


def what_stops(agency_id: int, person_id: int, at: datetime) -> str:
    """Why what the agency keeps of this person must not be disposed of now, as a sentence; empty where nothing stops it."""
    if db.session.scalar(select(LegalHold.id).where(LegalHold.person_id == person_id, in_force()).limit(1)):
        return "A legal hold is on this record. Nothing is disposed of before it is lifted"
    if db.session.scalar(
        select(SubjectRequest.id)
        .where(SubjectRequest.person_id == person_id, SubjectRequest.stage.in_(OPEN_ACCESS))
        .limit(1)
    ):
        return "The person has asked for what is kept about them. Answer that first"
    if not due(at, agency_id=agency_id, person_id=person_id):
        return "It is not due any more: something of it is open, or it began anew"
    return ""
