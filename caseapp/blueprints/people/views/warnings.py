"""Warnings: what staff must know before they make contact; looked at again on a day, ended with a reason."""

from flask import url_for

from caseapp.blueprints.people import bp
from caseapp.blueprints.people.forms import ReviewForm, WarningForm
from caseapp.blueprints.people.views.record import found_or_404, number, sides
from caseapp.clock import now
from caseapp.policy.do import Do
from caseapp.queries import people as read
from caseapp.services import people
from caseapp.services.people_around import WARNING_FIELDS
from caseapp.vocabulary import WarningKind
from caseapp.web.access import on_person
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/people/<id:person_id>/warnings/new")
@on_person(Do.EDIT_PERSON, reads="the person's warnings")
def new_warning(person):
    return page("people/warning.html", form=WarningForm(), person=person)


@bp.post("/people/<id:person_id>/warnings/new")
@on_person(Do.EDIT_PERSON)
def create_warning(person):
    form = WarningForm()
    if form.validate_on_submit() and form.accepts(
        people.add_warning,
        person,
        actor=viewer(),
        at=now(),
        kind=WarningKind(form.kind.data),
        text=form.text.data,
        review_on=form.review_on.data,
        told_person=form.told_person.data,
    ):
        return saved(back_to(person), say="The warning stands at the top of the page.")
    return refused("people/warning.html", form=form, person=person)


@bp.get("/people/<id:person_id>/warnings/<id:warning_id>")
@on_person(Do.EDIT_PERSON, reads="the person's warnings")
def review_warning(person, warning_id):
    warning = found_or_404(read.warning(person.id, warning_id, viewer=viewer()))
    form = ReviewForm(obj=warning)
    form.review_on.data, form.review_on.parts = None, ("", "", "")
    return page("people/review_warning.html", form=form, person=person, warning=warning)


@bp.post("/people/<id:person_id>/warnings/<id:warning_id>")
@on_person(Do.EDIT_PERSON)
def create_warning_review(person, warning_id):
    warning = found_or_404(read.warning(person.id, warning_id, viewer=viewer()))
    form = ReviewForm()
    if form.validate_on_submit() and _accepts(form, person, warning_id):
        return saved(back_to(person), say="Saved.")
    return refused(
        "people/review_warning.html",
        form=form,
        person=person,
        warning=warning,
        sides=sides(form, WARNING_FIELDS),
    )


def _accepts(form, person, warning_id) -> bool:
    common = {"actor": viewer(), "at": now(), "version": number(form.version)}
    if form.decision.data == "ended":
        return form.accepts(people.end_warning, person, warning_id, reason=form.reason.data, **common)
    return form.accepts(
        people.review_warning,
        person,
        warning_id,
        text=form.text.data,
        review_on=form.review_on.data,
        told_person=form.told_person.data,
        **common,
    )


def back_to(person):
    return url_for("people.show", person_id=person.id, _anchor="warnings")
