"""Agencies: found, added, changed, switched off when they lead no open case."""

from flask import request, url_for

from caseapp import clock
from caseapp.blueprints.system import bp
from caseapp.blueprints.system.forms import NewAgencyForm, OffForm
from caseapp.errors import NotVisible
from caseapp.policy.do import Do
from caseapp.queries import agencies as reads
from caseapp.queries import jobs, staff
from caseapp.services import agencies as services
from caseapp.vocabulary import AgencyKind
from caseapp.web.access import allowed
from caseapp.web.agency_forms import AgencyForm, filled
from caseapp.web.answers import page, refused, saved
from caseapp.web.links import link_to, to_hand_over
from caseapp.web.lists import Choice, Column, ListSpec, Words
from caseapp.web.sessions import viewer

AGENCIES = ListSpec(
    name="agencies",
    title="Agencies",
    endpoint="system.agencies",
    act=Do.MANAGE_AGENCIES,
    filters=(
        Words("words", "Name, area or address"),
        Choice("kind", "Kind", (("", "All"), *AgencyKind.choices())),
        Choice("area", "Area", (("", "All"),)),
        Choice("state", "State", (("", "All"), ("on", "In use"), ("off", "Switched off"))),
    ),
    columns=(Column("name", "Name", sort=True),),
    order="name",
)


@bp.get("/agencies")
@allowed(Do.MANAGE_AGENCIES)
def agencies():
    areas = tuple((str(area_id), name) for area_id, name in reads.area_choices())
    state = AGENCIES.read(request.args, area=(("", "All"), *areas))
    everything = reads.entries(viewer=viewer())
    found = reads.matching(everything, **{name: state[name] for name in ("words", "kind", "area", "state")})
    pager = state.page(len(found))
    start = (pager.number - 1) * AGENCIES.per_page
    return page(
        "system/agencies.html",
        state=state,
        found=found[start : start + AGENCIES.per_page],
        pager=pager,
        total=len(everything),
        counts=reads.account_counts(viewer=viewer()),
        silent=jobs.silent_since(clock.now()),
    )


@bp.get("/agencies/new")
@allowed(Do.MANAGE_AGENCIES)
def new_agency():
    return page("system/new_agency.html", form=_offered(NewAgencyForm()))


@bp.post("/agencies/new")
@allowed(Do.MANAGE_AGENCIES)
def add_agency():
    form = _offered(NewAgencyForm())
    if form.validate_on_submit() and form.accepts(
        services.create_with_administrator,
        actor=viewer(),
        at=clock.now(),
        link_to=link_to,
        admin_name=form.admin_name.data,
        admin_email=form.admin_email.data,
        **form.details(),
    ):
        return sent(form, url_for("system.agencies"), form.admin_email.data)
    return refused("system/new_agency.html", form=form)


@bp.get("/agencies/<id:agency_id>")
@allowed(Do.MANAGE_AGENCIES)
def agency(agency_id):
    entry = known(agency_id)
    return page(
        "system/agency.html",
        entry=entry,
        contacts=reads.contacts(agency_id),
        stale=reads.is_stale(entry.checked_on),
        people=staff.staff(viewer=viewer(), agency_id=agency_id),
        history=staff.history(agency_id, most=20),
    )


@bp.get("/agencies/<id:agency_id>/edit")
@allowed(Do.MANAGE_AGENCIES)
def edit_agency(agency_id):
    entry = known(agency_id)
    return page("system/edit_agency.html", form=_offered(filled(AgencyForm, entry), entry), entry=entry)


@bp.post("/agencies/<id:agency_id>/edit")
@allowed(Do.MANAGE_AGENCIES)
def save_agency(agency_id):
    entry = known(agency_id)
    form = _offered(AgencyForm(), entry)
    if form.validate_on_submit() and form.accepts(
        services.update,
        agency_id,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        **form.details(),
    ):
        return saved(url_for("system.agency", agency_id=agency_id), say="Saved.")
    if form.stale:
        form.version.data = str(form.stale.version or known(agency_id).version)
    return refused("system/edit_agency.html", form=form, entry=entry)


@bp.get("/agencies/<id:agency_id>/off")
@allowed(Do.MANAGE_AGENCIES)
def ask_agency_off(agency_id):
    return page("system/agency_off.html", form=OffForm(), entry=known(agency_id))


@bp.post("/agencies/<id:agency_id>/off")
@allowed(Do.MANAGE_AGENCIES)
def agency_off(agency_id):
    entry, form = known(agency_id), OffForm()
    if form.validate_on_submit() and form.accepts(
        services.deactivate, agency_id, actor=viewer(), at=clock.now(), reason=form.reason.data
    ):
        return saved(
            url_for("system.agency", agency_id=agency_id),
            say=f"{entry.name} is switched off. Every session of its staff has ended.",
        )
    return refused("system/agency_off.html", form=form, entry=entry)


@bp.post("/agencies/<id:agency_id>/on")
@allowed(Do.MANAGE_AGENCIES)
def agency_on(agency_id):
    entry = known(agency_id)
    services.activate(agency_id, actor=viewer(), at=clock.now())
    return saved(url_for("system.agency", agency_id=agency_id), say=f"{entry.name} is in use again.")


def known(agency_id):
    """The agency, or 404."""
    entry = reads.entry(agency_id, viewer=viewer())
    if entry is None:
        raise NotVisible
    return entry


def sent(form, back, email):
    """After inviting: a note, or, where no mail can be sent from here, the link itself, this once."""
    link = to_hand_over(form.result.link) if form.result else ""
    if link:
        return page("staff/link.html", link=link, email=email, back=back)
    return saved(back, say=f"A link is on its way to {email}.")


def _offered(form, entry=None):
    form.area_id.offer(reads.area_choices(entry and entry.area_id), empty=None if entry else "Choose an area")
    return form
