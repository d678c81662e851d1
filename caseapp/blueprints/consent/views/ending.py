"""Ending: taking a consent back, what is left without a service, a row that should never have been."""

from flask import url_for

from caseapp import clock
from caseapp.blueprints.consent import bp
from caseapp.blueprints.consent.context import about
from caseapp.blueprints.consent.forms import ErrorForm, WithdrawForm
from caseapp.policy.do import Do
from caseapp.queries import consent
from caseapp.queries.consent_ending import effects_of_ending
from caseapp.services import consent as acts
from caseapp.vocabulary import ConsentStatus
from caseapp.web.access import on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/cases/<ref:reference>/consent/<id:grant_id>/withdraw")
@on_case(Do.RECORD_CONSENT, reads="what withdrawing a consent would do")
def withdraw(case, grant_id):
    context = _ending(case, grant_id)
    grant, head = context["grant"], context["head"]
    form = WithdrawForm(data={"version": grant.version, "said_on": clock.today(), "by": head.first_name})
    return page("consent/withdraw.html", form=form, **context)


@bp.post("/cases/<ref:reference>/consent/<id:grant_id>/withdraw")
@on_case(Do.RECORD_CONSENT)
def withdraw_now(case, grant_id):
    form = WithdrawForm()
    if form.validate_on_submit() and form.accepts(
        acts.withdraw,
        case,
        actor=viewer(),
        at=clock.now(),
        grant_id=grant_id,
        version=form.version.data,
        how=form.how,
        said_on=form.said_on.data,
    ):
        return saved(url_for("consent.ended", reference=case.reference, grant_id=grant_id), say="Withdrawn.")
    context = _ending(case, grant_id)
    if form.stale and context["grant"].status is ConsentStatus.ACTIVE:
        form.version.data = context["grant"].version
    return refused("consent/withdraw.html", form=form, **context)


@bp.get("/cases/<ref:reference>/consent/<id:grant_id>/ended")
@on_case(Do.VIEW_CONSENT, reads="what a withdrawal leaves without a service")
def ended(case, grant_id):
    """The list for the case manager once a consent has ended (F7)."""
    context = _ending(case, grant_id)
    standing = {entry.agency_id: entry for entry in consent.by_agency(case, viewer=viewer())}
    entry = standing.get(context["grant"].agency_id)
    links = {
        action.id: url_for("plan.amend_action", reference=case.reference, action_id=action.id)
        for action in context["effects"].actions
    }
    return page("consent/ended.html", links=links, entry=entry, **context)


@bp.get("/cases/<ref:reference>/consent/<id:grant_id>/error")
@on_case(Do.RECORD_CONSENT)
def error(case, grant_id):
    return page("consent/error.html", form=ErrorForm(), **_ending(case, grant_id))


@bp.post("/cases/<ref:reference>/consent/<id:grant_id>/error")
@on_case(Do.RECORD_CONSENT)
def mark_error(case, grant_id):
    form = ErrorForm()
    if form.validate_on_submit() and form.accepts(
        acts.enter_in_error,
        case,
        actor=viewer(),
        at=clock.now(),
        grant_id=grant_id,
        reason=" ".join(form.reason.data.split()),
    ):
        agency_id = consent.grant(case, grant_id, viewer=viewer()).agency_id
        url = url_for("consent.index", reference=case.reference, _anchor=f"agency-{agency_id}")
        return saved(url, say="Marked as entered in error. It opens nothing.")
    return refused("consent/error.html", form=form, **_ending(case, grant_id))


def _ending(case, grant_id):
    grant = consent.grant(case, grant_id, viewer=viewer())
    return about(case, grant=grant, effects=effects_of_ending(case, grant, viewer=viewer()))
