"""Opening one person's record in an emergency, reading it, and ending that."""

from flask import redirect, request, url_for

from caseapp import clock
from caseapp.blueprints.emergency import bp
from caseapp.blueprints.emergency.forms import EndForm, OpenForm
from caseapp.policy.do import Do
from caseapp.queries import emergency as reads
from caseapp.queries import emergency_rights
from caseapp.services import emergency
from caseapp.services.identification import Whom
from caseapp.vocabulary import EmergencyReason
from caseapp.web.access import allowed, on_emergency
from caseapp.web.answers import page, refused, saved
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

NOBODY = (
    "No record can be opened for what you typed. Look at the spelling and the date; else ring the emergency services, or "
    "the agency that you believe works with the person"
)


def _around() -> dict:
    now = clock.now()
    return {
        "may": emergency_rights.may_use(viewer=viewer()),
        "own": emergency_rights.own(viewer=viewer(), now=now),
        "most": emergency.openings_most(viewer().agency_id),
    }


@bp.get("")
@allowed(Do.USE_EMERGENCY)
def begin():
    return page("emergency/begin.html", form=OpenForm(formdata=None), **_around())


@bp.get("/open")
@allowed(Do.USE_EMERGENCY)
@proven
def ready():
    """Where whoever had to show who they are first comes back to: the form, now with a password not older than ten
    minutes, so that in the emergency itself nothing more is asked."""
    return redirect(url_for("emergency.begin"), 303)


@bp.post("/open")
@allowed(Do.USE_EMERGENCY)
@proven
def open_record():
    form = OpenForm()
    if form.validate_on_submit():
        done = form.accepts(
            emergency.open_record,
            actor=viewer(),
            at=clock.now(),
            whom=Whom(
                f"{form.given_name.data} {form.family_name.data}".strip(),
                form.born_on.data,
                form.reference.data,
                form.number.data,
            ),
            kind=EmergencyReason(form.kind.data),
            reason=form.reason.data,
            address=request.remote_addr or "",
        )
        if done and form.result_id:
            return saved(url_for("emergency.show", emergency_id=form.result_id))
        if done:
            form.reject(NOBODY)
    return refused("emergency/begin.html", form=form, **_around())


@bp.get("/<id:emergency_id>")
@on_emergency(Do.VIEW_EMERGENCY, "the essentials, in an emergency")
def show(access):
    return page(
        "emergency/show.html",
        access=access,
        form=EndForm(formdata=None),
        it=reads.essentials(access, viewer=viewer(), now=clock.now()),
    )


@bp.post("/<id:emergency_id>/end")
@on_emergency(Do.END_EMERGENCY, "the essentials, in an emergency")
def end(access):
    emergency.end(access, actor=viewer(), at=clock.now())
    return saved(url_for("emergency.begin"), say="Ended. The record is closed to you again.")
