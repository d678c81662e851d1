"""Consent: recorded, refused, withdrawn, replaced, ended (forms B3, states C3). What is not in force opens nothing, and
that is judged anew on every request by policy.scopes; nothing here has to be told to anybody else to take effect."""

from datetime import date, datetime

from sqlalchemy import insert, select, update

from caseapp import clock, dates
from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import (
    Agency,
    CaseAgency,
    ConsentExclusion,
    ConsentGrant,
    ConsentWithheld,
)
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import consent as consent_reads
from caseapp.services import audit, consent_terms, events, last_hand
from caseapp.services.case_hold import first_name, hold
from caseapp.services.consent_effects import begin_due, forget, mark_expired, release_actions
from caseapp.services.consent_terms import Terms
from caseapp.services.transaction import use_case
from caseapp.vocabulary import (
    Audience,
    ConsentKind,
    ConsentStatus,
)

__all__ = [
    "INVOLVEMENT_ENDED",
    "Terms",
    "begin_due",
    "end_for_case",
    "enter_in_error",
    "exclude",
    "know_agency",
    "lift_exclusion",
    "mark_expired",
    "record",
    "refuse",
    "release_actions",
    "withdraw",
]

#: What an agency is told when it may no longer look: that, and nothing else (F7).
INVOLVEMENT_ENDED = (
    "Your agency’s part in one plan has ended. If you need to know more, ask the case manager."
)


@use_case
def record(case: CaseFile, *, actor: Viewer, at: datetime, terms: Terms, seen: str | None = None) -> int:
    """Put a consent into force; an earlier one of the same kind with this agency is replaced, never changed (F7).

    Raises RuleBroken where the talk did not come first (X-1, S3-40), the agency is never to be told (X-3), a spoken
    consent has no reason and date for the signature, or nothing says when it ends. `seen` is queries.consent.newest()
    as it was when the form was opened: Stale if a consent was recorded, withdrawn or marked since, so that an old page
    never reopens what was taken back. Returns the new row's id."""
    hold(case)  # or it could close while this is written, and a closed case would open again
    agency = _live_agency(terms.agency_id)
    today = clock.local_day(at)
    terms = consent_terms.judged(case, terms, agency, today)
    if seen is not None and seen != consent_reads.newest(case, agency.id, terms.kind, viewer=actor):
        raise Stale({}, **_last_hand(case, terms.kind, agency.name, actor))
    if _excluded(case.id, agency.id):
        first = first_name(case.person_id)
        raise RuleBroken(
            f"{first} asked that {agency.name} is never told. Lift that first, with {first}.", "agency_id"
        )
    if terms.starts_on > today and _in_force(case.id, agency.id, terms.kind):
        raise RuleBroken(
            "The consent in force would end now and leave a gap until then: let the new one begin today",
            "starts_on",
        )
    db.session.execute(
        update(ConsentGrant)
        .where(
            ConsentGrant.case_id == case.id,
            ConsentGrant.agency_id == agency.id,
            ConsentGrant.kind == terms.kind,
            ConsentGrant.status == ConsentStatus.ACTIVE,
        )
        .values(
            status=ConsentStatus.SUPERSEDED,
            ended_reason=f"Replaced on {dates.day(today)}",
            version=ConsentGrant.version + 1,
        )
    )
    grant = ConsentGrant(
        case_id=case.id,
        status=ConsentStatus.ACTIVE,
        talked_by_id=actor.user_id,
        recorded_at=at,
        recorded_by_id=actor.user_id,
        **{k: v for k, v in vars(terms).items() if k != "withheld"},
    )
    db.session.add(grant)
    db.session.flush()
    if terms.withheld:
        db.session.execute(
            insert(ConsentWithheld), [{"grant_id": grant.id, "domain": d} for d in sorted(terms.withheld)]
        )
    know_agency(case, agency.id, on=today)
    opens = terms.kind == ConsentKind.INFORMATION_SHARING and terms.starts_on <= today
    if opens:
        release_actions(case, agency.id, actor=actor, at=at)
    events.happened(
        case,
        "consent_recorded",
        f"{first_name(case.person_id)} agreed to {_in_words(terms)} with {agency.name}",
        actor=actor,
        at=at,
        audience=Audience.AGENCY,
        for_agency_id=agency.id,
        tell_agency_id=agency.id if opens else None,
        tell_case_workers=True,
    )
    audit.record(actor, f"consent recorded: {terms.kind.label}, {agency.name}", at=at, case=case)
    return grant.id


@use_case
def refuse(
    case: CaseFile, *, actor: Viewer, at: datetime, agency_id: int, kind: ConsentKind, reason: str = ""
) -> int:
    """The person said no; that is respected and recorded (X-2). Raises RuleBroken while a consent of this kind is in
    force: that is taken back by withdrawing it, so that a no is never written down while the plan stays open."""
    hold(case)
    agency = _live_agency(agency_id)
    if _in_force(case.id, agency.id, kind):
        raise RuleBroken(
            f"A consent with {agency.name} is in force. Withdraw it: only that ends what {agency.name} sees.",
            "agency_id",
        )
    grant = ConsentGrant(
        case_id=case.id,
        agency_id=agency.id,
        kind=kind,
        status=ConsentStatus.REFUSED,
        starts_on=clock.local_day(at),
        ended_reason=reason,
        recorded_at=at,
        recorded_by_id=actor.user_id,
    )
    db.session.add(grant)
    db.session.flush()
    events.happened(
        case,
        "consent_refused",
        f"{first_name(case.person_id)} said no to {agency.name}: {kind.label.lower()}",
        actor=actor,
        at=at,
    )
    audit.record(actor, f"consent refused: {kind.label}, {agency.name}", at=at, case=case)
    return grant.id


@use_case
def withdraw(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    grant_id: int,
    version: int | None = None,
    how: str,
    said_on: date | None = None,
) -> ConsentGrant:
    """The person takes it back: the agency's sight ends with the commit. The case manager keeps the list of what is
    left without a service; the agency learns only that its part has ended (F7). `how` says by what route and by whom;
    `said_on` is the local day on which it was said. Raises Stale if the consent changed meanwhile."""
    if not how:
        raise RuleBroken("Say how, and to whom, it was taken back", "how")
    if said_on is not None and said_on > clock.local_day(at):
        raise RuleBroken("This day is still to come; it is withdrawn once it has been said", "said_on")
    grant = _grant(case, grant_id)
    if grant.status != ConsentStatus.ACTIVE or (version is not None and grant.version != version):
        hand = _last_hand(case, grant.kind, _agency(grant.agency_id).name, actor)
        raise Stale({"status": grant.status.label}, **hand, version=grant.version)
    if said_on is not None:
        how = f"{dates.day(said_on)}, {how}"
    _end(case, grant, ConsentStatus.WITHDRAWN, actor=actor, at=at, how=how[:300])
    return grant


@use_case
def enter_in_error(case: CaseFile, *, actor: Viewer, at: datetime, grant_id: int, reason: str) -> None:
    """The row should never have been: it stays, marked, and opens nothing."""
    if not reason:
        raise RuleBroken("Say what was wrong with it", "reason")
    grant = _grant(case, grant_id)
    if grant.status == ConsentStatus.ENTERED_IN_ERROR:
        return
    grant.ended_reason = reason
    grant.withdrawn_at = None  # the timeline and the access record keep when it was withdrawn
    _end(case, grant, ConsentStatus.ENTERED_IN_ERROR, actor=actor, at=at)


@use_case
def exclude(case: CaseFile, *, actor: Viewer, at: datetime, agency_id: int, reason: str = "") -> int:
    """Never to be told (B3): whatever is in force with this agency is withdrawn, and nothing can be recorded until
    the exclusion is lifted. Returns the exclusion's id."""
    hold(case)
    agency = _live_agency(agency_id)
    if agency.id == case.lead_agency_id:
        raise RuleBroken("The lead agency holds the plan. To change that, hand the case over.", "agency_id")
    if _excluded(case.id, agency.id):
        raise RuleBroken(f"{agency.name} is already never to be told.", "agency_id")
    for grant in db.session.scalars(
        select(ConsentGrant).where(
            ConsentGrant.case_id == case.id,
            ConsentGrant.agency_id == agency.id,
            ConsentGrant.status == ConsentStatus.ACTIVE,
        )
    ):
        _end(case, grant, ConsentStatus.WITHDRAWN, actor=actor, at=at, how="Never to be told")
    exclusion = ConsentExclusion(
        case_id=case.id, agency_id=agency.id, reason=reason, recorded_at=at, recorded_by_id=actor.user_id
    )
    db.session.add(exclusion)
    db.session.flush()
    events.happened(
        case,
        "agency_excluded",
        f"{first_name(case.person_id)} asked that {agency.name} is never told",
        actor=actor,
        at=at,
    )
    audit.record(actor, f"never to be told: {agency.name}", at=at, case=case)
    return exclusion.id


@use_case
def lift_exclusion(case: CaseFile, *, actor: Viewer, at: datetime, exclusion_id: int) -> None:
    """The person changed their mind; sharing still needs a consent of its own."""
    exclusion = db.session.get(ConsentExclusion, exclusion_id)
    if exclusion is None or exclusion.case_id != case.id:
        raise NotVisible
    if exclusion.lifted_at is None:
        exclusion.lifted_at, exclusion.lifted_by_id = at, actor.user_id
        agency = _agency(exclusion.agency_id)
        events.happened(case, "exclusion_lifted", f"{agency.name} may be asked again", actor=actor, at=at)
        audit.record(actor, f"may be told again: {agency.name}", at=at, case=case)


@use_case
def end_for_case(case: CaseFile, *, actor: Viewer, at: datetime, reason: str) -> int:
    """When a case closes, every sharing that rests on it ends. Returns how many rows."""
    grants = db.session.scalars(
        select(ConsentGrant).where(
            ConsentGrant.case_id == case.id, ConsentGrant.status == ConsentStatus.ACTIVE
        )
    ).all()
    for grant in grants:
        grant.ended_reason = reason
        _end(case, grant, ConsentStatus.EXPIRED, actor=actor, at=at)
    return len(grants)


def _last_hand(case, kind, agency, actor) -> dict:
    """Who changed the consents of this kind with this agency last, and when."""
    said = ("recorded", "refused", "withdrawn", "ended", "marked as an error")
    return last_hand.by_record(
        *(f"consent {verb}: {kind.label}, {agency}" for verb in said),
        actor=actor,
        person_id=case.person_id,
        case_id=case.id,
    )


def know_agency(case: CaseFile, agency_id: int, *, on: date) -> None:
    """Make sure that the agency stands on the case as known."""
    known = db.session.scalar(
        select(CaseAgency).where(CaseAgency.case_id == case.id, CaseAgency.agency_id == agency_id)
    )
    if known is None:
        if agency_id != case.lead_agency_id:
            db.session.add(CaseAgency(case_id=case.id, agency_id=agency_id, known_on=on, person_aware_on=on))
            db.session.flush()
    else:
        known.ended_at = None
        known.person_aware_on = known.person_aware_on or on  # they have just agreed to it (S2-34)


def _end(case, grant, status, *, actor, at, how=""):
    today = clock.local_day(at)
    opened = (
        grant.kind == ConsentKind.INFORMATION_SHARING
        and grant.status == ConsentStatus.ACTIVE
        and grant.starts_on <= today
        and (grant.expires_on is None or grant.expires_on >= today)
    )
    grant.status = status
    if status == ConsentStatus.WITHDRAWN:
        grant.withdrawn_at, grant.withdrawn_by_id, grant.withdrawn_how = at, actor.user_id, how
    db.session.flush()
    agency = _agency(grant.agency_id)
    if opened:  # an agency that never saw anything learns nothing
        forget(case.id, agency.id, at)
        events.notify(
            events.agency_workers(agency.id) - {actor.user_id},
            "involvement_ended",
            at=at,
            plain=INVOLVEMENT_ENDED,
        )
    verb = {ConsentStatus.WITHDRAWN: "withdrawn", ConsentStatus.EXPIRED: "ended"}.get(
        status, "marked as an error"
    )
    events.happened(
        case,
        f"consent_{status.value}",
        f"Consent with {agency.name} {verb}: {grant.kind.label.lower()}",
        actor=actor,
        at=at,
        tell_case_workers=True,
    )
    audit.record(actor, f"consent {verb}: {grant.kind.label}, {agency.name}", at=at, case=case)


def _excluded(case_id, agency_id):
    return db.session.scalar(
        select(ConsentExclusion.id).where(
            ConsentExclusion.case_id == case_id,
            ConsentExclusion.agency_id == agency_id,
            ConsentExclusion.lifted_at.is_(None),
        )
    )


def _in_force(case_id, agency_id, kind):
    return db.session.scalar(
        select(ConsentGrant.id).where(
            ConsentGrant.case_id == case_id,
            ConsentGrant.agency_id == agency_id,
            ConsentGrant.kind == kind,
            ConsentGrant.status == ConsentStatus.ACTIVE,
        )
    )


def _agency(agency_id):
    agency = db.session.get(Agency, agency_id) if agency_id else None
    if agency is None:
        raise RuleBroken("Choose an agency", "agency_id")
    return agency


def _live_agency(agency_id):
    """One that can be shared with. A consent with an agency that has closed since can still be ended."""
    agency = _agency(agency_id)
    if not agency.active:
        raise RuleBroken(f"{agency.name} is no longer in the directory", "agency_id")
    return agency


def _grant(case, grant_id):
    grant = db.session.get(ConsentGrant, grant_id)
    if grant is None or grant.case_id != case.id:
        raise NotVisible
    return grant


def _in_words(terms):
    if terms.kind == ConsentKind.ENQUIRY_PERMISSION:
        return "questions being asked"
    if terms.kind == ConsentKind.SERVICE_DELIVERY:
        return "the service"
    return "share the whole plan" if terms.full_plan else "share part of the plan"
