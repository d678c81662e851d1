"""Who may read a restricted section, named and ended by the line manager; and its hand-over to the agency that leads
next (X-6)."""

from flask import abort, url_for

from caseapp import clock, dates
from caseapp.blueprints.restricted import bp
from caseapp.blueprints.restricted.context import around
from caseapp.blueprints.restricted.forms import EndForm, HandoverForm, ReaderForm, TakeBackForm
from caseapp.blueprints.restricted.views.section import read_as_section
from caseapp.policy.do import Do
from caseapp.queries import restricted_access as reads
from caseapp.services import restricted
from caseapp.web.access import on_section
from caseapp.web.answers import page, refused, saved
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer


def _here(section, form=None):
    me = viewer()
    if form is None:
        form = ReaderForm(formdata=None)
    form.user_id.offer(reads.could_be_named(section, viewer=me), empty="Choose a worker")
    return {
        "form": form,
        "listed": reads.on_the_list(section, viewer=me),
        "ended": reads.ended(section, viewer=me),
        "looks": reads.looks(section, viewer=me),
        "handovers": reads.handovers(section, viewer=me),
        "take_back": TakeBackForm(formdata=None),
        **around(section),
    }


@bp.get("/cases/<ref:reference>/restricted/access")
@on_section(Do.VIEW_RESTRICTED)
@proven
@read_as_section
def access(section):
    return page("restricted/access.html", **_here(section))


@bp.post("/cases/<ref:reference>/restricted/access")
@on_section(Do.NAME_READERS)
@proven
@read_as_section
def name_reader(section):
    form = ReaderForm()
    form.user_id.offer(reads.could_be_named(section, viewer=viewer()), empty="Choose a worker")
    if form.validate_on_submit() and form.accepts(
        restricted.name_reader,
        section,
        actor=viewer(),
        at=clock.now(),
        user_id=form.user_id.data,
        reason=form.reason.data,
        until_on=form.until_on.data,
    ):
        return saved(_access(section), say="They can read it now. Tell them yourself: no news goes out.")
    return refused("restricted/access.html", **_here(section, form))


def _named(section, access_id):
    listed = reads.on_the_list(section, viewer=viewer())
    return next((one for one in listed if one.access_id == access_id), None) or abort(404)


@bp.get("/cases/<ref:reference>/restricted/access/<id:access_id>/end")
@on_section(Do.NAME_READERS)
@proven
@read_as_section
def end(section, access_id):
    form = EndForm(formdata=None)
    return page("restricted/end.html", form=form, given=_named(section, access_id), **around(section))


@bp.post("/cases/<ref:reference>/restricted/access/<id:access_id>/end")
@on_section(Do.NAME_READERS)
@proven
@read_as_section
def end_reader(section, access_id):
    form = EndForm()
    if form.validate_on_submit() and form.accepts(
        restricted.end_reader,
        section,
        actor=viewer(),
        at=clock.now(),
        access_id=access_id,
        reason=form.reason.data,
    ):
        return saved(_access(section), say="Ended. It stays in the history.")
    return refused("restricted/end.html", form=form, given=_named(section, access_id), **around(section))


# --- hand-over -------------------------------------------------------------------------------------------------------


def _offer(form, section):
    me = viewer()
    form.to_agency_id.offer(reads.other_agencies(viewer=me), empty="Choose an agency")
    form.entries.offer(
        (one[0], f"{one[1].label}, received {dates.day(one[2])} from {one[3]}")
        for one in reads.could_be_handed(section, viewer=me)
    )
    return form


@bp.get("/cases/<ref:reference>/restricted/handover")
@on_section(Do.HAND_OVER_RESTRICTED)
@proven
@read_as_section
def handover(section):
    form = _offer(HandoverForm(formdata=None), section)
    return page("restricted/handover.html", form=form, **around(section))


@bp.post("/cases/<ref:reference>/restricted/handover")
@on_section(Do.HAND_OVER_RESTRICTED)
@proven
@read_as_section
def create_handover(section):
    form = _offer(HandoverForm(), section)
    if form.validate_on_submit() and form.accepts(
        restricted.hand_over,
        section,
        actor=viewer(),
        at=clock.now(),
        to_agency_id=form.to_agency_id.data,
        entry_ids=form.entries.picked,
        social_worker=form.social_worker.data,
        agreed_on=form.agreed_on.data,
        agreed_how=form.agreed_how.data,
    ):
        return saved(_access(section), say="Handed over. It opens there once that agency leads the case.")
    return refused("restricted/handover.html", form=form, **around(section))


@bp.post("/cases/<ref:reference>/restricted/handover/<id:handover_id>/taking-back")
@on_section(Do.HAND_OVER_RESTRICTED)
@proven
@read_as_section
def take_back(section, handover_id):
    form = TakeBackForm()
    if form.validate_on_submit() and form.accepts(
        restricted.take_back, section, actor=viewer(), at=clock.now(), handover_id=handover_id
    ):
        return saved(_access(section), say="Taken back.")
    return refused("restricted/access.html", **_here(section) | {"take_back": form})


def _access(section):
    return url_for("restricted.access", reference=section.reference)
