"""What every consent page needs: whose case it is, what the words of its protocol are, links to pages elsewhere."""

from flask import request, url_for

from caseapp import clock, ids, protocols
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.scopes import CaseFile
from caseapp.queries import consent, consent_agencies, plan_head
from caseapp.web import record
from caseapp.web.answers import either
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


#: So many agencies are listed at once; more words find the others.
MOST = 40


def choose(case: CaseFile, *, but: int | None = None, **more):
    """The page on which an agency is chosen, by words in the address; those that the case has to do with first. `but` is one
    that cannot be chosen."""
    words = given_words("words")
    found = [one for one in consent_agencies.agencies_named(words) if one.id != but]
    known = {entry.agency_id: entry for entry in consent.by_agency(case, viewer=viewer())}
    found.sort(key=lambda one: (one.id not in known, one.name))
    return either(
        "consent/choose.html",
        "consent/_agencies.html",
        found=found[:MOST],
        left_off=max(0, len(found) - MOST),
        known=known,
        words=words,
        **about(case, **more),
    )


def given_id(name: str) -> int | None:
    """An id from the address's query; None where there is none, or nothing that is one."""
    try:
        return ids.read(request.args.get(name, ""))
    except ValueError:
        return None


def given_words(name: str, most: int = 80) -> str:
    """Words that somebody searches with, cleaned and cut."""
    return clean(request.args.get(name, ""))[:most]
