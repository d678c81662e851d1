"""Something wrong with the plan: an agency says so, the case manager must answer (S3-18)."""

from datetime import datetime

from sqlalchemy import bindparam, select

from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Action, Case, Goal, PlanIssue, User
from caseapp.models.base import Id
from caseapp.policy import rules, scopes
from caseapp.policy.do import Do
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, events
from caseapp.services.transaction import use_case
from caseapp.vocabulary import Audience, Role

_OWN_ACTION = (
    select(Action.id)
    .join(Goal, Goal.id == Action.goal_id)
    .join(Case, Case.id == Action.case_id)
    .where(
        Action.id == bindparam("action_id", type_=Id),
        Action.case_id == bindparam("case_id", type_=Id),
        Action.owner_agency_id == scopes.VIEWER_AGENCY,
        scopes.SEES_ACTION,
    )
)


@use_case
def raise_issue(
    case: CaseFile, *, actor: Viewer, at: datetime, text: str, action_id: int | None = None
) -> int:
    """An agency in the plan says what should change; whoever works on the case is told at once. `action_id` may name
    one of the agency's own actions. Returns the issue's id."""
    if not rules.may(actor, Do.RAISE_ISSUE, case):
        raise NotAllowed
    if not text:
        raise RuleBroken("Say what should change, and why", field="text")
    if action_id is not None:
        binds = scopes.binds(actor) | {"action_id": action_id, "case_id": case.id}
        if db.session.execute(_OWN_ACTION, binds).first() is None:
            raise RuleBroken("Choose one of your own actions, or none", field="about")
    issue = PlanIssue(
        case_id=case.id,
        agency_id=actor.agency_id,
        raised_by_id=actor.user_id,
        raised_at=at,
        action_id=action_id,
        text=text,
    )
    db.session.add(issue)
    db.session.flush()
    events.happened(
        case,
        "issue_raised",
        f"Issue raised by {actor.agency_name}",
        actor=actor,
        at=at,
        audience=Audience.AGENCY,
        for_agency_id=actor.agency_id,
        action_id=action_id,
        change={"issue": ["", text]},
        tell_case_workers=True,
    )
    audit.record(actor, "issue: raised", at=at, case=case, detail={"issue": issue.id})
    return issue.id


_ISSUE = (
    select(PlanIssue)
    .join(Case, Case.id == PlanIssue.case_id)
    .where(
        PlanIssue.id == bindparam("issue_id", type_=Id),
        PlanIssue.case_id == bindparam("case_id", type_=Id),
        scopes.SEES_ISSUE,
    )
    .with_for_update(of=PlanIssue)
)


@use_case
def answer(case: CaseFile, issue_id: int, *, actor: Viewer, at: datetime, answer: str, version: int) -> int:
    """Answer an issue. The agency that raised it reads the answer and is told, as long as it still takes part in the
    plan. An answer once given stays; a second one is refused as stale. Returns the issue's id."""
    if not rules.may(actor, Do.ANSWER_ISSUE, case):
        raise NotAllowed
    issue = db.session.scalar(_ISSUE, scopes.binds(actor) | {"issue_id": issue_id, "case_id": case.id})
    if issue is None:
        raise NotVisible
    if not answer:
        raise RuleBroken("Write your answer", field="answer")
    if issue.answered_at is not None or issue.version != version:
        by = db.session.scalar(select(User.name).where(User.id == issue.answered_by_id)) or ""
        raise Stale({"answer": issue.answer}, by=by, at=issue.answered_at, version=issue.version)
    issue.answer, issue.answered_at, issue.answered_by_id = answer, at, actor.user_id
    raiser = Viewer(issue.raised_by_id, issue.agency_id, Role.WORKER, "", "")
    takes_part = scopes.find_case_by_id(raiser, case.id) is not None
    events.happened(
        case,
        "issue_answered",
        "Issue answered",
        actor=actor,
        at=at,
        audience=Audience.AGENCY,
        for_agency_id=issue.agency_id,
        action_id=issue.action_id,
        change={"answer": ["", answer]},
        tell_agency_id=issue.agency_id if takes_part else None,
    )
    audit.record(actor, "issue: answered", at=at, case=case, detail={"issue": issue.id})
    return issue.id
