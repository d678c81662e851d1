"""The restricted section: read, searched, written in; always after the password or the code (X-6)."""

from functools import wraps

from flask import abort, request, url_for

from caseapp import clock
from caseapp.blueprints.restricted import bp
from caseapp.blueprints.restricted.context import around
from caseapp.blueprints.restricted.forms import EntryForm, SearchForm
from caseapp.policy.do import Do
from caseapp.policy.restricted import SECTION
from caseapp.queries import disclosures_made, restricted_access
from caseapp.queries import restricted as reads
from caseapp.services import restricted
from caseapp.vocabulary import AuditAct
from caseapp.web.access import note_reading, on_section
from caseapp.web.answers import page, refused, saved
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer


def read_as_section(view):
    """Below `@proven`: the reading is noted once something is shown, under the section's own words."""

    @wraps(view)
    def noted(section, **more):
        answer = view(section=section, **more)
        if answer.status_code in (200, 409, 422):  # a form that went through shows nothing
            note_reading(AuditAct.READ, SECTION, case=section.case)
        return answer

    return noted


@bp.get("/cases/<ref:reference>/restricted")
@on_section(Do.VIEW_RESTRICTED)
@proven
@read_as_section
def show(section):
    return page("restricted/show.html", form=SearchForm(formdata=None), **_shown(section))


@bp.post("/cases/<ref:reference>/restricted/search")
@on_section(Do.VIEW_RESTRICTED)
@proven
def search(section):
    """By POST, so that no word of it stands in an address."""
    form = SearchForm()
    note_reading(AuditAct.SEARCHED, SECTION, case=section.case)
    if not form.validate_on_submit():
        return refused("restricted/show.html", form=form, **_shown(section))
    found = reads.found(section, form.words.data, viewer=viewer())
    return page("restricted/show.html", form=form, **_shown(section, found=found, words=form.words.data))


def _shown(section, found=None, words=""):
    me, number = viewer(), _number()
    entries, total = reads.entries(section, viewer=me, page=number)
    pages = max(1, -(-total // reads.PER_PAGE))
    if number > pages:
        entries, total = reads.entries(section, viewer=me, page=pages)
    return {
        "entries": entries if not words else found,
        "total": total,
        "words": words,
        "at": Pages(min(number, pages), pages, total, section.reference),
        "listed": restricted_access.on_the_list(section, viewer=me),
        "disclosed": disclosures_made.of_section(section, viewer=me),
        "before": reads.episode_before(section, viewer=me),
        **around(section),
    }


class Pages:
    """Where in the section the page stands; components/pagination.html draws it."""

    def __init__(self, number, pages, total, reference):
        self.number, self.pages, self.total, self.reference = number, pages, total, reference

    def url(self, number):
        return url_for("restricted.show", reference=self.reference, page=number)


def _number():
    text = request.args.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


# --- writing -----------------------------------------------------------------------------------------------------


def _offer(form, section):
    listed = restricted_access.on_the_list(section, viewer=viewer())
    form.readers.offer((one.user_id, one.name) for one in listed if one.user_id != viewer().user_id)
    return form


@bp.get("/cases/<ref:reference>/restricted/new")
@on_section(Do.ADD_RESTRICTED)
@proven
def new(section):
    note_reading(AuditAct.READ, SECTION, case=section.case)
    form = _offer(EntryForm(formdata=None, data={"received_on": clock.today()}), section)
    return page("restricted/new.html", form=form, **around(section))


@bp.post("/cases/<ref:reference>/restricted/new")
@on_section(Do.ADD_RESTRICTED)
@proven
def create(section):
    form = _offer(EntryForm(), section)
    if form.validate_on_submit() and form.accepts(
        restricted.add,
        section,
        actor=viewer(),
        at=clock.now(),
        narrow=form.narrow.data,
        reader_ids=form.readers.picked,
        **form.said(),
    ):
        return saved(_home(section), say="Written down. It stands here and nowhere else.")
    return refused("restricted/new.html", form=form, **around(section))


def _entry(section, entry_id):
    found, _total = reads.entries(section, viewer=viewer(), only=entry_id)
    return found[0] if found else abort(404)


@bp.get("/cases/<ref:reference>/restricted/<id:restricted_id>/correction")
@on_section(Do.ADD_RESTRICTED)
@proven
@read_as_section
def new_correction(section, restricted_id):
    entry = _entry(section, restricted_id)
    form = EntryForm(
        formdata=None,
        data={
            "kind": entry.kind.value,
            "received_on": clock.today(),
            "why": entry.why,
            "third_party": entry.third_party,
        },
    )
    return page("restricted/new.html", form=form, corrects=entry, **around(section))


@bp.post("/cases/<ref:reference>/restricted/<id:restricted_id>/correction")
@on_section(Do.ADD_RESTRICTED)
@proven
@read_as_section
def create_correction(section, restricted_id):
    entry, form = _entry(section, restricted_id), EntryForm()
    if form.validate_on_submit() and form.accepts(
        restricted.add, section, actor=viewer(), at=clock.now(), corrects_id=entry.id, **form.said()
    ):
        return saved(_home(section), say="Added. What it corrects stays as it was.")
    return refused("restricted/new.html", form=form, corrects=entry, **around(section))


def _home(section):
    return url_for("restricted.show", reference=section.reference)
