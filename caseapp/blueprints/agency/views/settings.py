"""The agency's settings, CFG-1 to CFG-16: each explained, with its default and its changes."""

from itertools import groupby

from flask import url_for

from caseapp import clock
from caseapp.blueprints.agency import bp
from caseapp.blueprints.agency.forms import as_typed, setting_form
from caseapp.errors import NotVisible
from caseapp.policy.do import Do
from caseapp.queries import settings as reads
from caseapp.services import settings
from caseapp.web.access import allowed
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/settings", endpoint="settings")
@allowed(Do.MANAGE_OWN_AGENCY)
def settings_list():
    lines = reads.lines(viewer=viewer())
    groups = [(cfg, list(of)) for cfg, of in groupby(lines, key=lambda line: line.setting.cfg)]
    return page("agency/settings.html", groups=groups, shown=reads.shown, own=sum(line.own for line in lines))


@bp.get("/settings/<key>")
@allowed(Do.MANAGE_OWN_AGENCY)
def edit_setting(key):
    line = _known(key)
    form = setting_form(line, formdata=None, value=as_typed(line), seen=reads.shown(line.setting, line.value))
    return page("agency/setting.html", form=form, line=line, shown=reads.shown)


@bp.post("/settings/<key>")
@allowed(Do.MANAGE_OWN_AGENCY)
def save_setting(key):
    line = _known(key)
    form = setting_form(line)
    if form.validate_on_submit() and form.accepts(
        settings.set, key, form.value.data, actor=viewer(), at=clock.now(), seen=form.seen.data
    ):
        return saved(url_for("agency.settings") + f"#{key}", say=f"Saved: {line.setting.title}.")
    line = _known(key)
    if form.stale:
        form.seen.data = reads.shown(line.setting, line.value)
    return refused("agency/setting.html", form=form, line=line, shown=reads.shown)


@bp.post("/settings/<key>/reset")
@allowed(Do.MANAGE_OWN_AGENCY)
def reset_setting(key):
    line = _known(key)
    settings.reset(key, actor=viewer(), at=clock.now())
    return saved(url_for("agency.settings") + f"#{key}", say=f"Back to the default: {line.setting.title}.")


def _known(key):
    line = reads.line(key, viewer=viewer())
    if line is None:
        raise NotVisible
    return line
