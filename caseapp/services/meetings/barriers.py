"""Barriers that a meeting decided to send to gaps and blocks: each is raised or set aside with a reason, never lost."""

from datetime import datetime

from sqlalchemy import select

from caseapp.errors import NotAllowed, NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.models import Meeting, MeetingDecision
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.meeting_barriers import ISSUED
from caseapp.services.meetings.records import record
from caseapp.services.transaction import use_case


@use_case
def raised(case: CaseFile, decision_id: int, gap_id: int, *, actor: Viewer, at: datetime) -> None:
    """A gap or block was raised from a decision of issued minutes; nothing where the decision is not there for the
    actor, is raised already, or never asked for it."""
    if not case.sees_all:
        return
    row = db.session.scalar(
        select(MeetingDecision)
        .join(Meeting, Meeting.id == MeetingDecision.meeting_id)
        .where(
            MeetingDecision.id == decision_id,
            MeetingDecision.to_gaps,
            MeetingDecision.escalation_id.is_(None),
            Meeting.case_id == case.id,
            ISSUED,
        )
        .with_for_update(of=MeetingDecision)
    )
    if row is not None:
        row.escalation_id = gap_id
        db.session.flush()


@use_case
def set_aside(file: MeetingFile, decision_id: int, *, actor: Viewer, at: datetime, reason: str) -> None:
    """The barrier need not be raised any more, and why. Raises RuleBroken without a reason or once it is raised."""
    if not rules.may(actor, Do.ISSUE_MINUTES, file):
        raise NotAllowed
    row = db.session.get(MeetingDecision, decision_id, populate_existing=True, with_for_update=True)
    if row is None or row.meeting_id != file.id or not row.to_gaps:
        raise NotVisible
    if not reason:
        raise RuleBroken("Say why it need not be raised", "reason")
    if row.escalation_id is not None:
        raise RuleBroken("It has been raised already")
    row.not_raised_reason = reason
    db.session.flush()
    record(file, "a barrier of a meeting set aside", actor=actor, at=at)
