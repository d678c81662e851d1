"""A legal hold: nothing of a person is disposed of, by any agency, until it is lifted or its last day has passed (X-9)."""

from datetime import date, datetime

from sqlalchemy import select

from caseapp import clock
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import LegalHold, RetentionReview
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.rights import RetentionFile
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit
from caseapp.services.transaction import use_case
from caseapp.vocabulary import HoldGround, RetentionDecision


@use_case
def hold(
    about: CaseFile | RetentionFile,
    *,
    actor: Viewer,
    at: datetime,
    ground: HoldGround,
    reason: str,
    until_on: date | None = None,
) -> int:
    """Nothing of this person is disposed of, by any agency, until the hold is lifted or its last local day has passed. A
    disposal that was decided is called off. Returns the hold's id."""
    act = Do.HOLD_RECORD if isinstance(about, CaseFile) else Do.HOLD_RETENTION
    if not rules.may(actor, act, about):
        raise NotAllowed
    if not reason:
        raise RuleBroken("Say why the record has to be kept", "reason")
    if until_on is not None and until_on <= clock.local_day(at):
        raise RuleBroken("Choose a day to come, or leave it open", "until_on")
    row = LegalHold(
        id=new_id(),
        agency_id=actor.agency_id,
        person_id=about.person_id,
        ground=ground,
        reason=reason,
        begun_at=at,
        begun_by_id=actor.user_id,
        until_on=until_on,
    )
    db.session.add(row)
    for review in db.session.scalars(
        select(RetentionReview).where(
            RetentionReview.person_id == about.person_id,
            RetentionReview.decision == RetentionDecision.DISPOSE,
        )
    ):
        review.decision, review.dispose_on = RetentionDecision.WAITING, None
    db.session.flush()
    audit.record(
        actor, "retention: legal hold begun", at=at, person_id=about.person_id, detail={"legal_hold": row.id}
    )
    return row.id


@use_case
def lift(about: CaseFile | RetentionFile, *, actor: Viewer, at: datetime, hold_id: int, reason: str) -> int:
    """The hold ends, with the reason; only by the agency that put it there. Returns its id."""
    act = Do.HOLD_RECORD if isinstance(about, CaseFile) else Do.HOLD_RETENTION
    if not rules.may(actor, act, about):
        raise NotAllowed
    row = db.session.scalar(
        select(LegalHold)
        .where(
            LegalHold.id == hold_id,
            LegalHold.person_id == about.person_id,
            LegalHold.agency_id == actor.agency_id,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or row.lifted_at is not None:
        raise RuleBroken("This hold has been lifted already")
    if not reason:
        raise RuleBroken("Say why the hold ends", "reason")
    row.lifted_at, row.lifted_by_id, row.lifted_reason = at, actor.user_id, reason
    audit.record(
        actor, "retention: legal hold lifted", at=at, person_id=about.person_id, detail={"legal_hold": row.id}
    )
    return row.id
