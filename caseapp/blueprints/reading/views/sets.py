"""Reading sets, kept by the agency's administrator: the induction set and others."""

from flask import url_for

from caseapp import clock
from caseapp.blueprints.reading import bp
from caseapp.blueprints.reading.forms import EndSetForm, SetForm, whole
from caseapp.policy.do import Do
from caseapp.queries import reading_asked
from caseapp.services import reading_sets
from caseapp.vocabulary import Role
from caseapp.web.access import allowed, on_set
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/sets")
@allowed(Do.KEEP_READING_SETS)
def sets():
    return page("reading/sets.html", sets=reading_asked.sets(viewer=viewer()))


def _form(**kwargs) -> SetForm:
    form = SetForm(**kwargs)
    form.chapters.choices = {str(key): words for key, words in reading_asked.chapters(viewer=viewer())}
    return form


def _values(form) -> dict:
    return {
        "name": form.name.data,
        "about": form.about.data,
        "induction": form.induction.data,
        "roles": form.for_roles,
        "due_days": whole(form.due_days.data),
        "chapter_ids": form.chapter_ids,
    }


@bp.get("/sets/new")
@allowed(Do.KEEP_READING_SETS)
def new_set():
    return page("reading/set.html", form=_form(formdata=None, due_days="28"), one=None)


@bp.post("/sets/new")
@allowed(Do.KEEP_READING_SETS)
def create_set():
    form = _form()
    if form.validate_on_submit() and form.accepts(
        reading_sets.create, actor=viewer(), at=clock.now(), **_values(form)
    ):
        return saved(url_for("reading.sets"), say=f"The set “{form.name.data}” is made.")
    return refused("reading/set.html", form=form, one=None)


def _one(reading_set):
    (one,) = reading_asked.sets(viewer=viewer(), set_id=reading_set.id)
    return one


@bp.get("/sets/<id:set_id>")
@on_set(Do.EDIT_READING_SET)
def edit_set(reading_set):
    one = _one(reading_set)
    form = _form(
        formdata=None,
        version=one.version,
        name=one.name,
        about=one.about,
        induction=one.induction,
        due_days=str(one.due_days),
        chapters=[str(chapter_id) for chapter_id, _ in one.chapters],
        roles=[str(int(role)) for role in Role if one.roles and role in one.roles],
    )
    return page("reading/set.html", form=form, one=one)


@bp.post("/sets/<id:set_id>")
@on_set(Do.EDIT_READING_SET)
def save_set(reading_set):
    form = _form()
    if form.validate_on_submit() and form.accepts(
        reading_sets.change,
        reading_set,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        **_values(form),
    ):
        return saved(url_for("reading.sets"), say=f"The set “{form.name.data}” is saved.")
    form.catch_up()
    return refused("reading/set.html", form=form, one=_one(reading_set))


@bp.get("/sets/<id:set_id>/end")
@on_set(Do.EDIT_READING_SET)
def ask_end_set(reading_set):
    return page("reading/end_set.html", form=EndSetForm(formdata=None), one=_one(reading_set))


@bp.post("/sets/<id:set_id>/end")
@on_set(Do.EDIT_READING_SET)
def end_set(reading_set):
    form = EndSetForm()
    if form.validate_on_submit() and form.accepts(
        reading_sets.end, reading_set, actor=viewer(), at=clock.now()
    ):
        return saved(url_for("reading.sets"), say=f"The set “{reading_set.name}” is put away.")
    return refused("reading/end_set.html", form=form, one=_one(reading_set))
