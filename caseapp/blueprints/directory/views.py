"""The directory of agencies, for everybody signed in: names and numbers of services, and no person's (S4-20, S2-47)."""

from flask import request

from caseapp.blueprints.directory import bp
from caseapp.errors import NotVisible
from caseapp.policy.do import Do
from caseapp.queries import agencies as reads
from caseapp.vocabulary import AgencyKind
from caseapp.web.access import allowed
from caseapp.web.answers import page
from caseapp.web.lists import Choice, Column, ListSpec, Words
from caseapp.web.sessions import viewer

DIRECTORY = ListSpec(
    name="directory",
    title="Directory",
    endpoint="directory.index",
    act=Do.SEE_DIRECTORY,
    filters=(
        Words("words", "Name, area or address"),
        Choice("kind", "Kind", (("", "All"), *AgencyKind.choices())),
        Choice("area", "Area", (("", "All"),)),
        Choice("signed", "Protocols", (("", "All"), ("yes", "All signed"), ("no", "Something unsigned"))),
    ),
    columns=(Column("name", "Name", sort=True),),
    order="name",
)


@bp.get("/directory")
@allowed(Do.SEE_DIRECTORY)
def index():
    areas = tuple((str(area_id), name) for area_id, name in reads.area_choices())
    state = DIRECTORY.read(request.args, area=(("", "All"), *areas))
    everything = [one for one in reads.entries(viewer=viewer()) if one.active]
    found = reads.matching(everything, **{name: state[name] for name in ("words", "kind", "area", "signed")})
    if state.descending:
        found.reverse()
    pager = state.page(len(found))
    start = (pager.number - 1) * DIRECTORY.per_page
    months = reads.check_months(viewer=viewer())
    return page(
        "directory/index.html",
        state=state,
        found=found[start : start + DIRECTORY.per_page],
        pager=pager,
        total=len(everything),
        stale={one.id for one in found if reads.is_stale(one.checked_on, months=months)},
        months=months,
    )


@bp.get("/directory/<id:agency_id>")
@allowed(Do.SEE_DIRECTORY)
def show(agency_id):
    entry = reads.entry(agency_id, viewer=viewer())
    if entry is None or not entry.active:
        raise NotVisible
    return page(
        "directory/show.html",
        entry=entry,
        contacts=reads.contacts(agency_id),
        stale=reads.is_stale(entry.checked_on, months=reads.check_months(viewer=viewer())),
    )
