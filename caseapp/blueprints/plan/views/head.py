"""The head of the plan: strengths, what to do if things go wrong, the budget (S4-5, S4-14, S0-10)."""

from caseapp import clock
from caseapp.blueprints.plan import bp
from caseapp.blueprints.plan.editing import frame, plan_at
from caseapp.blueprints.plan.forms.editing import HeadForm
from caseapp.policy.do import Do
from caseapp.queries import plan_text
from caseapp.services import plan_head as service
from caseapp.web.access import on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/cases/<ref:reference>/plan/head")
@on_case(Do.EDIT_PLAN, reads="the head of the plan")
def edit_plan(case):
    head = plan_text.head(case, viewer=viewer())
    form = HeadForm(
        version=head.version,
        data={
            "strengths": head.strengths,
            "strengths_around": head.strengths_around,
            "contingency": head.contingency,
            "no_contingency_reason": head.no_contingency_reason,
            "budget": service.said("budget_minor", head.budget_minor),
            "budget_source": head.budget_source,
        },
    )
    return page("plan/head.html", **frame(case, form))


@bp.post("/cases/<ref:reference>/plan/head")
@on_case(Do.EDIT_PLAN)
def write_plan(case):
    form = HeadForm()
    if form.validate_on_submit() and form.accepts(
        service.write,
        case,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version or None,
        strengths=form.strengths.data,
        strengths_around=form.strengths_around.data,
        contingency=form.contingency.data,
        no_contingency_reason=form.no_contingency_reason.data,
        budget_minor=form.budget_minor,
        budget_source=form.budget_source.data,
    ):
        return saved(plan_at(case), say="Saved.")

    def said(now):
        return now | {"budget": service.said("budget_minor", now.get("budget_minor"))}

    return refused("plan/head.html", **frame(case, form, said))
