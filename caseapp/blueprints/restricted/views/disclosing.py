"""Recording a disclosure without consent: by whoever sees the person, with no password in between (S2-43)."""

from flask import url_for

from caseapp import clock
from caseapp.blueprints.restricted import bp
from caseapp.blueprints.restricted.forms import DisclosureForm
from caseapp.policy.do import Do
from caseapp.policy.restricted import DISCLOSURE
from caseapp.queries import cases
from caseapp.services import disclosures
from caseapp.services.disclosures import Made
from caseapp.web import links
from caseapp.web.access import on_case, on_person
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer

#: In the words that no list of the person's or of the case's holds: that somebody opened this form would tell it.
FORM = f"{DISCLOSURE}: the form"


def _blank():
    return DisclosureForm(formdata=None, data={"day": clock.today(), "decided_by": viewer().name})


def _of_case(case, form):
    head = cases.head(case, viewer=viewer())
    return {
        "form": form,
        "hints": form.offer(disclosures.jurisdiction(case, viewer=viewer())),
        "name": head.name,
        "first": head.first_name,
        "leads": case.lead_agency_id == viewer().agency_id,
        "action": url_for("restricted.record_disclosure", reference=case.reference),
        "back": url_for("plan.show", reference=case.reference),
        "back_words": f"{head.first_name}’s plan",
    }


@bp.get("/cases/<ref:reference>/disclosures/new")
@on_case(Do.DISCLOSE, FORM)
def new_disclosure(case):
    return page("restricted/disclose.html", **_of_case(case, _blank()))


@bp.post("/cases/<ref:reference>/disclosures/new")
@on_case(Do.DISCLOSE, FORM)
def record_disclosure(case):
    form = DisclosureForm()
    context = _of_case(case, form)
    if form.validate_on_submit() and form.accepts(_record, form, case, actor=viewer(), at=clock.now()):
        return _recorded(form)
    return refused("restricted/disclose.html", **context)


def _record(form, about, *, actor, at):
    return disclosures.record(about, Made(**form.said(at)), actor=actor, at=at, link=_mail_link())


def _mail_link():
    return links.page_link("restricted.disclosures")


def _recorded(form):
    return saved(
        url_for("restricted.disclosure", disclosure_id=form.result_id),
        say="Recorded. It stands in no plan and no timeline.",
    )


def _of_person(person, form):
    return {
        "form": form,
        "hints": form.offer(disclosures.jurisdiction(None, viewer=viewer())),
        "name": person.name,
        "first": person.name,
        "leads": False,
        "action": url_for("restricted.record_disclosure_of_person", person_id=person.id),
        "back": url_for("people.show", person_id=person.id) if person.all else url_for("people.index"),
        "back_words": person.name,
    }


@bp.get("/people/<id:person_id>/disclosures/new")
@on_person(Do.DISCLOSE_OF_PERSON, FORM)
def new_disclosure_of_person(person):
    return page("restricted/disclose.html", **_of_person(person, _blank()))


@bp.post("/people/<id:person_id>/disclosures/new")
@on_person(Do.DISCLOSE_OF_PERSON, FORM)
def record_disclosure_of_person(person):
    form = DisclosureForm()
    context = _of_person(person, form)
    if form.validate_on_submit() and form.accepts(_record, form, person, actor=viewer(), at=clock.now()):
        return _recorded(form)
    return refused("restricted/disclose.html", **context)
