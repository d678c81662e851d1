"""Registering somebody new: first look whether they are here already, then write them down."""

from flask import request, url_for

from caseapp.blueprints.people import bp
from caseapp.blueprints.people.forms import LookForm, RegisterForm
from caseapp.blueprints.people.views.search import named
from caseapp.clock import now
from caseapp.policy.do import Do
from caseapp.queries import people as people_read
from caseapp.services import people, submissions
from caseapp.vocabulary import AuditAct
from caseapp.web.access import allowed, note_reading
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/people/new", endpoint="new")
@allowed(Do.REGISTER_PERSON)
def new():
    return page("people/look.html", form=LookForm())


@bp.post("/people/new")
@allowed(Do.REGISTER_PERSON)
def create_person():
    """Two steps of one form: "look" shows who is alike, "register" writes the person down. Both look again, and in the
    same way whether or not there is somebody whom the viewer may not know of."""
    if request.form.get("step") != "register":
        return _look()
    form = RegisterForm()
    good = form.validate_on_submit()
    people.one_at_a_time(actor=viewer())
    alike = _alike(form)
    again = submissions.result(form.once.data or "", actor=viewer()) is not None
    if good and alike and not form.new_person.data and not again:
        form.reject("Look at the list first, and say that it is none of these", "new_person")
        good = False
    if good and form.accepts(
        people.register, actor=viewer(), at=now(), identifiers=form.identifiers, **form.known()
    ):
        return saved(
            url_for("cases.new", person_id=form.result_id),
            say=f"{form.given_name.data or form.family_name.data} is registered.",
        )
    return refused("people/register.html", form=form, alike=alike)


def _look():
    look = LookForm()
    if not look.validate_on_submit():
        return refused("people/look.html", form=look)
    form = RegisterForm()
    return page("people/register.html", form=form, alike=_alike(form))


def _alike(form):
    """Those who may be the same person, as far as the viewer may know of them."""
    name = f"{form.given_name.data or ''} {form.family_name.data or ''}".strip()
    found = people.find_same(name, form.born_on.data, viewer=viewer(), approximate=form.approximate)
    lines = people_read.with_cases(found, viewer=viewer())
    note_reading(AuditAct.SEARCHED, "people alike, before registering", detail=named(lines))
    return lines
