"""Closing a case, after showing what that does; and reopening it as a new episode."""

from flask import redirect, url_for

from caseapp import clock
from caseapp.blueprints.cases import bp
from caseapp.blueprints.cases.forms import CloseForm, ReopenForm
from caseapp.blueprints.cases.record import around
from caseapp.policy.do import Do
from caseapp.policy.scopes import find_case_by_id
from caseapp.queries import case_closing, case_team
from caseapp.services import cases as acts
from caseapp.web.access import on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/cases/<ref:reference>/close")
@on_case(Do.CLOSE_CASE, "the closing of the case")
def close(case):
    if case.closed:
        return redirect(url_for("cases.show", reference=case.reference), 303)
    return page("cases/close.html", form=CloseForm(), effects=_effects(case), **around(case))


@bp.post("/cases/<ref:reference>/close")
@on_case(Do.CLOSE_CASE, "the closing of the case")
def save_close(case):
    form = CloseForm()
    if form.validate_on_submit() and form.accepts(
        acts.close,
        case,
        actor=viewer(),
        at=clock.now(),
        kind=form.kind.data,
        reason=form.reason.data,
        attempts=form.attempts.data,
        aftercare=form.aftercare.data,
        person_agrees=form.person_agrees.data,
    ):
        return saved(
            url_for("cases.show", reference=case.reference),
            say="The case is closed. Everybody who worked on it has been told; the door stays open.",
        )
    return refused("cases/close.html", form=form, effects=_effects(case), **around(case))


def _effects(case):
    return case_closing.effects(case, viewer=viewer())


def _reopen_form():
    form = ReopenForm(data={"first_contact_on": clock.today()})
    form.case_manager_id.offer((w.id, w.label) for w in case_team.candidates(viewer=viewer()))
    return form


@bp.get("/cases/<ref:reference>/reopen")
@on_case(Do.REOPEN_CASE, "the reopening of the case")
def reopen(case):
    return page("cases/reopen.html", form=_reopen_form(), **around(case))


@bp.post("/cases/<ref:reference>/reopen")
@on_case(Do.REOPEN_CASE, "the reopening of the case")
def save_reopen(case):
    form = _reopen_form()
    if form.validate_on_submit() and form.accepts(
        acts.reopen,
        case,
        actor=viewer(),
        at=clock.now(),
        reason=form.reason.data,
        case_manager_id=form.case_manager_id.data,
        first_contact_on=form.first_contact_on.data,
    ):
        new = find_case_by_id(viewer(), form.result_id)
        if new is None:
            return saved(url_for("cases.show", reference=case.reference))
        say = "The case goes on as a new episode. No agency sees anything until consent is given anew."
        return saved(url_for("cases.show", reference=new.reference), say=say)
    return refused("cases/reopen.html", form=form, **around(case))
