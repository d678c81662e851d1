"""Access in an emergency (X-7): the opening is the audited act.

Nobody learns whether somebody is known here without opening their record: reason, password and identification come in
one step, nothing is looked up before all of it stands, and whoever finds nobody reads the same whether the person is
unknown, has no open case, or is one whom they may not know of. Each search that finds nobody is a refusal in the audit
record; after a few there is no next one that day."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from caseapp import clock, working_days
from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    AuditEntry,
    EmergencyAccess,
    EmergencyReview,
    EmergencyRight,
    User,
)
from caseapp.policy import rules, scopes
from caseapp.policy.do import Do
from caseapp.policy.emergency import EmergencyFile, EmergencyReviewFile, OpenedCase
from caseapp.policy.viewer import PRACTISES, Viewer
from caseapp.queries import settings
from caseapp.services import audit, emergency_news, events, last_hand
from caseapp.services.identification import Whom, check_whom, find_case
from caseapp.services.transaction import use_case
from caseapp.vocabulary import AuditAct, EmergencyOutcome, EmergencyReason

LASTS = timedelta(minutes=60)
REASON_LEAST = 20
#: After so many that found nobody the privacy officers are told; how many openings and searches in vain there may be in a
#: day the agency sets (settings_catalogue.door_rules).
FAILURES_TOLD = 3
#: Working days in which it is reviewed.
REVIEW_WITHIN = 3

NOBODY = "emergency access: nobody found"


@use_case
def open_record(
    *, actor: Viewer, at: datetime, whom: Whom, kind: EmergencyReason, reason: str, address: str = ""
) -> int | None:
    """Open one person's case to read, for 60 minutes. Returns the access's id, or None where nobody is found.

    Raises NotAllowed for who is not on their agency's list; RuleBroken for a reason that says nothing, an incomplete
    identification, another access that is still open, and one too many."""
    right = rules.may(actor, Do.USE_EMERGENCY) and _right_of(actor.user_id)
    if not right:
        raise NotAllowed
    _check(whom, reason)
    if (live := _live(actor.user_id, at)) is not None:
        raise RuleBroken(f"You have one open until {clock.local(live):%H:%M}. End it before you open another")
    _check_limits(actor, at)
    row = find_case(whom, actor)
    if row is None:
        audit.write_refusal(actor, NOBODY, at=at, address=address)
        if _failures(actor.user_id, at) >= min(FAILURES_TOLD, in_vain_most(actor.agency_id)):
            emergency_news.tried_in_vain(actor, at=at)
        return None
    seen = scopes.find_case_by_id(actor, row.id)
    if seen is not None and seen.sees_all:
        raise RuleBroken("You see this record anyway: open it from your caseload. Nothing was opened here")
    db.session.execute(
        update(EmergencyAccess)
        .where(EmergencyAccess.user_id == actor.user_id, EmergencyAccess.ended_at.is_(None))
        .values(ended_at=EmergencyAccess.ends_at)
    )
    calendar = settings.value(row.lead_agency_id, "working_day_calendar")
    access = EmergencyAccess(
        id=new_id(),
        user_id=actor.user_id,
        agency_id=actor.agency_id,
        case_id=row.id,
        lead_agency_id=row.lead_agency_id,
        kind=EmergencyReason(kind),
        reason=reason,
        found_by=whom.found_by,
        opened_at=at,
        ends_at=at + LASTS,
        review_due_on=working_days.add_working_days(clock.local_day(at), REVIEW_WITHIN, calendar),
    )
    db.session.add(access)
    db.session.flush()
    subject = OpenedCase(row.id, row.person_id)
    audit.write(
        [
            audit.entry(
                actor,
                AuditAct.EMERGENCY,
                "the record, in an emergency",
                at=at,
                case=subject,
                address=address,
                detail={"emergency": access.id, "reason": EmergencyReason(kind).label},
            )
        ]
    )
    events.happened(
        subject,
        "emergency",
        f"{actor.name}, {actor.agency_name}, opened the record in an emergency",
        actor=actor,
        at=at,
        change={"Why": ["", f"{EmergencyReason(kind).label}. {reason}"]},
        tell_case_workers=True,
        tell_user_ids=emergency_news.line_manager(row.id),
    )
    emergency_news.opened(access, person_id=row.person_id, at=at)
    return access.id


@use_case
def end(access: EmergencyFile, *, actor: Viewer, at: datetime) -> int:
    """Close it before its time. Ending twice changes nothing. Returns its id."""
    done = db.session.execute(
        update(EmergencyAccess)
        .where(
            EmergencyAccess.id == access.id,
            EmergencyAccess.user_id == actor.user_id,
            EmergencyAccess.ended_at.is_(None),
        )
        .values(ended_at=at, version=EmergencyAccess.version + 1)
    )
    if done.rowcount:
        audit.record(
            actor, "emergency access: ended", at=at, case=access.subject, detail={"emergency": access.id}
        )
    return access.id


@use_case
def review(
    access: EmergencyReviewFile,
    *,
    actor: Viewer,
    at: datetime,
    outcome: EmergencyOutcome,
    text: str,
    version: int | None = None,
) -> int:
    """A privacy officer says whether it was justified. A later review is added to the earlier ones and counts from then
    on. The case manager is told what came of it. Returns the access's id."""
    if not rules.may(actor, Do.REVIEW_EMERGENCY, access):
        raise NotAllowed
    row = db.session.scalar(
        select(EmergencyAccess)
        .where(EmergencyAccess.id == access.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotVisible
    if version is not None and row.version != version:
        raise Stale(
            {"outcome": row.outcome.label if row.outcome else "not reviewed"},
            **last_hand.by_step(
                EmergencyReview, EmergencyReview.user_id, EmergencyReview.access_id == row.id, actor=actor
            ),
            version=row.version,
        )
    if len(text or "") < REASON_LEAST:
        raise RuleBroken(f"Say what you found, in at least {REASON_LEAST} characters", "text")
    outcome = EmergencyOutcome(outcome)
    row.outcome, row.reviewed_at = outcome, at
    db.session.add(
        EmergencyReview(access_id=row.id, at=at, user_id=actor.user_id, outcome=outcome, text=text)
    )
    db.session.flush()
    audit.record(
        actor,
        f"emergency access: {outcome.label.lower()}",
        at=at,
        case_id=row.case_id,
        about_id=row.user_id,
        detail={"emergency": row.id},
    )
    emergency_news.reviewed(row, actor=actor, at=at)
    return row.id


# --- who may use it ----------------------------------------------------------------------------------------------


@use_case
def give_right(*, actor: Viewer, at: datetime, user_id: int | None, reason: str) -> int:
    """The agency's administrator names a colleague who may use emergency access. Returns the right's id."""
    who = _own_member(actor, user_id)
    if who.roles & int(PRACTISES) == 0:
        raise RuleBroken("Only somebody who works with people can need it", "user_id")
    if who.id == actor.user_id:
        raise RuleBroken("Another administrator must name you", "user_id")
    if not reason:
        raise RuleBroken("Say why they need it: their part, their hours", "reason")
    if _right_of(who.id) is not None:
        raise RuleBroken(f"{who.name} may use it already", "user_id")
    row = EmergencyRight(id=new_id(), user_id=who.id, given_at=at, given_by_id=actor.user_id, reason=reason)
    db.session.add(row)
    db.session.flush()
    audit.record(actor, "emergency access: may use it", at=at, about_id=who.id, detail={"reason": reason})
    return row.id


@use_case
def take_right(*, actor: Viewer, at: datetime, user_id: int | None) -> int:
    """From the next request on they may not use it, and what they have open is closed. Returns the user's id."""
    who = _own_member(actor, user_id)
    done = db.session.execute(
        update(EmergencyRight)
        .where(EmergencyRight.user_id == who.id, EmergencyRight.ended_at.is_(None))
        .values(ended_at=at, ended_by_id=actor.user_id)
    )
    if done.rowcount:
        audit.record(actor, "emergency access: may no longer use it", at=at, about_id=who.id)
    return who.id


def _own_member(actor, user_id):
    if not rules.may(actor, Do.GIVE_EMERGENCY_RIGHT):
        raise NotAllowed
    who = db.session.execute(
        select(User.id, User.name, User.roles)
        .where(User.id == user_id, User.agency_id == actor.agency_id, User.disabled_at.is_(None))
        .with_for_update()
    ).first()
    if who is None:
        raise RuleBroken("Choose somebody of your agency", "user_id")
    return who


def _right_of(user_id) -> int | None:
    """The right that stands, held: openings of one user take their turns."""
    return db.session.scalar(
        select(EmergencyRight.id)
        .where(EmergencyRight.user_id == user_id, EmergencyRight.ended_at.is_(None))
        .with_for_update()
    )


# --- what is asked before anything is looked up -------------------------------------------------------------------


def _check(whom, reason):
    letters = {letter for letter in (reason or "").casefold() if letter.isalpha()}
    if len(reason or "") < REASON_LEAST or len(letters) < 6 or len(reason.split()) < 3:
        raise RuleBroken(
            f"Say in words what has happened, in at least {REASON_LEAST} characters: it is read today",
            "reason",
        )
    check_whom(whom)


def _live(user_id, at) -> datetime | None:
    return db.session.scalar(
        select(EmergencyAccess.ends_at).where(
            EmergencyAccess.user_id == user_id,
            EmergencyAccess.ended_at.is_(None),
            EmergencyAccess.ends_at > at,
        )
    )


def openings_most(agency_id: int) -> int:
    """How many records one member of this agency's staff may open within a day."""
    return int(settings.value(agency_id, "emergency_openings_a_day"))


def in_vain_most(agency_id: int) -> int:
    """How often within a day nobody may have been found."""
    return int(settings.value(agency_id, "emergency_in_vain_a_day"))


def openings(user_id: int, at: datetime) -> int:
    """How often this user opened a record in an emergency within the last day."""
    return db.session.scalar(
        select(func.count())
        .select_from(EmergencyAccess)
        .where(EmergencyAccess.user_id == user_id, EmergencyAccess.opened_at > at - timedelta(days=1))
    )


def _failures(user_id, at) -> int:
    return db.session.scalar(
        select(func.count())
        .select_from(AuditEntry)
        .where(
            AuditEntry.user_id == user_id,
            AuditEntry.at > at - timedelta(days=1),
            AuditEntry.act == AuditAct.REFUSED,
            AuditEntry.what == NOBODY,
        )
    )


def _check_limits(actor, at):
    most = openings_most(actor.agency_id)
    if openings(actor.user_id, at) >= most:
        raise RuleBroken(
            f"You have opened {most} record{'s' if most > 1 else ''} in an emergency within a day, and no more can be opened "
            "here. Ring the case manager, the emergency services or your line manager"
        )
    if _failures(actor.user_id, at) >= in_vain_most(actor.agency_id):
        raise RuleBroken(
            "Too many searches have found nobody within a day, so no more are made here. Ring the emergency services or "
            "your line manager"
        )
