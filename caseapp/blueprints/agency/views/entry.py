"""The agency's entry: what the directory shows of it."""

from flask import url_for

from caseapp import clock
from caseapp.blueprints.agency import bp
from caseapp.policy.do import Do
from caseapp.queries import agencies as reads
from caseapp.queries.staff import history
from caseapp.services import agencies
from caseapp.web.access import allowed
from caseapp.web.agency_forms import AgencyForm, filled
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("")
@allowed(Do.MANAGE_OWN_AGENCY)
def show():
    entry = own()
    return page(
        "agency/show.html",
        entry=entry,
        contacts=reads.contacts(entry.id),
        stale=reads.is_stale(entry.checked_on, months=reads.check_months(viewer=viewer())),
        history=history(entry.id, most=20),
    )


@bp.get("/edit")
@allowed(Do.MANAGE_OWN_AGENCY)
def edit():
    entry = own()
    form = filled(AgencyForm, entry)
    form.area_id.offer(reads.area_choices(entry.area_id))
    return page("agency/edit.html", form=form)


@bp.post("/edit")
@allowed(Do.MANAGE_OWN_AGENCY)
def save():
    entry, form = own(), AgencyForm()
    form.area_id.offer(reads.area_choices(entry.area_id))
    if form.validate_on_submit() and form.accepts(
        agencies.update,
        entry.id,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        **form.details(),
    ):
        return saved(url_for("agency.show"), say="Saved. The directory shows it now.")
    if form.stale:
        form.version.data = str(form.stale.version or own().version)
    return refused("agency/edit.html", form=form)


@bp.post("/confirm")
@allowed(Do.MANAGE_OWN_AGENCY)
def confirm():
    """The entry was looked through and is right (S4-20)."""
    agencies.confirm(own().id, actor=viewer(), at=clock.now())
    return saved(url_for("agency.show"), say="Marked as checked today.")


def own():
    """The viewer's own agency."""
    return reads.entry(viewer().agency_id, viewer=viewer())
