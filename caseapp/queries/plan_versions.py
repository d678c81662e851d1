"""The plan as one content that can be kept and compared: as it stands now, as it was agreed, and what differs. Only for
those who see the whole case; a clinic with the whole plan reads the current one (S3-48)."""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, select

from caseapp import protocols
from caseapp.errors import NotVisible
from caseapp.extensions import db
from caseapp.models import (
    Action,
    Agency,
    CarePlan,
    Case,
    Goal,
    GoalStep,
    Need,
    PlanAgreement,
    PlanVersion,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import plan_diff

CASE_ID = bindparam("case_id", type_=Id)
MINE = (Case.id == CASE_ID, scopes.SEES_ALL)

_HEAD = (
    select(
        CarePlan.strengths,
        CarePlan.strengths_around,
        CarePlan.contingency,
        CarePlan.no_contingency_reason,
        CarePlan.budget_minor,
        CarePlan.budget_source,
    )
    .join(Case, Case.id == CarePlan.case_id)
    .where(*MINE)
)
_NEEDS = (
    select(
        Need.domain,
        Need.level,
        Need.priority,
        Need.situation,
        Need.functioning,
        Need.words,
        Need.wants_help,
    )
    .join(Case, Case.id == Need.case_id)
    .where(*MINE)
    .order_by(Need.priority.is_(None), Need.priority, Need.domain)
)
_GOALS = (
    select(
        Goal.id,
        Goal.number,
        Goal.domain,
        Goal.words,
        Goal.title,
        Goal.measure,
        Goal.smart_specific,
        Goal.smart_measurable,
        Goal.smart_achievable,
        Goal.smart_relevant,
        Goal.smart_timed,
        Goal.priority,
        Goal.target_on,
        Goal.made_with_person,
        Goal.made_without_reason,
        Goal.status,
        Goal.achievement,
        Goal.person_agreed_to_drop,
        Goal.ended_reason,
    )
    .join(Case, Case.id == Goal.case_id)
    .where(*MINE)
    .order_by(Goal.number)
)
_STEPS = (
    select(GoalStep.goal_id, GoalStep.id, GoalStep.text, GoalStep.done_on)
    .join(Goal, Goal.id == GoalStep.goal_id)
    .join(Case, Case.id == Goal.case_id)
    .where(*MINE)
    .order_by(GoalStep.goal_id, GoalStep.position, GoalStep.id)
)
_ACTIONS = (
    select(
        Action.goal_id,
        Action.id,
        Action.what,
        Action.kind,
        Action.owner_agency_id,
        Agency.name.label("agency"),
        Action.owner_user_id,
        User.name.label("worker"),
        Action.owner_name,
        Action.by_person,
        Action.start_on,
        Action.due_on,
        Action.review_on,
        Action.advocacy,
        Action.advocacy_until,
        Action.status,
        Action.status_reason,
        Action.clinic_talk_on,
        Action.clinic_talk_with,
        Action.ended_on,
    )
    .join(Case, Case.id == Action.case_id)
    .outerjoin(Agency, Agency.id == Action.owner_agency_id)
    .outerjoin(User, User.id == Action.owner_user_id)
    .where(*MINE)
    .order_by(Action.id)
)


def snapshot(case: CaseFile, *, viewer: Viewer) -> dict:
    """The whole plan as it stands: names as words and ids, days as ISO text, ready for JSON. Raises NotVisible for a
    viewer who does not see the whole case."""
    if not case.sees_all:
        raise NotVisible
    bound = {"case_id": case.id} | scopes.binds(viewer)
    protocol = protocols.get(case.protocol_key, case.protocol_version)

    def rows(statement):
        return db.session.execute(statement, bound).mappings().all()

    steps, actions = defaultdict(list), defaultdict(list)
    for row in rows(_STEPS):
        steps[row["goal_id"]].append({"id": row["id"], "text": row["text"], "done_on": _iso(row["done_on"])})
    for row in rows(_ACTIONS):
        action = {name: _iso(value) for name, value in row.items() if name not in ("goal_id", "owner_name")}
        action["agency_id"], action["worker_id"] = action.pop("owner_agency_id"), action.pop("owner_user_id")
        action["worker"] = row["worker"] or row["owner_name"]
        actions[row["goal_id"]].append(action)
    goals = []
    for row in rows(_GOALS):
        goal = {name.removeprefix("smart_"): _iso(value) for name, value in row.items()}
        goal["domain_id"], goal["domain"] = row["domain"], protocol.domain_label(row["domain"])
        goals.append(goal | {"steps": steps[row["id"]], "actions": actions[row["id"]]})
    needs = [
        {name: _iso(value) for name, value in row.items()}
        | {"domain_label": protocol.domain_label(row["domain"])}
        for row in rows(_NEEDS)
    ]
    head = dict(next(iter(rows(_HEAD)), {}))
    minor = head.pop("budget_minor", None)
    head["budget"] = "" if minor is None else f"{minor // 100:,}.{minor % 100:02}"
    return {"format": plan_diff.FORMAT, "head": head, "needs": needs, "goals": goals}


def _iso(value):
    if isinstance(value, date):
        return value.isoformat()
    return value.value if hasattr(value, "value") and hasattr(value, "label") else value


#: What an agency says or does with its action is not part of what the person agrees to.
MOVING = ("status", "status_reason", "ended_on")


def fingerprint(content: dict) -> str:
    """What was put before the person, in 32 figures: the same plan always gives the same; progress on an action does not
    change it, its words, dates and owner do."""
    still = {
        "head": content["head"],
        "needs": content["needs"],
        "goals": [
            {k: v for k, v in goal.items() if k != "actions"}
            | {
                "actions": [
                    {k: v for k, v in action.items() if k not in MOVING}
                    | {"stopped": action["status"] == "cancelled"}
                    for action in goal["actions"]
                ]
            }
            for goal in content["goals"]
        ],
    }
    text = json.dumps(still, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


# --- versions ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One agreed version in a list. `agreed` and `disagreed` name the agencies that answered for their part."""

    number: int
    agreed_at: datetime
    recorded_by: str
    reason: str
    person: str = ""
    agreed: tuple[str, ...] = ()
    disagreed: tuple[str, ...] = ()


_LIST = (
    select(PlanVersion.number, PlanVersion.agreed_at, User.name, PlanVersion.reason)
    .join(Case, Case.id == PlanVersion.case_id)
    .join(User, User.id == PlanVersion.recorded_by_id)
    .where(*MINE)
    .order_by(PlanVersion.number.desc())
)
_AGREEMENTS = (
    select(
        PlanAgreement.number,
        PlanAgreement.by_person,
        PlanAgreement.agency_id,
        Agency.name.label("agency"),
        PlanAgreement.agreed,
        PlanAgreement.agreed_on,
        PlanAgreement.route,
        PlanAgreement.who,
        PlanAgreement.note,
        PlanAgreement.recorded_at,
        User.name.label("recorded_by"),
    )
    .join(Case, Case.id == PlanAgreement.case_id)
    .join(User, User.id == PlanAgreement.recorded_by_id)
    .outerjoin(Agency, Agency.id == PlanAgreement.agency_id)
    .where(*MINE)
    .order_by(PlanAgreement.number.desc(), PlanAgreement.by_person.desc(), Agency.name, PlanAgreement.id)
)
_ONE = (
    select(PlanVersion.number, PlanVersion.agreed_at, User.name, PlanVersion.reason, PlanVersion.content)
    .join(Case, Case.id == PlanVersion.case_id)
    .join(User, User.id == PlanVersion.recorded_by_id)
    .where(*MINE, PlanVersion.number == bindparam("number"))
)
_LAST = (
    select(PlanVersion.number, PlanVersion.agreed_at, PlanVersion.content)
    .join(Case, Case.id == PlanVersion.case_id)
    .where(*MINE)
    .order_by(PlanVersion.number.desc())
    .limit(1)
)


def versions(case: CaseFile, *, viewer: Viewer) -> list[VersionRow]:
    """Every agreed version, newest first."""
    bound = {"case_id": case.id} | scopes.binds(viewer)
    answers = defaultdict(dict)
    for row in db.session.execute(_AGREEMENTS, bound):
        answers[row.number][row.agency_id] = row  # the last answer of each counts
    return [
        VersionRow(
            *row,
            person=answers[row.number][None].who if None in answers[row.number] else "",
            agreed=tuple(a.agency for k, a in answers[row.number].items() if k and a.agreed),
            disagreed=tuple(a.agency for k, a in answers[row.number].items() if k and not a.agreed),
        )
        for row in db.session.execute(_LIST, bound)
    ]


def agreements(case: CaseFile, number: int, *, viewer: Viewer) -> list:
    """Who agreed to a version, every answer in the order it was given: by_person, agency, agreed, agreed_on, route,
    who, note, recorded_at, recorded_by."""
    rows = db.session.execute(_AGREEMENTS, {"case_id": case.id} | scopes.binds(viewer)).all()
    return [row for row in rows if row.number == number]


@dataclass(frozen=True, slots=True)
class Version:
    """One agreed version as it stood."""

    number: int
    agreed_at: datetime
    recorded_by: str
    reason: str
    content: dict


def version(case: CaseFile, number: int, *, viewer: Viewer) -> Version | None:
    """One version, or None where there is none of that number or it may not be read."""
    if not 0 < number < 1 << 31:
        return None
    row = db.session.execute(_ONE, {"case_id": case.id, "number": number} | scopes.binds(viewer)).first()
    return row and Version(*row)


@dataclass(frozen=True, slots=True)
class Since:
    """What changed since the last agreed version."""

    number: int
    agreed_at: datetime
    changes: tuple[plan_diff.Change, ...]

    @property
    def count(self) -> int:
        return len(self.changes)


def changes_since(case: CaseFile, viewer: Viewer) -> Since | None:
    """The differences between the last agreed version and now; None before the first one, or where versions may not be
    read. Seven statements, whatever the size of the plan."""
    if not case.sees_all:
        return None
    row = db.session.execute(_LAST, {"case_id": case.id} | scopes.binds(viewer)).first()
    if row is None:
        return None
    return Since(
        row.number, row.agreed_at, tuple(plan_diff.compare(row.content, snapshot(case, viewer=viewer)))
    )
