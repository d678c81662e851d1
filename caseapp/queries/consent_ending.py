"""What ending a consent does to the plan: shown before it is confirmed, and what is left of it afterwards (F7)."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, bindparam, func, or_, select

from caseapp import protocols
from caseapp.extensions import db
from caseapp.models import Action, Case, CaseNote, CaseNoteShare, Goal, Need, PlanIssue, User
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import PRACTISES, Viewer
from caseapp.queries.consent import GrantRow
from caseapp.vocabulary import OPEN_ACTIONS, ActionStatus, NeedLevel

_CASE = bindparam("case_id", type_=Id)
_AGENCY = bindparam("agency_id", type_=Id)


@dataclass(frozen=True, slots=True)
class Hidden:
    """An open action that the agency would no longer see."""

    id: int
    what: str
    status: ActionStatus
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Effects:
    """What ending one consent will do, or has done. Nothing at all where it opened nothing."""

    agency: str
    staff: int = 0
    actions: tuple[Hidden, ...] = ()
    whole_plan: bool = False
    goals_without: tuple[str, ...] = ()
    needs_without: tuple[str, ...] = ()
    notes: int = 0
    issues: int = 0


_ACTIONS = (
    select(Action.id, Action.what, Action.status, Action.due_on, Action.goal_id, Goal.domain)
    .join(Goal, Goal.id == Action.goal_id)
    .join(Case, Case.id == Action.case_id)
    .where(
        Action.case_id == _CASE,
        Action.owner_agency_id == _AGENCY,
        Action.status.in_(sorted(OPEN_ACTIONS)),
        scopes.SEES_ALL,
    )
    .order_by(Action.due_on, Action.id)
)
_SERVED_BY_OTHERS = (
    select(Goal.id, Goal.words, Goal.title, Goal.domain, func.count(Action.id))
    .join(Case, Case.id == Goal.case_id)
    .outerjoin(
        Action,
        and_(
            Action.goal_id == Goal.id,
            Action.status.in_(sorted(OPEN_ACTIONS)),
            or_(Action.owner_agency_id.is_(None), Action.owner_agency_id != _AGENCY),
        ),
    )
    .where(Goal.case_id == _CASE, scopes.SEES_ALL)
    .group_by(Goal.id, Goal.words, Goal.title, Goal.domain, Goal.number)
    .order_by(Goal.number)
)
_NEEDS = (
    select(Need.domain)
    .join(Case, Case.id == Need.case_id)
    .where(Need.case_id == _CASE, Need.level != NeedLevel.NONE, scopes.SEES_ALL)
)
_STAFF = select(func.count()).where(
    User.agency_id == _AGENCY, User.disabled_at.is_(None), User.roles.op("&")(int(PRACTISES)) != 0
)
_NOTES = (
    select(func.count())
    .select_from(CaseNoteShare)
    .join(CaseNote, CaseNote.id == CaseNoteShare.note_id)
    .join(Case, Case.id == CaseNote.case_id)
    .where(CaseNote.case_id == _CASE, CaseNoteShare.agency_id == _AGENCY, scopes.SEES_ALL)
)
_ISSUES = (
    select(func.count())
    .select_from(PlanIssue)
    .join(Case, Case.id == PlanIssue.case_id)
    .where(
        PlanIssue.case_id == _CASE,
        PlanIssue.agency_id == _AGENCY,
        PlanIssue.answered_at.is_(None),
        scopes.SEES_ALL,
    )
)


def effects_of_ending(case: CaseFile, grant: GrantRow, *, viewer: Viewer) -> Effects:
    """What is hidden, from how many members of staff, and which goals and needs nobody else serves. Read from the
    plan as it stands, so it says the same before and after."""
    if not grant.shares:
        return Effects(grant.agency)
    binds = {"case_id": case.id, "agency_id": grant.agency_id} | scopes.binds(viewer)
    theirs = list(db.session.execute(_ACTIONS, binds))
    goals = list(db.session.execute(_SERVED_BY_OTHERS, binds))
    served = {row.goal_id for row in theirs}
    still_served = {domain for _id, _words, _title, domain, others in goals if others}
    needs = set(db.session.scalars(_NEEDS, binds))
    protocol = protocols.get(case.protocol_key, case.protocol_version)
    return Effects(
        agency=grant.agency,
        staff=db.session.scalar(_STAFF, binds),
        actions=tuple(Hidden(*row[:4]) for row in theirs),
        whole_plan=grant.full_plan,
        goals_without=tuple(
            words or title for goal_id, words, title, _d, others in goals if goal_id in served and not others
        ),
        needs_without=tuple(
            sorted(
                protocol.domain_label(domain)
                for domain in {row.domain for row in theirs} & needs - still_served
            )
        ),
        notes=db.session.scalar(_NOTES, binds),
        issues=db.session.scalar(_ISSUES, binds),
    )
