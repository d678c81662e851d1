"""The page of one person, and changing what is kept of them."""

from flask import abort, url_for

from caseapp.blueprints.people import bp
from caseapp.blueprints.people.forms import DeathForm, NumberForm, PersonForm
from caseapp.clock import now, today
from caseapp.policy.do import Do
from caseapp.queries import people as read
from caseapp.services import people
from caseapp.services.people import FIELDS
from caseapp.web import clash
from caseapp.web.access import on_person
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/people/<id:person_id>")
@on_person(Do.VIEW_PERSON, reads="the person's page")
def show(person):
    about = read.page(person.id, viewer=viewer())
    return page("people/show.html", page=about, person=about.known, form=NumberForm(), today=today())


@bp.get("/people/<id:person_id>/edit", endpoint="edit")
@on_person(Do.EDIT_PERSON, reads="the person's details, to change them")
def edit(person):
    known = read.known(person.id, viewer=viewer())
    return page("people/edit.html", form=PersonForm(obj=known), person=known)


@bp.post("/people/<id:person_id>/edit")
@on_person(Do.EDIT_PERSON)
def update_person(person):
    form = PersonForm()
    if form.validate_on_submit() and form.accepts(
        people.amend, person, actor=viewer(), at=now(), version=number(form.version), **form.known()
    ):
        return saved(url_for("people.show", person_id=person.id), say="Saved.")
    known = read.known(person.id, viewer=viewer())
    return refused("people/edit.html", form=form, person=known, sides=sides(form, FIELDS))


@bp.get("/people/<id:person_id>/death", endpoint="death")
@on_person(Do.EDIT_PERSON, reads="the person's page")
def death(person):
    known = read.known(person.id, viewer=viewer())
    return page("people/death.html", form=DeathForm(obj=known), person=known)


@bp.post("/people/<id:person_id>/death")
@on_person(Do.EDIT_PERSON)
def create_death(person):
    form = DeathForm()
    if form.validate_on_submit() and form.accepts(
        people.record_death,
        person,
        actor=viewer(),
        at=now(),
        version=number(form.version),
        died_on=form.died_on.data,
    ):
        return saved(url_for("people.show", person_id=person.id), say="Recorded.")
    return _death_again(person, form)


@bp.post("/people/<id:person_id>/death/removal")
@on_person(Do.EDIT_PERSON)
def remove_death(person):
    form = DeathForm()
    if form.accepts(
        people.record_death, person, actor=viewer(), at=now(), version=number(form.version), died_on=None
    ):
        return saved(url_for("people.show", person_id=person.id), say="Taken back.")
    return _death_again(person, form)


def _death_again(person, form):
    known = read.known(person.id, viewer=viewer())
    if form.stale:
        form.version.data = str(known.version)
        form.reject("Somebody changed this record while you were writing. Look at it, then send this again")
    return refused("people/death.html", form=form, person=known)


def number(field) -> int:
    """The version that a form carries; -1, which is always stale, for anything else."""
    text = field.data or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def sides(form, labels) -> list[tuple[str, str, str]]:
    """Both texts of what differs, after somebody saved first; and from now on the form answers to what stands."""
    if not form.stale:
        return []
    form.version.data = str(form.stale.version)
    return clash.rows(form, called=labels)


def found_or_404(row):
    """A row of this person's; anything else is a page that is not there."""
    if row is None:
        abort(404)
    return row
