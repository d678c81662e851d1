"""Conflicts of interest of the own staff, recorded by the reference alone: for line managers and administrators."""

from flask import abort, url_for

from caseapp import clock
from caseapp.blueprints.doors import bp
from caseapp.blueprints.doors.forms import DenyByReferenceForm, EndDenialForm
from caseapp.policy.do import Do
from caseapp.queries import denials as reads
from caseapp.services import denials
from caseapp.vocabulary import DenialGround
from caseapp.web.access import allowed
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/conflicts")
@allowed(Do.KEEP_DENIALS)
def conflicts():
    listed = reads.of_own_staff(viewer=viewer())
    return page(
        "doors/conflicts.html",
        standing=[one for one in listed if one.ended_at is None],
        ended=[one for one in listed if one.ended_at],
    )


def _offer(form):
    form.user_id.offer(reads.own_staff(viewer=viewer()), "Choose a member of staff")
    return form


@bp.get("/conflicts/new")
@allowed(Do.KEEP_DENIALS)
def new_conflict():
    return page("doors/new_conflict.html", form=_offer(DenyByReferenceForm(formdata=None)))


@bp.post("/conflicts/new")
@allowed(Do.KEEP_DENIALS)
def create_conflict():
    form = _offer(DenyByReferenceForm())
    if form.validate_on_submit() and form.accepts(
        denials.deny_by_reference,
        actor=viewer(),
        at=clock.now(),
        user_id=form.user_id.data,
        reference=form.reference.data,
        ground=DenialGround(form.ground.data),
        reason=form.reason.data,
    ):
        return saved(
            url_for("doors.conflicts"),
            say="Recorded. Where a case has this reference, they see nothing of that person from their next step on.",
        )
    return refused("doors/new_conflict.html", form=form)


def _one(denial_id):
    one = reads.one_of_own_staff(denial_id, viewer=viewer())
    return one if one is not None and one.ended_at is None else abort(404)


@bp.get("/conflicts/<id:denial_id>/end")
@allowed(Do.KEEP_DENIALS)
def end_conflict(denial_id):
    one = _one(denial_id)
    form = EndDenialForm(formdata=None, data={"version": str(one.version)})
    return page("doors/end_conflict.html", form=form, one=one)


@bp.post("/conflicts/<id:denial_id>/end")
@allowed(Do.KEEP_DENIALS)
def save_end_conflict(denial_id):
    one = _one(denial_id)
    form = EndDenialForm()
    if form.validate_on_submit() and form.accepts(
        denials.end_own,
        denial_id,
        actor=viewer(),
        at=clock.now(),
        reason=form.reason.data,
        version=form.seen_version,
    ):
        return saved(url_for("doors.conflicts"), say="Ended.")
    form.catch_up()
    return refused("doors/end_conflict.html", form=form, one=one)
