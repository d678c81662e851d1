"""Carers and family, with what they may be told (S0-7, S4-3)."""

from flask import url_for

from caseapp.blueprints.people import bp
from caseapp.blueprints.people.forms import EndForm, RelativeForm
from caseapp.blueprints.people.views.record import found_or_404, number, sides
from caseapp.clock import now
from caseapp.policy.do import Do
from caseapp.queries import people as read
from caseapp.services import people
from caseapp.services.people_around import RELATIVE_FIELDS
from caseapp.web.access import on_person
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/people/<id:person_id>/family/new")
@on_person(Do.EDIT_PERSON, reads="the person's family")
def new_relative(person):
    return page("people/relative.html", form=RelativeForm(), person=person, relative=None)


@bp.post("/people/<id:person_id>/family/new")
@on_person(Do.EDIT_PERSON)
def create_relative(person):
    form = RelativeForm()
    if form.validate_on_submit() and form.accepts(
        people.add_relative, person, actor=viewer(), at=now(), **form.values()
    ):
        return saved(back_to(person), say=f"{form.name.data} is added.")
    return refused("people/relative.html", form=form, person=person, relative=None)


@bp.get("/people/<id:person_id>/family/<id:relative_id>")
@on_person(Do.EDIT_PERSON, reads="the person's family")
def edit_relative(person, relative_id):
    relative = found_or_404(read.relative(person.id, relative_id, viewer=viewer()))
    form = RelativeForm(obj=relative)
    form.engaged.data = "yes" if relative.engaged else "no"
    return page(
        "people/relative.html", form=form, person=person, relative=relative, ending=EndForm(obj=relative)
    )


@bp.post("/people/<id:person_id>/family/<id:relative_id>")
@on_person(Do.EDIT_PERSON)
def update_relative(person, relative_id):
    relative = found_or_404(read.relative(person.id, relative_id, viewer=viewer()))
    form = RelativeForm()
    if form.validate_on_submit() and form.accepts(
        people.amend_relative,
        person,
        relative_id,
        actor=viewer(),
        at=now(),
        version=number(form.version),
        **form.values(),
    ):
        return saved(back_to(person), say="Saved.")
    return refused(
        "people/relative.html",
        form=form,
        person=person,
        relative=relative,
        sides=sides(form, RELATIVE_FIELDS),
    )


@bp.post("/people/<id:person_id>/family/<id:relative_id>/end")
@on_person(Do.EDIT_PERSON)
def create_relative_end(person, relative_id):
    relative = found_or_404(read.relative(person.id, relative_id, viewer=viewer()))
    ending = EndForm()
    if ending.validate_on_submit() and ending.accepts(
        people.end_relative, person, relative_id, actor=viewer(), at=now(), version=number(ending.version)
    ):
        return saved(back_to(person), say=f"Ended. {relative.name} is told nothing any more.")
    if ending.stale:
        ending.reject("Somebody changed this while you were looking. This is what stands now")
    form = RelativeForm(formdata=None, obj=relative)
    form.engaged.data = "yes" if relative.engaged else "no"
    form.form_errors = [words for several in ending.errors.values() for words in several]
    form.stale = ending.stale
    return refused(
        "people/relative.html",
        form=form,
        person=person,
        relative=relative,
        ending=EndForm(formdata=None, obj=relative),
    )


def back_to(person):
    return url_for("people.show", person_id=person.id, _anchor="family")
