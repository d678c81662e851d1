"""What follows from consent beginning and ending: actions asked, notices forgotten, the calendar written down."""

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select, update

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Action, Case, ConsentGrant, ConsentWithheld, Goal, Notification, User
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import events
from caseapp.services.escalations import naming
from caseapp.services.transaction import use_case
from caseapp.vocabulary import ActionKind, ActionStatus, ConsentKind, ConsentStatus


def release_actions(case: CaseFile, agency_id: int, *, actor: Viewer, at: datetime) -> int:
    """What was only proposed to this agency is now asked of it, except what the person keeps from it (X-3), and a
    detox or rehab referral that still waits for the talk with the clinic (S2-45). Returns how many."""
    return _release(case.id, agency_id, actor.user_id, at)


def _release(case_id, agency_id, user_id, at, proposed_before=None):
    table, goal, grant = Action.__table__, Goal.__table__, ConsentGrant.__table__
    withheld = (
        select(ConsentWithheld.grant_id)
        .join(grant, grant.c.id == ConsentWithheld.grant_id)
        .join(goal, goal.c.domain == ConsentWithheld.domain)
        .where(
            grant.c.case_id == case_id,
            grant.c.agency_id == agency_id,
            grant.c.kind == ConsentKind.INFORMATION_SHARING,
            grant.c.status == ConsentStatus.ACTIVE,
            goal.c.id == table.c.goal_id,
        )
        .correlate(table)
        .exists()
    )
    wanted = [
        table.c.case_id == case_id,
        table.c.owner_agency_id == agency_id,
        table.c.status == ActionStatus.PROPOSED,
        table.c.due_on.is_not(None),  # an action joins the plan when its columns are filled (S3-46)
        (table.c.kind != ActionKind.DETOX_REFERRAL) | table.c.clinic_talk_on.is_not(None),
        ~withheld,
    ]
    if proposed_before is not None:  # what is held back on purpose since then stays held back
        wanted.append(table.c.changed_at < proposed_before)
    return db.session.execute(
        update(table)
        .where(*wanted)
        .values(
            status=ActionStatus.REQUESTED,
            asked_at=at,
            asked_by_id=user_id,
            changed_at=at,
            changed_by_id=user_id,
            version=table.c.version + 1,
        )
    ).rowcount


def forget(case_id: int, agency_id: int, at: datetime) -> None:
    """Notices that the agency's staff have not read yet say nothing more about this case, and what it raised names the
    person to nobody above it any more."""
    table = Notification.__table__
    staff = select(User.id).where(User.agency_id == agency_id)
    lead = db.session.scalar(select(Case.lead_agency_id).where(Case.id == case_id))
    if lead != agency_id:
        naming.end_for_agency(case_id, agency_id, at=at)
        db.session.execute(
            update(table)
            .where(table.c.case_id == case_id, table.c.user_id.in_(staff), table.c.read_at.is_(None))
            .values(read_at=at)
        )


@use_case
def mark_expired(*, at: datetime) -> int:
    """Write down what the calendar has already decided: rows past their last day become `expired`, and the case
    manager is told. Sight ended at midnight without this. Returns how many rows."""
    today = clock.local_day(at)
    rows = db.session.execute(
        select(ConsentGrant.id, ConsentGrant.case_id, ConsentGrant.agency_id).where(
            ConsentGrant.status == ConsentStatus.ACTIVE, ConsentGrant.expires_on < today
        )
    ).all()
    for row in rows:
        db.session.execute(
            update(ConsentGrant)
            .where(ConsentGrant.id == row.id, ConsentGrant.status == ConsentStatus.ACTIVE)
            .values(
                status=ConsentStatus.EXPIRED,
                ended_reason="Its last day has passed",
                version=ConsentGrant.version + 1,
            )
        )
        forget(row.case_id, row.agency_id, at)
        events.notify(events.case_workers(row.case_id), "consent_ended", at=at, case_id=row.case_id)
    return len(rows)


@use_case
def begin_due(*, at: datetime) -> int:
    """Ask the agencies of consents that began today or in the last week for what was proposed to them before; sight
    itself began at midnight without this. For the same daily job as mark_expired; again it does nothing. Returns how
    many actions."""
    today = clock.local_day(at)
    begun = db.session.execute(
        select(
            ConsentGrant.case_id,
            ConsentGrant.agency_id,
            ConsentGrant.starts_on,
            ConsentGrant.recorded_at,
            ConsentGrant.recorded_by_id,
        ).where(scopes.in_force(today=today), ConsentGrant.starts_on > today - timedelta(days=7))
    ).all()
    asked = 0
    for row in begun:
        if clock.local_day(row.recorded_at) >= row.starts_on:
            continue
        before = datetime.combine(row.starts_on, time(), UTC)
        released = _release(row.case_id, row.agency_id, row.recorded_by_id, at, proposed_before=before)
        if released:
            workers = events.agency_workers(row.agency_id)
            events.notify(workers, "consent_recorded", at=at, case_id=row.case_id)
        asked += released
    return asked
