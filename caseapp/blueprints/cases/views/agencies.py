"""The agencies known to work with the person. Knowing is not sharing."""

from flask import abort, url_for

from caseapp import clock
from caseapp.blueprints.cases import bp
from caseapp.blueprints.cases.forms import AgencyForm
from caseapp.blueprints.cases.record import around
from caseapp.errors import RuleBroken
from caseapp.policy.do import Do
from caseapp.queries import cases
from caseapp.services import case_agencies as acts
from caseapp.web.access import on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer

FIELDS = ("contact_name", "contact_phone", "does", "known_on", "person_aware_on")


@bp.get("/cases/<ref:reference>/agencies/new")
@on_case(Do.EDIT_CASE, "the agencies known")
def new_agency(case):
    form = AgencyForm(data={"known_on": clock.today()})
    form.agency_id.offer(cases.agency_choices(case, viewer=viewer()))
    return page("cases/agency.html", form=form, known=None, **around(case))


@bp.post("/cases/<ref:reference>/agencies/new")
@on_case(Do.EDIT_CASE, "the agencies known")
def create_agency(case):
    form = AgencyForm()
    choices = cases.agency_choices(case, viewer=viewer())
    there = [(known.agency_id, known.agency) for known in cases.agencies(case, viewer=viewer())]
    form.agency_id.offer([*choices, *there])  # an agency that came on meanwhile gets its own answer
    if form.validate_on_submit() and form.accepts(
        acts.add, case, actor=viewer(), at=clock.now(), agency_id=form.agency_id.data, **_values(form)
    ):
        return saved(
            url_for("cases.show", reference=case.reference, _anchor="agencies"),
            say="The agency is on the case. It has not been told anything.",
        )
    return refused("cases/agency.html", form=form, known=None, **around(case))


def _known(case, row_id):
    for known in cases.agencies(case, viewer=viewer()):
        if known.id == row_id:
            return known
    return abort(404)


@bp.get("/cases/<ref:reference>/agencies/<id:row_id>")
@on_case(Do.EDIT_CASE, "the agencies known")
def edit_agency(case, row_id):
    known = _known(case, row_id)
    form = AgencyForm(data={"version": known.version} | {name: getattr(known, name) for name in FIELDS})
    return page("cases/agency.html", form=form, known=known, **around(case))


@bp.post("/cases/<ref:reference>/agencies/<id:row_id>")
@on_case(Do.EDIT_CASE, "the agencies known")
def save_agency(case, row_id):
    known = _known(case, row_id)
    form = AgencyForm()
    if form.validate_on_submit() and form.accepts(
        acts.edit,
        case,
        actor=viewer(),
        at=clock.now(),
        row_id=row_id,
        version=form.seen_version,
        **_values(form),
    ):
        return saved(url_for("cases.show", reference=case.reference, _anchor="agencies"), say="Saved.")
    form.catch_up()
    return refused("cases/agency.html", form=form, known=known, **around(case))


@bp.post("/cases/<ref:reference>/agencies/<id:row_id>/end")
@on_case(Do.EDIT_CASE, "the agencies known")
def end_agency(case, row_id):
    known = _known(case, row_id)
    try:
        acts.end(case, actor=viewer(), at=clock.now(), row_id=row_id)
    except RuleBroken as broken:
        form = AgencyForm(
            formdata=None, data={"version": known.version} | {n: getattr(known, n) for n in FIELDS}
        )
        form.reject(str(broken))
        return refused("cases/agency.html", form=form, known=known, **around(case))
    return saved(
        url_for("cases.show", reference=case.reference, _anchor="agencies"),
        say=f"{known.agency} no longer works with the person.",
    )


def _values(form):
    return {name: form[name].data for name in FIELDS}
