"""Opening a case for a person; and the cases that wait for somebody."""

from flask import redirect, url_for

from caseapp import clock, protocols
from caseapp.blueprints.cases import bp
from caseapp.blueprints.cases.forms import OpenForm
from caseapp.policy.do import Do
from caseapp.policy.scopes import find_case_by_id
from caseapp.queries import case_team, cases
from caseapp.services import cases as acts
from caseapp.vocabulary import AuditAct
from caseapp.web.access import allowed, note_reading, on_person
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


def _form():
    me = viewer()
    form = OpenForm(data={"commitment_ends_on": protocols.add_months(clock.today(), 6)})
    staff = case_team.candidates(viewer=me)
    form.worker_id.offer((w.id, w.label) for w in staff if me.manages or w.id == me.user_id)
    form.line_manager_id.offer((w.id, w.name) for w in case_team.candidates(viewer=me, managers=True))
    return form


def _around(person):
    return {
        "person": person,
        "closed_case": cases.closed_case_of(person.id, viewer=viewer()),
        "person_url": url_for("people.show", person_id=person.id),
    }


@bp.get("/people/<id:person_id>/cases/new")
@on_person(Do.OPEN_CASE, "the form to open a case")
def new(person):
    opened = cases.open_case_of(person.id, viewer=viewer())
    if opened:
        return redirect(url_for("cases.show", reference=opened), 303)
    form = _form()
    if len(form.protocol_key.choices) == 1:
        form.protocol_key.data = next(iter(form.protocol_key.choices))
    if viewer().manages:
        form.line_manager_id.data = viewer().user_id
    return page("cases/new.html", form=form, **_around(person))


@bp.post("/people/<id:person_id>/cases/new")
@on_person(Do.OPEN_CASE, "the form to open a case")
def create(person):
    form = _form()
    if form.validate_on_submit() and form.accepts(
        acts.open_case, person, actor=viewer(), at=clock.now(), **_values(form)
    ):
        case = find_case_by_id(viewer(), form.result_id)
        if case is not None and case.sees_all:
            return saved(url_for("cases.show", reference=case.reference), say="The case is open.")
        return saved(
            url_for("home.start"),
            say="The case is open and waits for allocation. The line manager has been told.",
        )
    return refused("cases/new.html", form=form, **_around(person))


def _values(form):
    managed = form.complex.data == "yes"
    names = (
        "protocol_key",
        "line_manager_id",
        "referral_on",
        "first_contact_on",
        "permission_on",
        "checks_made",
    )
    names += ("choice", "commitment_ends_on", "person_told_on")
    return {name: form[name].data for name in names} | {
        "intensive_needs": form.intensive_needs.data if managed else "",
        "case_manager_id": form.worker_id.data if managed else None,
        "key_worker_id": None if managed else form.worker_id.data,
    }


@bp.get("/cases/waiting")
@allowed(Do.SEE_TEAM)
def waiting():
    rows = case_team.waiting(viewer=viewer())
    if rows:
        note_reading(
            AuditAct.LISTED, "cases waiting for allocation", detail={"cases": [str(row.id) for row in rows]}
        )
    return page("cases/waiting.html", rows=rows, now=clock.now())
