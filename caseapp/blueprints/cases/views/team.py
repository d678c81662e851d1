"""Who works on the case: naming, ending, telling the person, and the person's wish for another worker."""

from flask import abort, url_for

from caseapp import clock
from caseapp.blueprints.cases import bp
from caseapp.blueprints.cases.forms import (
    CaseManagerForm,
    DecideForm,
    EndPartForm,
    KeyWorkerForm,
    LineManagerForm,
    ToldForm,
    WishForm,
)
from caseapp.blueprints.cases.record import around
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import case_team, cases, denials
from caseapp.services import assignments as acts
from caseapp.web.access import on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/cases/<ref:reference>/team")
@on_case(Do.VIEW_CASE, "who works on the case")
def team(case):
    return page(
        "cases/team.html",
        team=case_team.team(case, viewer=viewer()),
        wishes=case_team.wishes(case, viewer=viewer()),
        may_allocate=rules.may(viewer(), Do.ALLOCATE, case),
        may_edit=rules.may(viewer(), Do.EDIT_CASE, case),
        may_shut_out=rules.may(viewer(), Do.DENY_ACCESS, case),
        shut_out=denials.standing(case, viewer=viewer()),
        **around(case),
    )


def _show(case, form, template, status=None, **context):
    """A small form page of this part, as asked for or refused."""
    context |= around(case) | {"now": case_team.team(case, viewer=viewer())}
    return refused(template, form=form, **context) if status else page(template, form=form, **context)


def _back(case, say):
    return saved(url_for("cases.team", reference=case.reference), say=say)


def _staff(managers=False):
    return [
        (c.id, c.name if managers else c.label)
        for c in case_team.candidates(viewer=viewer(), managers=managers)
    ]


@bp.get("/cases/<ref:reference>/team/case-manager")
@on_case(Do.ALLOCATE, "who works on the case")
def case_manager(case):
    now = case_team.team(case, viewer=viewer()).case_manager
    form = CaseManagerForm(formdata=None, data={"seen": str(now.id) if now else "0"})
    form.user_id.offer(_staff())
    return _show(case, form, "cases/case_manager.html")


@bp.post("/cases/<ref:reference>/team/case-manager")
@on_case(Do.ALLOCATE, "who works on the case")
def save_case_manager(case):
    form = CaseManagerForm()
    form.user_id.offer(_staff())
    seen = form.seen.data or ""
    if form.validate_on_submit() and form.accepts(
        acts.allocate,
        case,
        actor=viewer(),
        at=clock.now(),
        user_id=form.user_id.data,
        reason=form.reason.data,
        seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 20 else -1,
        person_told_on=form.person_told_on.data,
    ):
        return _back(case, "Saved. Everybody concerned has been told; tell the person too.")
    if form.stale:
        now = case_team.team(case, viewer=viewer()).case_manager
        form.seen.data = str(now.id) if now else "0"
    return _show(case, form, "cases/case_manager.html", 422)


@bp.get("/cases/<ref:reference>/team/key-worker")
@on_case(Do.ALLOCATE, "who works on the case")
def key_worker(case):
    form = KeyWorkerForm()
    form.user_id.offer(_staff())
    return _show(case, form, "cases/key_worker.html")


@bp.post("/cases/<ref:reference>/team/key-worker")
@on_case(Do.ALLOCATE, "who works on the case")
def save_key_worker(case):
    form = KeyWorkerForm()
    form.user_id.offer(_staff())
    if form.validate_on_submit() and form.accepts(
        acts.add_key_worker,
        case,
        actor=viewer(),
        at=clock.now(),
        user_id=form.user_id.data,
        reason=form.reason.data,
        person_told_on=form.person_told_on.data,
    ):
        return _back(case, "Saved. The workers of this case have been told.")
    return _show(case, form, "cases/key_worker.html", 422)


@bp.get("/cases/<ref:reference>/team/line-manager")
@on_case(Do.ALLOCATE, "who works on the case")
def line_manager(case):
    form = LineManagerForm(
        formdata=None, data={"user_id": cases.details(case, viewer=viewer()).line_manager_id}
    )
    form.user_id.offer(_staff(managers=True))
    return _show(case, form, "cases/line_manager.html")


@bp.post("/cases/<ref:reference>/team/line-manager")
@on_case(Do.ALLOCATE, "who works on the case")
def save_line_manager(case):
    form = LineManagerForm()
    form.user_id.offer(_staff(managers=True))
    if form.validate_on_submit() and form.accepts(
        acts.set_line_manager, case, actor=viewer(), at=clock.now(), user_id=form.user_id.data
    ):
        return _back(case, "Saved. The workers of this case have been told.")
    return _show(case, form, "cases/line_manager.html", 422)


def _part(case, part_id):
    for part in case_team.team(case, viewer=viewer()).parts:
        if part.id == part_id:
            return part
    return abort(404)


@bp.get("/cases/<ref:reference>/team/<id:part_id>/end")
@on_case(Do.ALLOCATE, "who works on the case")
def end_part(case, part_id):
    return _show(case, EndPartForm(), "cases/end_part.html", given=_part(case, part_id))


@bp.post("/cases/<ref:reference>/team/<id:part_id>/end")
@on_case(Do.ALLOCATE, "who works on the case")
def save_end_part(case, part_id):
    part, form = _part(case, part_id), EndPartForm()
    if form.validate_on_submit() and form.accepts(
        acts.end, case, actor=viewer(), at=clock.now(), assignment_id=part_id, reason=form.reason.data
    ):
        return _back(case, f"{part.name}’s part has ended.")
    return _show(case, form, "cases/end_part.html", 422, given=part)


@bp.get("/cases/<ref:reference>/team/<id:part_id>/told")
@on_case(Do.EDIT_CASE, "who works on the case")
def told(case, part_id):
    return _show(case, ToldForm(data={"on": clock.today()}), "cases/told.html", given=_part(case, part_id))


@bp.post("/cases/<ref:reference>/team/<id:part_id>/told")
@on_case(Do.EDIT_CASE, "who works on the case")
def save_told(case, part_id):
    part, form = _part(case, part_id), ToldForm()
    if form.validate_on_submit() and form.accepts(
        acts.person_told, case, actor=viewer(), at=clock.now(), assignment_id=part_id, on=form.on.data
    ):
        return _back(case, "Saved.")
    return _show(case, form, "cases/told.html", 422, given=part)


@bp.get("/cases/<ref:reference>/team/wish")
@on_case(Do.EDIT_CASE, "who works on the case")
def wish(case):
    return _show(case, WishForm(), "cases/wish.html")


@bp.post("/cases/<ref:reference>/team/wish")
@on_case(Do.EDIT_CASE, "who works on the case")
def save_wish(case):
    form = WishForm()
    if form.validate_on_submit() and form.accepts(
        acts.ask_for_change, case, actor=viewer(), at=clock.now(), words=form.words.data
    ):
        return _back(case, "Saved. The line manager has been told.")
    return _show(case, form, "cases/wish.html", 422)


@bp.get("/cases/<ref:reference>/team/wish/decide")
@on_case(Do.ALLOCATE, "who works on the case")
def decide(case):
    return _show(case, DecideForm(), "cases/decide.html", wishes=case_team.wishes(case, viewer=viewer()))


@bp.post("/cases/<ref:reference>/team/wish/decide")
@on_case(Do.ALLOCATE, "who works on the case")
def save_decide(case):
    form = DecideForm()
    if form.validate_on_submit() and form.accepts(
        acts.decide_change,
        case,
        actor=viewer(),
        at=clock.now(),
        agreed=form.decision.data == "agreed",
        reason=form.reason.data,
    ):
        return _back(case, "Saved. The workers of this case have been told.")
    return _show(case, form, "cases/decide.html", 422, wishes=case_team.wishes(case, viewer=viewer()))
