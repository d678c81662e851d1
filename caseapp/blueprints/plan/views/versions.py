"""Agreed versions: the list, one as it stood, and what differs between any two or since the last (S4-13)."""

from flask import request, url_for

from caseapp import clock
from caseapp.blueprints.plan import bp
from caseapp.blueprints.plan.editing import frame
from caseapp.blueprints.plan.forms.agreement import PartForm
from caseapp.errors import NotVisible
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import plan_agreements, plan_diff, plan_text, plan_versions
from caseapp.web.access import on_case
from caseapp.web.answers import page
from caseapp.web.sessions import viewer

NOW = "now"


@bp.get("/cases/<ref:reference>/plan/versions")
@on_case(Do.VIEW_CASE, reads="versions of the plan")
def versions(case):
    return page(
        "plan/versions.html",
        **frame(
            case,
            rows=plan_versions.versions(case, viewer=viewer()),
            since=plan_versions.changes_since(case, viewer()),
            agrees=rules.may(viewer(), Do.AGREE_PLAN, case),
        ),
    )


@bp.get("/cases/<ref:reference>/plan/versions/<int:number>")
@on_case(Do.VIEW_CASE, reads="a version of the plan")
def version(case, number):
    return page("plan/version.html", **version_context(case, number))


def version_context(case, number, form=None):
    """What plan/version.html needs; `form` is a record of an agency's answer that did not go through."""
    kept = plan_versions.version(case, number, viewer=viewer())
    if kept is None:
        raise NotVisible
    standing = plan_text.head(case, viewer=viewer()).agreed_version
    records = rules.may(viewer(), Do.AGREE_PLAN, case) and number == standing
    partners = plan_agreements.partners(case, viewer=viewer()) if records else []
    if records and partners and form is None:
        form = PartForm(partners, formdata=None, data={"agreed_on": clock.today()})
    return frame(
        case,
        form if partners else None,
        kept=kept,
        goals=[_goal(goal) for goal in kept.content["goals"]],
        needs=kept.content["needs"],
        plain=plan_diff.plain,
        standing=standing,
        agreements=plan_versions.agreements(case, number, viewer=viewer()),
        compare_url=url_for("plan.compare", reference=case.reference, old=number, new=NOW),
    )


def _goal(goal):
    """A kept goal with the sentences that the page shows."""
    words = {
        name: plan_diff.plain("goal", name, goal.get(name)) for name in ("status", "target_on", "achievement")
    }
    rows = []
    for action in goal["actions"]:
        row = {
            name: plan_diff.plain("action", name, action.get(name)) for name in ("status", "due_on", "kind")
        }
        rows.append(action | {f"{name}_words": text for name, text in row.items()})
    return goal | {f"{name}_words": text for name, text in words.items()} | {"rows": rows}


@bp.get("/cases/<ref:reference>/plan/compare")
@on_case(Do.VIEW_CASE, reads="versions of the plan")
def compare(case):
    """Two versions, or one with the plan as it stands; without a choice, the last version with now."""
    known = plan_versions.versions(case, viewer=viewer())
    if not known:
        raise NotVisible
    numbers = [row.number for row in known]
    old = _number(request.args.get("old"), numbers) or numbers[0]
    new = _number(request.args.get("new"), numbers)
    if new is not None and old > new:
        old, new = new, old
    before = plan_versions.version(case, old, viewer=viewer()).content
    if new is None:
        after = plan_versions.snapshot(case, viewer=viewer())
    else:
        after = plan_versions.version(case, new, viewer=viewer()).content
    return page(
        "plan/compare.html",
        **frame(
            case,
            numbers=numbers,
            old=old,
            new=new,
            changes=plan_diff.compare(before, after),
        ),
    )


def _number(text, known):
    """A version that exists, or None for now and for anything else."""
    if text and text.isascii() and text.isdigit() and len(text) < 10 and int(text) in known:
        return int(text)
    return None
