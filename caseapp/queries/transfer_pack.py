"""What goes over with a case (S3-52, B9): the plan and the needs, the gaps that are open, the meetings that are called, as
they stand at that moment; kept with the handover form, and read from there only."""

from datetime import date

from sqlalchemy import bindparam, select

from caseapp import dates
from caseapp.extensions import read
from caseapp.models import Agency, Case, Escalation, Meeting, PlanReview
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import plan_versions
from caseapp.vocabulary import COMING_MEETINGS, ActionStatus, EscalationState, MeetingKind

_CASE = bindparam("case_id", type_=Id)
_GAPS = (
    select(Escalation.number, Escalation.title, Escalation.service, Escalation.level, Escalation.noticed_on)
    .join(Case, Case.id == Escalation.case_id)
    .where(Case.id == _CASE, Escalation.state == EscalationState.OPEN, scopes.SEES_ALL)
    .order_by(Escalation.number)
)
_MEETINGS = (
    select(Meeting.kind, Meeting.starts_at)
    .join(Case, Case.id == Meeting.case_id)
    .where(
        Case.id == _CASE,
        Meeting.kind != MeetingKind.CONFERENCE,
        Meeting.status.in_(sorted(COMING_MEETINGS)),
        scopes.SEES_ALL,
    )
    .order_by(Meeting.starts_at.is_(None), Meeting.starts_at)
)
_REVIEWS = (
    select(PlanReview.held_on, PlanReview.works, PlanReview.changed)
    .join(Case, Case.id == PlanReview.case_id)
    .where(Case.id == _CASE, scopes.SEES_ALL)
    .order_by(PlanReview.held_on.desc(), PlanReview.id.desc())
    .limit(3)
)
_FACTS = (
    select(Case.opened_at, Case.first_contact_on, Case.episode, Agency.name)
    .join(Agency, Agency.id == Case.lead_agency_id)
    .where(Case.id == _CASE, scopes.SEES_ALL)
)


def content(case: CaseFile, *, viewer: Viewer) -> dict:
    """All of it, ready for JSON: days as ISO text, names as words. Raises NotVisible for anybody who does not see the
    whole case."""
    kept = plan_versions.snapshot(case, viewer=viewer)
    binds = scopes.binds(viewer) | {"case_id": case.id}
    opened_at, first_contact_on, episode, lead = scopes.still_there(read(_FACTS, binds).first())
    kept["case"] = {
        "opened": dates.day_of(opened_at),
        "first_contact": dates.day(first_contact_on) if first_contact_on else "",
        "episode": episode,
        "lead": lead,
    }
    for goal in kept["goals"]:
        for action in goal["actions"]:
            due = action["due_on"]
            action["by"] = dates.day(date.fromisoformat(due)) if due else ""
            action["stands"] = ActionStatus(action["status"]).label
    kept["gaps"] = [
        {
            "said": f"GB-{row[0]}",
            "title": row[1],
            "service": row[2],
            "level": row[3].label,
            "noticed": dates.day(row[4]),
        }
        for row in read(_GAPS, binds)
    ]
    kept["meetings"] = [
        {"kind": row[0].label, "when": dates.moment(row[1]) if row[1] else "no day yet"}
        for row in read(_MEETINGS, binds)
    ]
    kept["reviews"] = [
        {"held": dates.day(row[0]), "works": row[1], "changed": row[2]} for row in read(_REVIEWS, binds)
    ]
    return kept
