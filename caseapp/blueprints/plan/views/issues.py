"""Issues with the plan: an agency raises one, the case manager answers (S3-18)."""

from flask import url_for

from caseapp import clock, dates
from caseapp.blueprints.plan import bp
from caseapp.blueprints.plan.forms.issues import IssueAnswerForm, IssueForm
from caseapp.blueprints.plan.views.show import part_context
from caseapp.errors import NotAllowed
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import plan_head, plan_part
from caseapp.services import issues as service
from caseapp.web import record
from caseapp.web.access import on_case
from caseapp.web.answers import page, saved
from caseapp.web.sessions import viewer


@bp.get("/cases/<ref:reference>/issues")
@on_case(Do.VIEW_PLAN, reads="issues with the plan")
def issues(case):
    return page("plan/issues.html", **_context(case))


def _context(case, tried=None, tried_id=None):
    head = plan_head.head(case, viewer=viewer())
    found = plan_part.issues(case, viewer=viewer(), head=head)
    answers = rules.may(viewer(), Do.ANSWER_ISSUE, case)
    rows = []
    for issue in found:
        form = None
        if answers and not issue.answer:
            form = tried if issue.id == tried_id else IssueAnswerForm(issue.id, issue.version, formdata=None)
            if form is not tried:
                form.version.data = str(issue.version)
        rows.append((issue, form))
    raises = rules.may(viewer(), Do.RAISE_ISSUE, case)
    return {
        "case": case,
        "head": head,
        "rows": rows,
        "waiting": sum(not issue.answer for issue in found),
        "pages": record.places(case, "plan.issues") if case.sees_all else [],
        "plan_url": url_for("plan.show", reference=case.reference),
        "raise_form": IssueForm(plan_part.own_choices(case, viewer=viewer()), formdata=None)
        if raises
        else None,
        "tried": tried,
    }


@bp.post("/cases/<ref:reference>/issues")
@on_case(Do.RAISE_ISSUE)
def raise_issue(case):
    form = IssueForm(plan_part.own_choices(case, viewer=viewer()))
    if form.validate_on_submit() and form.accepts(
        service.raise_issue,
        case,
        actor=viewer(),
        at=clock.now(),
        text=form.text.data,
        action_id=form.action_id,
    ):
        told = plan_head.head(case, viewer=viewer()).told
        return saved(
            url_for("plan.show", reference=case.reference),
            say=f"Sent at {dates.hour(clock.now())}. {told} has been told and must answer you.",
        )
    if case.sees_whole_plan:
        return page("plan/issues.html", 422, **_context(case) | {"raise_form": form})
    return page("plan/part.html", 422, **part_context(case) | {"form": form})


@bp.post("/cases/<ref:reference>/issues/<id:issue_id>/answer")
@on_case(Do.ANSWER_ISSUE)
def answer_issue(case, issue_id):
    form = IssueAnswerForm(issue_id)
    if form.validate_on_submit() and form.accepts(
        service.answer,
        case,
        issue_id,
        actor=viewer(),
        at=clock.now(),
        answer=form.answer.data,
        version=form.seen_version,
    ):
        return saved(
            url_for("plan.issues", reference=case.reference),
            say=f"Saved at {dates.hour(clock.now())}. The agency that asked reads your answer now.",
        )
    if not rules.may(viewer(), Do.ANSWER_ISSUE, case):
        raise NotAllowed
    return page(
        "plan/issues.html",
        409 if form.stale else 422,
        **_context(case, form, issue_id) | {"stale": form.stale},
    )
