"""Agencies that are never to be told, and lifting that again (X-3)."""

from flask import url_for

from caseapp import clock
from caseapp.blueprints.consent import bp
from caseapp.blueprints.consent.context import about, choose, given_id
from caseapp.blueprints.consent.forms import LiftForm, NeverForm
from caseapp.errors import NotVisible
from caseapp.policy.do import Do
from caseapp.queries import consent, consent_agencies
from caseapp.queries.consent_ending import effects_of_ending
from caseapp.services import consent as acts
from caseapp.web.access import on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/cases/<ref:reference>/consent/never")
@on_case(Do.RECORD_CONSENT)
def never(case):
    agency = consent_agencies.agency(given_id("agency"))
    if agency is not None:
        return page("consent/never.html", form=NeverForm(), **_about(case, agency))
    return choose(case, but=case.lead_agency_id, excluding=True)


@bp.post("/cases/<ref:reference>/consent/never")
@on_case(Do.RECORD_CONSENT)
def exclude(case):
    agency = consent_agencies.agency(given_id("agency"))
    if agency is None:
        raise NotVisible
    form = NeverForm()
    if form.validate_on_submit() and form.accepts(
        acts.exclude,
        case,
        actor=viewer(),
        at=clock.now(),
        agency_id=agency.id,
        reason=form.reason.data or "",
    ):
        url = url_for("consent.index", reference=case.reference, _anchor=f"agency-{agency.id}")
        return saved(url, say=f"Written down. {agency.name} is never told.")
    return refused("consent/never.html", form=form, **_about(case, agency))


def _about(case, agency):
    entries = {entry.agency_id: entry for entry in consent.by_agency(case, viewer=viewer())}
    entry = entries.get(agency.id)
    effects = effects_of_ending(case, entry.sharing, viewer=viewer()) if entry and entry.sharing else None
    return about(case, agency=agency, entry=entry, effects=effects)


@bp.get("/cases/<ref:reference>/consent/never/<id:exclusion_id>/lift")
@on_case(Do.RECORD_CONSENT)
def lift(case, exclusion_id):
    return page("consent/lift.html", form=LiftForm(), **_exclusion(case, exclusion_id))


@bp.post("/cases/<ref:reference>/consent/never/<id:exclusion_id>/lift")
@on_case(Do.RECORD_CONSENT)
def lift_now(case, exclusion_id):
    form = LiftForm()
    if form.validate_on_submit() and form.accepts(
        acts.lift_exclusion, case, actor=viewer(), at=clock.now(), exclusion_id=exclusion_id
    ):
        return saved(url_for("consent.index", reference=case.reference), say="Lifted. Nothing is shared yet.")
    return refused("consent/lift.html", form=form, **_exclusion(case, exclusion_id))


def _exclusion(case, exclusion_id):
    for row in consent.exclusions(case, viewer=viewer()):
        if row.id == exclusion_id:
            return about(case, exclusion=row)
    raise NotVisible
