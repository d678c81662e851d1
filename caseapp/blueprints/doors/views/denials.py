"""Who may not know of a case, on the case itself: for its case manager and the line manager."""

from flask import abort, request, url_for

from caseapp import clock
from caseapp.blueprints.doors import bp
from caseapp.blueprints.doors.forms import DenyForm, EndDenialForm, KeepForm
from caseapp.policy.do import Do
from caseapp.queries import cases, former_leads
from caseapp.queries import denials as reads
from caseapp.services import denials
from caseapp.vocabulary import DenialGround
from caseapp.web import record
from caseapp.web.access import on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.navigation import landing
from caseapp.web.sessions import viewer

READS = "who may not know of the case"


def around(case) -> dict:
    """Head, row of places and the way back, for a template about a case."""
    return {
        "case": case,
        "head": cases.head(case, viewer=viewer()),
        "places": record.places(case, request.endpoint),
        "plan_url": url_for("plan.show", reference=case.reference),
    }


@bp.get("/cases/<ref:reference>/denials")
@on_case(Do.DENY_ACCESS, READS)
def of_case(case):
    listed = reads.of_case(case, viewer=viewer())
    return page(
        "doors/denials.html",
        standing=[one for one in listed if one.ended_at is None],
        ended=[one for one in listed if one.ended_at],
        ends={one.id for one in listed if denials.ends_here(one.agency_id, one.set_by_agency_id, viewer())},
        keep=KeepForm(formdata=None),
        former=former_leads.of_case(case, viewer=viewer()),
        **around(case),
    )


def _offer(form, case):
    form.user_id.offer(reads.members(case), "Choose a member of staff")
    form.instead_id.offer(reads.line_managers(case), "They are not its line manager")
    return form


@bp.get("/cases/<ref:reference>/denials/new")
@on_case(Do.DENY_ACCESS, READS)
def new_denial(case):
    return page("doors/new_denial.html", form=_offer(DenyForm(formdata=None), case), **around(case))


@bp.post("/cases/<ref:reference>/denials/new")
@on_case(Do.DENY_ACCESS, READS)
def deny(case):
    form = _offer(DenyForm(), case)
    if form.validate_on_submit() and form.accepts(
        denials.deny,
        case,
        actor=viewer(),
        at=clock.now(),
        user_id=form.user_id.data,
        ground=DenialGround(form.ground.data),
        reason=form.reason.data,
        instead_id=form.instead_id.data,
    ):
        if form.user_id.data == viewer().user_id:
            return saved(landing(viewer()), say="Recorded. You see nothing of this person from now on.")
        return saved(
            url_for("doors.of_case", reference=case.reference),
            say="Recorded. From their next step on they see nothing of this person. They are not told.",
        )
    return refused("doors/new_denial.html", form=form, **around(case))


def _one(case, denial_id):
    for one in reads.of_case(case, viewer=viewer()):
        if one.id == denial_id and one.ended_at is None:
            return one
    return abort(404)


@bp.post("/cases/<ref:reference>/denials/<id:denial_id>/keep")
@on_case(Do.DENY_ACCESS, READS)
def keep_denial(case, denial_id):
    form = KeepForm()
    if form.validate_on_submit() and form.accepts(
        denials.keep, case, denial_id, actor=viewer(), at=clock.now(), text=form.text.data
    ):
        return saved(
            url_for("doors.of_case", reference=case.reference), say="Written down: it is still needed."
        )
    return saved(url_for("doors.of_case", reference=case.reference), say="It has ended meanwhile.")


@bp.get("/cases/<ref:reference>/denials/<id:denial_id>/end")
@on_case(Do.DENY_ACCESS, READS)
def end_denial(case, denial_id):
    one = _one(case, denial_id)
    form = EndDenialForm(formdata=None, data={"version": str(one.version)})
    return page("doors/end_denial.html", form=form, one=one, **around(case))


@bp.post("/cases/<ref:reference>/denials/<id:denial_id>/end")
@on_case(Do.DENY_ACCESS, READS)
def save_end_denial(case, denial_id):
    one = _one(case, denial_id)
    form = EndDenialForm()
    if form.validate_on_submit() and form.accepts(
        denials.end,
        case,
        denial_id,
        actor=viewer(),
        at=clock.now(),
        reason=form.reason.data,
        version=form.seen_version,
    ):
        return saved(
            url_for("doors.of_case", reference=case.reference),
            say=f"Ended. {one.name} sees what consent and their part in the case let them see.",
        )
    form.catch_up()
    return refused("doors/end_denial.html", form=form, one=one, **around(case))
