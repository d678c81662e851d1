"""Agreeing a version: what is still missing, what the person said, what each agency says of its own part (C5, S2-26)."""

from flask import url_for

from caseapp import clock, dates
from caseapp.blueprints.plan import bp
from caseapp.blueprints.plan.editing import frame, plan_at
from caseapp.blueprints.plan.forms.actions_edit import read_id
from caseapp.blueprints.plan.forms.agreement import YES, AgreeForm, OwnPartForm, PartForm
from caseapp.blueprints.plan.views.versions import version_context
from caseapp.policy.do import Do
from caseapp.queries import plan_agreements, plan_diff, plan_gate, plan_text, plan_versions
from caseapp.services import agreements as service
from caseapp.services.plan_records import protocol_of
from caseapp.vocabulary import PlanStatus
from caseapp.web.access import on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.forms import Form
from caseapp.web.sessions import viewer


@bp.get("/cases/<ref:reference>/plan/agreement")
@on_case(Do.AGREE_PLAN, reads="the plan, to be agreed")
def agree(case):
    return page("plan/agree.html", **_context(case))


@bp.post("/cases/<ref:reference>/plan/agreement")
@on_case(Do.AGREE_PLAN)
def record_agreement(case):
    form = AgreeForm.for_plan(plan_agreements.partners(case, viewer=viewer()))
    if form.validate_on_submit() and form.accepts(
        service.agree,
        case,
        actor=viewer(),
        at=clock.now(),
        person={
            "agreed_on": form.agreed_on.data,
            "route": form.route.data,
            "who": form.who.data,
            "note": form.note.data,
        },
        agencies=form.answers(),
        reason=form.reason.data,
        seen=form.seen.data,
        version=form.seen_version,
    ):
        head = plan_text.head(case, viewer=viewer())
        say = f"Version {head.agreed_version} is agreed. The next review is due by {dates.day(head.next_review_on)}."
        return saved(plan_at(case), say=say)
    return refused("plan/agree.html", **_context(case, form))


@bp.post("/cases/<ref:reference>/plan/proposal")
@on_case(Do.AGREE_PLAN)
def propose(case):
    form = Form()
    if form.validate_on_submit() and form.accepts(service.propose, case, actor=viewer(), at=clock.now()):
        say = "The plan is put forward. Each agency that is asked for something in it has been told."
        return saved(url_for("plan.agree", reference=case.reference), say=say)
    return refused("plan/agree.html", **_context(case) | {"failed": form})


@bp.post("/cases/<ref:reference>/plan/agreement/agencies")
@on_case(Do.AGREE_PLAN)
def record_part(case):
    form = PartForm(plan_agreements.partners(case, viewer=viewer()))
    if form.validate_on_submit() and form.accepts(
        service.record_part,
        case,
        actor=viewer(),
        at=clock.now(),
        agency_id=read_id(form.agency.data) or 0,
        agreed=form.answer.data == YES,
        agreed_on=form.agreed_on.data,
        route=form.route.data,
        who=form.who.data,
        note=form.note.data,
    ):
        number = plan_text.head(case, viewer=viewer()).agreed_version
        return saved(url_for("plan.version", reference=case.reference, number=number), say="Saved.")
    number = plan_text.head(case, viewer=viewer()).agreed_version
    if not number:
        return refused("plan/agree.html", **_context(case) | {"failed": form, "form": form})
    return refused("plan/version.html", **version_context(case, number, form))


@bp.get("/cases/<ref:reference>/plan/own-part")
@on_case(Do.AGREE_PART, reads="the agency’s own part")
def agree_part(case):
    return page("plan/own_part.html", **_own(case, OwnPartForm()))


@bp.post("/cases/<ref:reference>/plan/own-part")
@on_case(Do.AGREE_PART)
def record_own_part(case):
    form = OwnPartForm()
    if form.validate_on_submit() and form.accepts(
        service.agree_part,
        case,
        actor=viewer(),
        at=clock.now(),
        agreed=form.answer.data == YES,
        note=form.note.data,
    ):
        return saved(plan_at(case), say="Saved. The case manager has been told.")
    return refused("plan/own_part.html", **_own(case, form))


def _own(case, form):
    return frame(case, form, own=plan_agreements.own_part(case, viewer=viewer()))


def _context(case, form=None):
    who = viewer()
    head = plan_text.head(case, viewer=who)
    content = plan_versions.snapshot(case, viewer=who)
    first = plan_text.first_name(case, viewer=who)
    partners = plan_agreements.partners(case, viewer=who)
    if form is None:
        form = AgreeForm.for_plan(partners, version=head.version)
        form.who.data, form.seen.data = first, plan_versions.fingerprint(content)
    elif form.stale:
        form.seen.data, form.version.data = plan_versions.fingerprint(content), str(head.version)
    gate = plan_gate.check(content, protocol_of(case).plan)
    since = plan_versions.changes_since(case, who)
    return frame(
        case,
        form,
        lambda now: {},
        head=head,
        number=head.agreed_version + 1,
        blocks=[(fault.text, mend(case, fault)) for fault in gate.blocks],
        warns=[(fault.text, mend(case, fault)) for fault in gate.warns],
        since=since,
        draft=head.status is PlanStatus.DRAFT,
        line=plan_diff.in_one_line(list(since.changes), 140) if since else "",
        goals=sum(g["status"] in ("proposed", "active", "on_hold") for g in content["goals"]),
        actions=sum(
            a["status"] not in ("cancelled", "declined", "proposed")
            for g in content["goals"]
            for a in g["actions"]
        ),
    )


def mend(case, fault) -> str:
    """The page on which a fault is put right."""
    where = {"reference": case.reference}
    if fault.about == "goal" and fault.key:
        return url_for("plan.edit_goal", goal_id=int(fault.key), **where)
    if fault.about == "goal":
        return url_for("plan.new_goal", **where)
    if fault.about == "action":
        return url_for("plan.amend_action", action_id=int(fault.key), **where)
    if fault.about == "need":
        return url_for("plan.new_goal", domain=fault.key, **where)
    return url_for("plan.edit_plan", **where) + f"#{fault.key}"
