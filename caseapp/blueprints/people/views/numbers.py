"""Outside systems' numbers (S2-42): added and taken off in their place on the person's page."""

from flask import url_for

from caseapp.blueprints.people import bp
from caseapp.blueprints.people.forms import EndForm, NumberForm
from caseapp.clock import now, today
from caseapp.policy.do import Do
from caseapp.queries import people as read
from caseapp.services import people
from caseapp.web.access import on_person
from caseapp.web.answers import refused, saved
from caseapp.web.sessions import viewer


@bp.post("/people/<id:person_id>/numbers")
@on_person(Do.EDIT_PERSON)
def create_number(person):
    form = NumberForm()
    if form.validate_on_submit() and form.accepts(
        people.add_identifier,
        person,
        actor=viewer(),
        at=now(),
        scheme=form.scheme.data,
        value=form.value.data,
    ):
        return _shown(person, "Added.")
    about = read.page(person.id, viewer=viewer())
    return refused(
        "people/show.html", "people/_numbers.html", form=form, page=about, person=about.known, today=today()
    )


@bp.post("/people/<id:person_id>/numbers/<id:number_id>/removal")
@on_person(Do.EDIT_PERSON)
def remove_number(person, number_id):
    form = EndForm()
    form.accepts(people.remove_identifier, person, number_id, actor=viewer(), at=now())
    return _shown(person, "Taken off.")


def _shown(person, say):
    about = read.page(person.id, viewer=viewer())
    return saved(
        url_for("people.show", person_id=person.id, _anchor="numbers"),
        "people/_numbers.html",
        say=say,
        page=about,
        person=about.known,
        form=NumberForm(formdata=None),
    )
