"""Saved views of any list: save, rename, delete. A view is the user's own; nobody else sees it."""

from flask import abort, request, url_for

from caseapp import clock
from caseapp.blueprints.home import bp
from caseapp.blueprints.home.forms import RenameForm, ViewForm
from caseapp.policy import rules
from caseapp.queries import saved_views as reads
from caseapp.services import saved_views
from caseapp.web.access import signed_in
from caseapp.web.answers import page, refused, saved
from caseapp.web.lists import SPECS
from caseapp.web.sessions import viewer


def _spec(list_name):
    spec = SPECS.get(list_name)
    if spec is None or not rules.may(viewer(), spec.act):
        abort(404)
    return spec


def _own(view_id):
    view = reads.find(view_id, viewer=viewer())
    if view is None:
        abort(404)
    return view, _spec(view.list_name)


def _address(spec, query):
    query = spec.known(query or "")
    return f"{url_for(spec.endpoint)}?{query}" if query else url_for(spec.endpoint)


@bp.get("/views/<list_name>/new")
@signed_in
def new_view(list_name):
    spec = _spec(list_name)
    form = ViewForm(formdata=None, query=spec.known(request.query_string.decode("ascii", "ignore")))
    return page("home/save_view.html", **_around(spec, form))


@bp.post("/views/<list_name>/new")
@signed_in
def save_view(list_name):
    spec = _spec(list_name)
    form = ViewForm()
    if form.validate_on_submit() and form.accepts(
        saved_views.save,
        spec.name,
        name=form.name.data,
        query=spec.known(form.query.data or ""),
        replace=form.replace.data,
        actor=viewer(),
        at=clock.now(),
    ):
        return saved(_address(spec, form.query.data), say=f"Saved as “{form.name.data}”. Only you see it.")
    return refused("home/save_view.html", **_around(spec, form))


def _around(spec, form):
    return {"form": form, "spec": spec, "back": _address(spec, form.query.data), "views": _views(spec)}


def _views(spec):
    return [(one, _address(spec, one.query)) for one in reads.of_list(spec.name, viewer=viewer())]


@bp.get("/views/<id:view_id>/rename")
@signed_in
def rename_view_form(view_id):
    view, spec = _own(view_id)
    return page("home/rename_view.html", form=RenameForm(formdata=None, name=view.name), view=view, spec=spec)


@bp.post("/views/<id:view_id>/rename")
@signed_in
def rename_view(view_id):
    view, spec = _own(view_id)
    form = RenameForm()
    if form.validate_on_submit() and form.accepts(
        saved_views.rename, view.id, name=form.name.data, actor=viewer(), at=clock.now()
    ):
        return saved(_address(spec, view.query), say=f"The view is called “{form.name.data}” now.")
    return refused("home/rename_view.html", form=form, view=view, spec=spec)


@bp.get("/views/<id:view_id>/delete")
@signed_in
def delete_view_form(view_id):
    view, spec = _own(view_id)
    return page("home/delete_view.html", view=view, spec=spec, back=_address(spec, view.query))


@bp.post("/views/<id:view_id>/delete")
@signed_in
def delete_view(view_id):
    view, spec = _own(view_id)
    saved_views.remove(view.id, actor=viewer(), at=clock.now())
    return saved(url_for(spec.endpoint), say=f"The view “{view.name}” is deleted.")
