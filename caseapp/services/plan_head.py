"""The head of the plan: strengths (S4-5), what to do if things go wrong (S4-14), the budget (S0-10)."""

from datetime import datetime

from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import CarePlan, Event
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, events
from caseapp.services.plan_records import must_be, plan_of
from caseapp.services.transaction import use_case

KIND = "plan_head_changed"

#: The fields that may be written, as the timeline names them.
WORDS = {
    "strengths": "strengths",
    "strengths_around": "strengths around the person",
    "contingency": "if things go wrong",
    "no_contingency_reason": "why there is no such section",
    "budget_minor": "budget",
    "budget_source": "where the budget comes from",
}

#: More than this in cents or pence is a slip of the keys.
MOST_BUDGET = 100_000_000_00


@use_case
def write(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    version: int | None = None,
    **fields,
) -> int:
    """Write some of strengths, strengths_around, contingency, no_contingency_reason, budget_minor (whole cents or
    pence) and budget_source; what is not given stays. Raises Stale with what now stands, RuleBroken where a budget has
    no source or a reason stands beside a contingency section. Returns the head's new version."""
    unknown = fields.keys() - WORDS.keys()
    if unknown:
        raise TypeError(f"no such field of the plan's head: {sorted(unknown)}")
    plan = plan_of(case)
    must_be(
        plan,
        version,
        lambda row: {name: getattr(row, name) for name in fields},
        Event.case_id == case.id,
        Event.kind == KIND,
    )
    before = {name: getattr(plan, name) for name in fields}
    for name, value in fields.items():
        setattr(plan, name, value)
    _check(plan, fields)
    after = {name: getattr(plan, name) for name in fields}
    changed = [name for name in fields if before[name] != after[name]]
    if changed:
        events.happened(
            case,
            KIND,
            f"Changed on the plan: {', '.join(WORDS[name] for name in changed)}",
            actor=actor,
            at=at,
            change={WORDS[n]: [said(n, before[n]), said(n, after[n])] for n in changed},
            tell_case_workers=True,
        )
        audit.record(actor, f"plan head: {', '.join(WORDS[n] for n in changed)}", at=at, case=case)
    db.session.flush()
    return plan.version


def _check(plan: CarePlan, fields) -> None:
    if plan.contingency and plan.no_contingency_reason:
        if fields.get("contingency") and "no_contingency_reason" not in fields:
            plan.no_contingency_reason = ""
        else:
            raise RuleBroken(
                "Keep one of the two: what to do, or why there is nothing written", "no_contingency_reason"
            )
    if plan.budget_minor is not None:
        if not 0 <= plan.budget_minor <= MOST_BUDGET:
            raise RuleBroken("A budget lies between 0 and 100 million", "budget")
        if not plan.budget_source:
            raise RuleBroken("Say which assessment the budget comes from", "budget_source")


def said(name: str, value) -> str:
    """A value of the head as the timeline shows it; money with two decimals."""
    if name == "budget_minor":
        return "" if value is None else f"{value // 100:,}.{value % 100:02}"
    return value or ""
