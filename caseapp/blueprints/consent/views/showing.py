"""Reading: where consent stands with each agency, what one agency was given, the person's copy."""

from caseapp.blueprints.consent import bp
from caseapp.blueprints.consent.context import about
from caseapp.documents import consent_prints
from caseapp.policy.do import Do
from caseapp.queries import consent, consent_attention, own_consent, settings
from caseapp.vocabulary import AuditAct
from caseapp.web.access import on_case, replace_reading
from caseapp.web.answers import page
from caseapp.web.sessions import viewer


@bp.get("/cases/<ref:reference>/consent")
@on_case(Do.VIEW_CONSENT, reads="the consents")
def index(case):
    agencies = consent.by_agency(case, viewer=viewer())
    warn = settings.value(case.lead_agency_id, "consent_warning_days")
    return page(
        "consent/index.html",
        agencies=agencies,
        warn=warn,
        attention=consent_attention.attention(agencies, lead_id=case.lead_agency_id, warn_days=warn),
        **about(case),
    )


@bp.get("/cases/<ref:reference>/consent/own")
@on_case(Do.VIEW_OWN_CONSENT, reads="the consent given to it")
def own(case):
    return page("consent/own.html", grants=own_consent.own(case, viewer=viewer()), **about(case))


@bp.get("/cases/<ref:reference>/consent/<id:grant_id>/copy")
@on_case(Do.VIEW_CONSENT)
def copy(case, grant_id):
    """The person's copy of one consent, in plain language, on paper (X-1)."""
    grant = consent.grant(case, grant_id, viewer=viewer())
    replace_reading(AuditAct.PRINTED, f"the person’s copy of a consent: {grant.agency}", case=case)
    context = about(case)
    copy = consent_prints.persons_copy(grant, head=context["head"], domain=context["domain"])
    return page("consent/copy_print.html", grant=grant, copy=copy, **context)
