"""How long a record is kept (X-9, ASVS 14.2.7). What has been kept long enough is listed; a line manager decides; what is to
go goes a fortnight later (services.disposals)."""

from datetime import datetime, timedelta

from sqlalchemy import select

from caseapp import clock
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import (
    LegalHold,
    RetentionReview,
    SubjectRequest,
)
from caseapp.policy.do import Do
from caseapp.policy.rights import RetentionFile
from caseapp.policy.viewer import Viewer
from caseapp.protocols import add_months
from caseapp.queries.retention import in_force
from caseapp.services import audit, events
from caseapp.services.record_hold import hold
from caseapp.services.retention_due import due, parts_ahead
from caseapp.services.subject_requests import answering
from caseapp.services.transaction import use_case
from caseapp.vocabulary import (
    OPEN_ACCESS,
    RetentionDecision,
)

#: Calendar days between the decision and the disposal, in which it can be taken back.
GRACE = 14
YEARS_MOST = 100
UNDECIDED = (RetentionDecision.WAITING, RetentionDecision.DISPOSE)


@use_case
def list_due(*, at: datetime) -> int:
    """Put what is due before the line managers, each once; what is no longer due (a new episode has begun) lapses. What
    stayed of a case that was handed over is listed before its day, and told of on it. Safe to run as often as the timer
    likes. Returns how many were newly due."""
    found = {(one.agency_id, one.person_id): one for one in due(at)}
    ahead = {(one.agency_id, one.person_id): one for one in parts_ahead(at)}
    there = {
        (row.agency_id, row.person_id): row
        for row in db.session.scalars(
            select(RetentionReview).where(RetentionReview.decision.in_(UNDECIDED)).with_for_update()
        )
    }
    new = [one for key, one in found.items() if key not in there]
    for key, row in there.items():
        if key in ahead:
            _takes(row, ahead[key])
            row.decision, row.dispose_on = RetentionDecision.WAITING, None
        elif key not in found:
            row.decision, row.dispose_on = RetentionDecision.LAPSED, None
        elif clock.local_day(row.listed_at) < row.due_on:  # listed ahead of its day, which has come
            _takes(row, found[key])
            row.listed_at = at
            new.append(found[key])
    _list([one for key, one in (found | ahead).items() if key not in there], at)
    for agency_id in sorted({one.agency_id for one in new}):
        events.notify(
            answering(agency_id),
            "retention",
            at=at,
            plain="Records have been kept long enough and wait for your decision. See Retention.",
        )
    return len(new)


def _takes(row, one):
    row.rule, row.ended_on, row.years, row.due_on = one.rule, one.ended_on, one.years, one.due_on


def _list(new, at):
    for one in new:
        row = RetentionReview(agency_id=one.agency_id, person_id=one.person_id, listed_at=at)
        _takes(row, one)
        db.session.add(row)


@use_case
def part_stays(agency_id: int, person_id: int, *, at: datetime) -> None:
    """A case went over: what stays with the agency that led stands in its list from now on, with its own day."""
    open_row = select(RetentionReview.id).where(
        RetentionReview.agency_id == agency_id,
        RetentionReview.person_id == person_id,
        RetentionReview.decision.in_(UNDECIDED),
    )
    if db.session.scalar(open_row.limit(1)) is None:
        _list(parts_ahead(at, agency_id=agency_id, person_id=person_id), at)


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
        return "It is not due: something of it is open, it began anew, or an agency that led before keeps its part longer"
    return ""
