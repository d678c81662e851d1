"""Areas: 14 local and 10 regional task forces to begin with, and council areas (D1)."""

from flask import url_for

from caseapp import clock
from caseapp.blueprints.system import bp
from caseapp.blueprints.system.forms import AreaForm
from caseapp.errors import NotVisible
from caseapp.policy.do import Do
from caseapp.queries import agencies as reads
from caseapp.services import agencies
from caseapp.vocabulary import AreaKind
from caseapp.web.access import allowed
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/areas")
@allowed(Do.MANAGE_AGENCIES)
def areas():
    everything = reads.areas()
    groups = [(kind.label, [one for one in everything if one.kind is kind]) for kind in AreaKind]
    return page("system/areas.html", groups=[group for group in groups if group[1]])


@bp.get("/areas/new")
@allowed(Do.MANAGE_AGENCIES)
def new_area():
    return page("system/area.html", form=AreaForm(), area=None)


@bp.post("/areas/new")
@allowed(Do.MANAGE_AGENCIES)
def add_area():
    form = AreaForm()
    if form.validate_on_submit() and form.accepts(
        agencies.create_area,
        actor=viewer(),
        at=clock.now(),
        name=form.name.data,
        kind=AreaKind(form.kind.data),
    ):
        return saved(url_for("system.areas"), say=f"{form.name.data} is added.")
    return refused("system/area.html", form=form, area=None)


@bp.get("/areas/<id:area_id>")
@allowed(Do.MANAGE_AGENCIES)
def edit_area(area_id):
    area = _known(area_id)
    form = AreaForm(formdata=None, version=area.version, name=area.name, kind=area.kind, active=area.active)
    return page("system/area.html", form=form, area=area)


@bp.post("/areas/<id:area_id>")
@allowed(Do.MANAGE_AGENCIES)
def save_area(area_id):
    area, form = _known(area_id), AreaForm()
    if form.validate_on_submit() and form.accepts(
        agencies.update_area,
        area_id,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        name=form.name.data,
        kind=AreaKind(form.kind.data),
        active=form.active.data,
    ):
        return saved(url_for("system.areas"), say="Saved.")
    if form.stale:
        form.version.data = str(form.stale.version or _known(area_id).version)
    return refused("system/area.html", form=form, area=area)


def _known(area_id):
    area = reads.area(area_id)
    if area is None:
        raise NotVisible
    return area
