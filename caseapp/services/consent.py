"""Consent: recorded, refused, withdrawn, replaced, ended (forms B3, states C3). What is not in force opens nothing, and
that is judged anew on every request by policy.scopes; nothing here has to be told to anybody else to take effect."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, select, update

from caseapp import clock, dates
from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import (
    Action,
    Agency,
    Case,
    CaseAgency,
    ConsentExclusion,
    ConsentGrant,
    ConsentWithheld,
    Notification,
    Person,
    User,
)
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, events
from caseapp.services.transaction import use_case
from caseapp.vocabulary import (
    ActionKind,
    ActionStatus,
    AgencyKind,
    Audience,
    ConsentGiver,
    ConsentKind,
    ConsentMode,
    ConsentStatus,
    SharingDirection,
)

#: What an agency is told when it may no longer look: that, and nothing else (F7).
INVOLVEMENT_ENDED = (
    "Your agency’s part in one plan has ended. If you need to know more, ask the case manager."
)


@dataclass(frozen=True)
class Terms:
    """What the person agreed to with one agency. Days are local calendar days; `expires_on` is the last one."""

    agency_id: int
    kind: ConsentKind
    starts_on: date
    talked_on: date | None
    expires_on: date | None = None
    expires_when: str = ""
    purpose: str = ""
    contact_name: str = ""
    direction: SharingDirection = SharingDirection.BOTH
    full_plan: bool = False
    withheld: frozenset[str] = frozenset()
    left_out: str = ""
    mode: ConsentMode = ConsentMode.WRITTEN
    verbal_reason: str = ""
    written_due_on: date | None = None
    given_by: ConsentGiver = ConsentGiver.PERSON
    giver_name: str = ""
    giver_authority: str = ""
    understood: bool = False
    copy_given: bool = False
    read_aloud: bool = False
    interpreter: str = ""


@use_case
def record(case: CaseFile, *, actor: Viewer, at: datetime, terms: Terms) -> int:
    """Put a consent into force; an earlier one of the same kind with this agency is replaced, never changed (F7).

    Raises RuleBroken where the talk did not come first (X-1, S3-40), the agency is never to be told (X-3), a spoken
    consent has no reason and date for the signature, or nothing says when it ends. Returns the new row's id."""
    agency = _agency(terms.agency_id)
    today = clock.local_day(at)
    _check_talk(terms, today)
    _check_giver(terms)
    _check_scope(case, terms, agency)
    _check_end(terms, today)
    if _excluded(case.id, agency.id):
        raise RuleBroken(
            f"{_first_name(case)} asked that {agency.name} is never told. Lift that first, with {_first_name(case)}.",
            "agency_id",
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
    if terms.kind == ConsentKind.INFORMATION_SHARING:
        release_actions(case, agency.id, actor=actor, at=at)
    events.happened(
        case,
        "consent_recorded",
        f"{_first_name(case)} agreed to {_in_words(terms)} with {agency.name}",
        actor=actor,
        at=at,
        audience=Audience.AGENCY,
        for_agency_id=agency.id,
        tell_agency_id=agency.id if terms.kind == ConsentKind.INFORMATION_SHARING else None,
        tell_case_workers=True,
    )
    audit.record(actor, f"consent recorded: {terms.kind.label}, {agency.name}", at=at, case=case)
    return grant.id


@use_case
def refuse(
    case: CaseFile, *, actor: Viewer, at: datetime, agency_id: int, kind: ConsentKind, reason: str = ""
) -> int:
    """The person said no; that is respected and recorded (X-2)."""
    agency = _agency(agency_id)
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
        f"{_first_name(case)} said no to sharing with {agency.name}",
        actor=actor,
        at=at,
    )
    audit.record(actor, f"consent refused: {kind.label}, {agency.name}", at=at, case=case)
    return grant.id


@use_case
def withdraw(
    case: CaseFile, *, actor: Viewer, at: datetime, grant_id: int, version: int | None = None, how: str
) -> ConsentGrant:
    """The person takes it back: the agency's sight ends with the commit. The case manager keeps the list of what is
    left without a service; the agency learns only that its part has ended (F7). Raises Stale if it changed meanwhile."""
    if not how:
        raise RuleBroken("Say how, and to whom, it was taken back", "how")
    grant = _grant(case, grant_id)
    if version is not None and grant.version != version or grant.status != ConsentStatus.ACTIVE:
        raise Stale({"status": grant.status.label}, at=grant.withdrawn_at, version=grant.version)
    _end(case, grant, ConsentStatus.WITHDRAWN, actor=actor, at=at, how=how)
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
    _end(case, grant, ConsentStatus.ENTERED_IN_ERROR, actor=actor, at=at)


@use_case
def exclude(case: CaseFile, *, actor: Viewer, at: datetime, agency_id: int, reason: str = "") -> None:
    """Never to be told (B3): whatever is in force with this agency is withdrawn, and nothing can be recorded until
    the exclusion is lifted."""
    agency = _agency(agency_id)
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
    db.session.add(
        ConsentExclusion(
            case_id=case.id, agency_id=agency.id, reason=reason, recorded_at=at, recorded_by_id=actor.user_id
        )
    )
    db.session.flush()
    events.happened(
        case,
        "agency_excluded",
        f"{_first_name(case)} asked that {agency.name} is never told",
        actor=actor,
        at=at,
    )
    audit.record(actor, f"never to be told: {agency.name}", at=at, case=case)


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


@use_case
def mark_expired(*, at: datetime) -> int:
    """Write down what the calendar has already decided: rows past their last day become `expired`, and the case
    manager is told. Sight ended at midnight without this. Returns how many rows."""
    today = clock.local_day(at)
    rows = db.session.execute(
        select(ConsentGrant.id, ConsentGrant.case_id, ConsentGrant.agency_id).where(
            ConsentGrant.status == ConsentStatus.ACTIVE, ConsentGrant.expires_on < today
        )
    ).all()
    for row in rows:
        db.session.execute(
            update(ConsentGrant)
            .where(ConsentGrant.id == row.id, ConsentGrant.status == ConsentStatus.ACTIVE)
            .values(
                status=ConsentStatus.EXPIRED,
                ended_reason="Its last day has passed",
                version=ConsentGrant.version + 1,
            )
        )
        _forget(row.case_id, row.agency_id, at)
        events.notify(events.case_workers(row.case_id), "consent_ended", at=at, case_id=row.case_id)
    return len(rows)


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


def release_actions(case: CaseFile, agency_id: int, *, actor: Viewer, at: datetime) -> int:
    """What was only proposed to this agency is now asked of it, except a detox or rehab referral that still waits for
    the talk with the clinic (S2-45). Returns how many."""
    table = Action.__table__
    return db.session.execute(
        update(table)
        .where(
            table.c.case_id == case.id,
            table.c.owner_agency_id == agency_id,
            table.c.status == ActionStatus.PROPOSED,
            (table.c.kind != ActionKind.DETOX_REFERRAL) | table.c.clinic_talk_on.is_not(None),
        )
        .values(
            status=ActionStatus.REQUESTED,
            asked_at=at,
            asked_by_id=actor.user_id,
            changed_at=at,
            changed_by_id=actor.user_id,
            version=table.c.version + 1,
        )
    ).rowcount


def _end(case, grant, status, *, actor, at, how=""):
    grant.status = status
    if status == ConsentStatus.WITHDRAWN:
        grant.withdrawn_at, grant.withdrawn_by_id, grant.withdrawn_how = at, actor.user_id, how
    db.session.flush()
    agency = _agency(grant.agency_id)
    if grant.kind == ConsentKind.INFORMATION_SHARING:
        _forget(case.id, agency.id, at)
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


def _forget(case_id, agency_id, at):
    """Notices that the agency's staff have not read yet say nothing more about this case."""
    table = Notification.__table__
    staff = select(User.id).where(User.agency_id == agency_id)
    lead = db.session.scalar(select(Case.lead_agency_id).where(Case.id == case_id))
    if lead != agency_id:
        db.session.execute(
            update(table)
            .where(table.c.case_id == case_id, table.c.user_id.in_(staff), table.c.read_at.is_(None))
            .values(read_at=at)
        )


def _check_talk(terms, today):
    if terms.talked_on is None:
        raise RuleBroken(
            "Say when the limits of confidentiality were talked through: that comes first", "talked_on"
        )
    if terms.talked_on > today:
        raise RuleBroken("The talk must have taken place already", "talked_on")
    if terms.talked_on > terms.starts_on:
        raise RuleBroken("The talk comes before the consent begins", "talked_on")
    if not terms.understood:
        raise RuleBroken("Tick this once it was understood; until then there is no consent", "understood")
    if not terms.copy_given and not terms.read_aloud:
        raise RuleBroken("Give a copy, or read it aloud, and tick which", "copy_given")
    if terms.mode == ConsentMode.VERBAL:
        if not terms.verbal_reason:
            raise RuleBroken("Say why it was spoken and not signed", "verbal_reason")
        if terms.written_due_on is None:
            raise RuleBroken("Say by when the signature follows", "written_due_on")


def _check_giver(terms):
    if terms.given_by == ConsentGiver.REPRESENTATIVE and not terms.giver_name:
        raise RuleBroken("Name the representative", "giver_name")
    if terms.given_by != ConsentGiver.PERSON and not terms.giver_authority:
        raise RuleBroken("Say on what authority or ground", "giver_authority")


def _check_scope(case, terms, agency):
    if terms.kind == ConsentKind.INFORMATION_SHARING and agency.id == case.lead_agency_id:
        raise RuleBroken("The lead agency holds the plan and needs no sharing with itself", "agency_id")
    if terms.kind == ConsentKind.INFORMATION_SHARING and not terms.purpose:
        raise RuleBroken("Say what the sharing is for: it is kept to that", "purpose")
    if terms.full_plan and terms.kind != ConsentKind.INFORMATION_SHARING:
        raise RuleBroken("The whole plan can be shared only by a consent to share the plan", "full_plan")
    if terms.full_plan and agency.kind != AgencyKind.PRESCRIBING_CLINIC:
        raise RuleBroken(
            "Only a prescribing clinic is given the whole plan; others see their own part", "full_plan"
        )


def _check_end(terms, today):
    if terms.expires_on is None and not terms.expires_when:
        raise RuleBroken("Say until when it holds", "expires_on")
    if terms.expires_on is not None and terms.expires_on < terms.starts_on:
        raise RuleBroken("It cannot end before it begins", "expires_on")


def _excluded(case_id, agency_id):
    return db.session.scalar(
        select(ConsentExclusion.id).where(
            ConsentExclusion.case_id == case_id,
            ConsentExclusion.agency_id == agency_id,
            ConsentExclusion.lifted_at.is_(None),
        )
    )


def _agency(agency_id):
    agency = db.session.get(Agency, agency_id) if agency_id else None
    if agency is None or not agency.active:
        raise RuleBroken("Choose an agency", "agency_id")
    return agency


def _grant(case, grant_id):
    grant = db.session.get(ConsentGrant, grant_id)
    if grant is None or grant.case_id != case.id:
        raise NotVisible
    return grant


def _first_name(case):
    row = db.session.execute(
        select(Person.known_as, Person.given_name, Person.family_name).where(Person.id == case.person_id)
    ).one()
    return row.known_as or row.given_name or row.family_name


def _in_words(terms):
    if terms.kind == ConsentKind.ENQUIRY_PERMISSION:
        return "questions being asked"
    if terms.kind == ConsentKind.SERVICE_DELIVERY:
        return "the service"
    return "share the whole plan" if terms.full_plan else "share part of the plan"
