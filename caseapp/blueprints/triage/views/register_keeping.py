"""The working side of the register: entries with the raisings behind them, and publishing an edition."""

from flask import abort, request, url_for

from caseapp import clock
from caseapp.blueprints.triage import bp
from caseapp.blueprints.triage.forms import AddForm, EntryForm, PublishForm
from caseapp.blueprints.triage.lists import KEEPING
from caseapp.policy.do import Do
from caseapp.queries import need_domains, register, register_published, settings, triage_options
from caseapp.services import register as services
from caseapp.vocabulary import EscalationKind, EscalationState, GapScope, Role
from caseapp.web import navigation
from caseapp.web.access import allowed
from caseapp.web.answers import page, refused, saved
from caseapp.web.forms import Form
from caseapp.web.sessions import viewer


@bp.get("/register/keeping", endpoint="register_keeping")
@allowed(Do.KEEP_REGISTER)
def keeping():
    me = viewer()
    found = register.entries(viewer=me)
    themes = sorted({one.theme for one in found if one.theme})
    state = KEEPING.read(request.args, theme=(("", "All themes"), *((name, name) for name in themes)))
    matching = register.shown(
        found,
        kind=state["kind"],
        state=state["state"],
        theme=state["theme"],
        words=state["words"],
        order=state.order,
        descending=state.descending,
    )
    pager = state.page(len(matching))
    start = (pager.number - 1) * KEEPING.per_page
    return page(
        "triage/keeping.html",
        entries=matching[start : start + KEEPING.per_page],
        all_of_them=len(found),
        state=state,
        pager=pager,
        domains=need_domains.labels(),
        least=register.least_for(me),
        everything=me.has(Role.NATIONAL_COORDINATOR),
    )


def _entry(entry_id):
    return register.entry(entry_id, viewer=viewer()) or abort(404)


def _around(entry, form, adding=None):
    me = viewer()
    form.theme.offer(triage_options.themes(), "No theme")
    raisings = register.raisings(entry.id, viewer=me)
    return {
        "entry": entry,
        "form": form,
        "adding": adding or AddForm(formdata=None, prefix="add-"),
        "raisings": raisings,
        "answers": [one for one in raisings if one.how],
        "asks": [one for one in raisings if one.wanted],
        "domains": need_domains.labels(),
        "least": register.least_for(me),
        "everything": me.has(Role.NATIONAL_COORDINATOR),
        "reach": navigation.reach,
        "published": next(iter(register_published.history(entry.id)), None),
    }


@bp.get("/register/keeping/<id:entry_id>")
@allowed(Do.KEEP_REGISTER)
def register_entry(entry_id):
    entry = _entry(entry_id)
    return page("triage/entry.html", **_around(entry, _form_of(entry)))


def _form_of(entry):
    return EntryForm(
        formdata=None,
        version=entry.version,
        title=entry.title,
        kind=entry.kind.value,
        theme=entry.theme_id,
        scope=entry.scope.value if entry.scope else "",
        asked=entry.asked,
        answered=entry.answered,
        state=entry.state.value,
    )


@bp.post("/register/keeping/<id:entry_id>")
@allowed(Do.KEEP_REGISTER)
def edit_entry(entry_id):
    entry = _entry(entry_id)
    form = EntryForm()
    around = _around(entry, form)
    if form.validate_on_submit() and form.accepts(
        services.edit,
        entry_id,
        version=form.seen_version,
        title=form.title.data,
        kind=EscalationKind(form.kind.data),
        theme_id=form.theme.data,
        scope=GapScope(form.scope.data) if form.scope.data else None,
        asked=form.asked.data,
        answered=form.answered.data,
        state=EscalationState(form.state.data),
        actor=viewer(),
        at=clock.now(),
    ):
        return saved(
            url_for("triage.register_entry", entry_id=entry_id),
            say="Saved. Agencies read it once the next edition is published.",
        )
    form.catch_up()
    return refused("triage/entry.html", **around)


@bp.post("/register/keeping/<id:entry_id>/add")
@allowed(Do.KEEP_REGISTER)
def add_raising(entry_id):
    entry = _entry(entry_id)
    form = AddForm(prefix="add-")
    if form.validate_on_submit() and form.accepts(
        services.add, entry_id, number=form.number.data, actor=viewer(), at=clock.now()
    ):
        return saved(
            url_for("triage.register_entry", entry_id=entry_id), say="Added. It counts with this entry."
        )
    around = _around(entry, _form_of(entry), form)
    return refused("triage/entry.html", **around)


@bp.post("/register/keeping/<id:entry_id>/out/<id:escalation_id>")
@allowed(Do.KEEP_REGISTER)
def take_out(entry_id, escalation_id):
    _entry(entry_id)
    form = Form()
    if form.validate_on_submit() and form.accepts(
        services.take_out, entry_id, escalation_id, actor=viewer(), at=clock.now()
    ):
        return saved(
            url_for("triage.register_entry", entry_id=entry_id),
            say="Taken out of this entry. It goes on as before.",
        )
    return abort(400)


# --- publishing -----------------------------------------------------------------------------------------------------


def _preview(form):
    least = settings.value(viewer().agency_id, register.LEAST)
    raw = register_published.next_entries(least)
    form.offer([(one["id"], one["title"]) for one in raw])
    return {
        "entries": register_published.as_published(raw),
        "mark": register_published.mark(raw),
        "least": least,
        "form": form,
        "domains": need_domains.labels(),
        "last": next(iter(register_published.editions()), None),
    }


@bp.get("/register/publish")
@allowed(Do.KEEP_REGISTER)
def publish_form():
    form = PublishForm(formdata=None)
    around = _preview(form)
    form.seen.data = around["mark"]
    return page("triage/publish.html", **around)


@bp.post("/register/publish")
@allowed(Do.KEEP_REGISTER)
def publish():
    form = PublishForm()
    around = _preview(form)
    if form.validate_on_submit() and form.accepts(
        services.publish, form.entry_ids, seen=form.seen.data, actor=viewer(), at=clock.now()
    ):
        return saved(
            url_for("triage.register"), say="Published. Everybody who signs in reads it from now on."
        )
    form.seen.data = around["mark"]
    return refused("triage/publish.html", **around)
