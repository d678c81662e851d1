"""Recording a consent or a refusal: first the agency, then the talk and what was agreed."""

from dataclasses import dataclass, replace

from flask import request, url_for

from caseapp import clock
from caseapp.blueprints.consent import bp
from caseapp.blueprints.consent.context import about, choose, given_id
from caseapp.blueprints.consent.forms import RefusalForm, TermsForm
from caseapp.errors import NotVisible
from caseapp.policy.do import Do
from caseapp.protocols import add_months, get
from caseapp.queries import consent, consent_agencies, settings
from caseapp.services import consent as acts
from caseapp.vocabulary import ConsentGiver, ConsentKind, ConsentMode, SharingDirection
from caseapp.web.access import on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@dataclass(frozen=True)
class Asked:
    """What the address of the form says: with whom, which kind, and the row that it renews."""

    agency: consent_agencies.AgencyChoice
    kind: ConsentKind
    old: consent.GrantRow | None
    signed: bool

    @property
    def sharing(self) -> bool:
        return self.kind is ConsentKind.INFORMATION_SHARING


def _asked(case) -> Asked | None:
    """None while no agency is chosen."""
    old = None
    if request.args.get("renew"):
        old = consent.grant(case, given_id("renew") or 0, viewer=viewer())
    agency = consent_agencies.agency(old.agency_id if old else given_id("agency"))
    if agency is None:
        return None
    lead = agency.id == case.lead_agency_id
    kind = ConsentKind.SERVICE_DELIVERY if lead else ConsentKind.INFORMATION_SHARING
    wanted = old.kind.value if old else request.args.get("kind")
    if wanted in set(ConsentKind) and not (lead and wanted == ConsentKind.INFORMATION_SHARING):
        kind = ConsentKind(wanted)
    return Asked(agency, kind, old, bool(old and old.spoken and request.args.get("signed")))


@bp.get("/cases/<ref:reference>/consent/new")
@on_case(Do.RECORD_CONSENT)
def new(case):
    asked = _asked(case)
    if asked is None:
        return choose(case)
    form = _form(case, asked)
    return page("consent/new.html", form=form, **_context(case, asked))


@bp.post("/cases/<ref:reference>/consent/new")
@on_case(Do.RECORD_CONSENT)
def create(case):
    asked = _asked(case)
    if asked is None:
        raise NotVisible
    form = _form(case, asked)
    if form.validate_on_submit() and form.accepts(
        acts.record,
        case,
        actor=viewer(),
        at=clock.now(),
        terms=_terms(case, asked, form),
        seen=form.seen.data or "",
    ):
        opens = asked.sharing and form.starts_on.data <= clock.today()
        say = f"{asked.agency.name} sees what was agreed from now on." if opens else ""
        return saved(_back(case, asked.agency.id), say=f"Written down. {say}".strip())
    if form.stale:
        form.seen.data = consent.newest(case, asked.agency.id, asked.kind, viewer=viewer())
    return refused("consent/new.html", form=form, **_context(case, asked))


def _form(case, asked):
    protocol = get(case.protocol_key, case.protocol_version)
    form = TermsForm(data=_proposed(case, asked, protocol))
    form.offer(sharing=asked.sharing, clinic=asked.agency.clinic, domains=protocol.domains)
    return form


def _proposed(case, asked, protocol):
    """What a new form already holds: the old terms on a renewal, else the least that the agency's actions need. The
    talk and how it was given are never carried over; they have to happen again (X-1)."""
    today = clock.today()
    months = settings.value(case.lead_agency_id, "consent_default_months")
    values = {
        "seen": consent.newest(case, asked.agency.id, asked.kind, viewer=viewer()),
        "starts_on": today,
        "expires_on": add_months(today, months),
    }
    old = asked.old
    if old is None:
        values["shared"] = sorted(consent.domains_of_actions(case, asked.agency.id, viewer=viewer()))
        return values
    values |= {
        "shared": [item.key for item in protocol.domains if item.key not in old.withheld],
        "left_out": old.left_out,
        "full_plan": old.full_plan and asked.agency.clinic,
        "direction": old.direction.value,
        "purpose": old.purpose,
        "contact_name": old.contact_name,
        "expires_when": old.expires_when,
        "given_by": old.given_by.value,
        "giver_name": old.giver_name,
        "giver_authority": old.giver_authority,
        "interpreter": old.interpreter,
    }
    if asked.signed:
        values |= {"expires_on": old.expires_on, "talked_on": old.talked_on}
    return values


def _terms(case, asked, form):
    typed = {
        name: form[name].data
        for name in (
            "purpose contact_name starts_on expires_on expires_when talked_on verbal_reason written_due_on giver_name "
            "giver_authority understood copy_given read_aloud interpreter"
        ).split()
    }
    mode, giver = ConsentMode(form.mode.data), ConsentGiver(form.given_by.data)
    if mode is ConsentMode.WRITTEN:  # what was typed beside the other answer does not count
        typed |= {"verbal_reason": "", "written_due_on": None}
    if giver is ConsentGiver.PERSON:
        typed |= {"giver_name": "", "giver_authority": ""}
    terms = acts.Terms(agency_id=asked.agency.id, kind=asked.kind, mode=mode, given_by=giver, **typed)
    if not asked.sharing:
        return terms
    domains = {item.key for item in get(case.protocol_key, case.protocol_version).domains}
    return replace(
        terms,
        withheld=frozenset(domains - set(form.shared.data)),
        left_out=form.left_out.data,
        direction=SharingDirection(form.direction.data),
        full_plan=bool(form.full_plan and form.full_plan.data),
    )


def _said() -> dict:
    """What the address says that counts here; anything else in it (reference=, _scheme=) leads nowhere."""
    return {
        name: request.args[name] for name in ("agency", "kind", "renew", "signed") if name in request.args
    }


def _context(case, asked):
    lead = asked.agency.id == case.lead_agency_id
    kinds = [kind for kind in ConsentKind if not (lead and kind is ConsentKind.INFORMATION_SHARING)]
    return about(
        case,
        asked=asked,
        agency=asked.agency,
        kinds=[] if asked.old else kinds,
        longest=settings.value(case.lead_agency_id, "consent_longest_months"),
        their_domains=consent.domains_of_actions(case, asked.agency.id, viewer=viewer()),
        here=url_for("consent.create", reference=case.reference, **_said()),
    )


@bp.get("/cases/<ref:reference>/consent/refused")
@on_case(Do.RECORD_CONSENT)
def new_refusal(case):
    asked = _asked(case)
    if asked is None:
        return choose(case, refusing=True)
    return page("consent/refusal.html", form=RefusalForm(), **_context(case, asked))


@bp.post("/cases/<ref:reference>/consent/refused")
@on_case(Do.RECORD_CONSENT)
def create_refusal(case):
    asked = _asked(case)
    if asked is None:
        raise NotVisible
    form = RefusalForm()
    if form.validate_on_submit() and form.accepts(
        acts.refuse,
        case,
        actor=viewer(),
        at=clock.now(),
        agency_id=asked.agency.id,
        kind=asked.kind,
        reason=form.reason.data or "",
    ):
        return saved(_back(case, asked.agency.id), say="Written down. Nothing is shared.")
    return refused("consent/refusal.html", form=form, **_context(case, asked))


def _back(case, agency_id):
    """The agency's block on the consents page."""
    return url_for("consent.index", reference=case.reference, _anchor=f"agency-{agency_id}")
