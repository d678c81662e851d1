"""What every consent page needs: whose case it is, what the words of its protocol are, links to pages elsewhere."""

from flask import request, url_for

from caseapp import clock, ids, protocols
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.scopes import CaseFile
from caseapp.queries import plan_head
from caseapp.web import record
from caseapp.web.forms import clean
from caseapp.web.sessions import viewer


def about(case: CaseFile, **more) -> dict:
    """The context of a page about this case's consents."""
    me = viewer()
    protocol = protocols.get(case.protocol_key, case.protocol_version)
    return {
        "case": case,
        "head": plan_head.head(case, viewer=me),
        "domain": protocol.domain_label,
        "may_record": rules.may(me, Do.RECORD_CONSENT, case),
        "may_see_disclosures": rules.may(me, Do.VIEW_DISCLOSURES, case),
        "plan_url": url_for("plan.show", reference=case.reference),
        "places": record.places(case, request.endpoint),
        "today": clock.today(),
    } | more


def given_id(name: str) -> int | None:
    """An id from the address's query; None where there is none, or nothing that is one."""
    try:
        return ids.read(request.args.get(name, ""))
    except ValueError:
        return None


def given_words(name: str, most: int = 80) -> str:
    """Words that somebody searches with, cleaned and cut."""
    return clean(request.args.get(name, ""))[:most]
