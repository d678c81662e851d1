"""The agencies known to work with the person (S2-4, S2-34). Knowing an agency is not sharing with it."""

from datetime import date, datetime

from sqlalchemy import select

from caseapp import clock
from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Agency, CaseAgency, ConsentGrant
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, events, last_hand
from caseapp.services.case_hold import hold
from caseapp.services.transaction import use_case

#: Field → what it is called when its change is shown.
CALLED = {
    "contact_name": "Contact",
    "contact_phone": "Phone",
    "does": "What it does",
    "known_on": "Known since",
    "person_aware_on": "Person told",
}


@use_case
def add(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    agency_id: int,
    contact_name: str = "",
    contact_phone: str = "",
    does: str = "",
    known_on: date | None = None,
    person_aware_on: date | None = None,
) -> int:
    """Put an agency on the case with its named contact. Tells nobody outside and shares nothing. One that was ended
    is taken up again. Returns the row's id."""
    hold(case)
    agency = db.session.get(Agency, agency_id) if agency_id else None
    if agency is None or not agency.active:
        raise RuleBroken("Choose an agency", "agency_id")
    if agency.id == case.lead_agency_id:
        raise RuleBroken("This is the lead agency: it is on the case already", "agency_id")
    values = {
        "contact_name": contact_name,
        "contact_phone": contact_phone,
        "does": does,
        "known_on": known_on or clock.local_day(at),
        "person_aware_on": person_aware_on,
    }
    _check_days(values, at)
    row = db.session.scalar(
        select(CaseAgency).where(CaseAgency.case_id == case.id, CaseAgency.agency_id == agency.id)
    )
    if row is not None and row.ended_at is None:
        raise RuleBroken(f"{agency.name} is on the case already", "agency_id")
    if row is None:
        row = CaseAgency(case_id=case.id, agency_id=agency.id)
        db.session.add(row)
    row.ended_at = None
    for name, value in values.items():
        setattr(row, name, value)
    db.session.flush()
    events.happened(
        case,
        "agency_known",
        f"{agency.name} is known to work with the person",
        actor=actor,
        at=at,
        tell_case_workers=True,
    )
    audit.record(actor, f"agency on the case: {agency.name}", at=at, case=case)
    return row.id


@use_case
def edit(case: CaseFile, *, actor: Viewer, at: datetime, row_id: int, version: int | None, **values) -> int:
    """Change what is known: contact_name, contact_phone, does, known_on, person_aware_on. Raises Stale if somebody
    saved since `version`."""
    hold(case)
    row, agency = _row(case, row_id)
    if version is not None and version != row.version:
        hand = last_hand.by_record(
            *(f"agency on the case changed: {agency}", f"agency on the case ended: {agency}"),
            actor=actor,
            person_id=case.person_id,
            case_id=case.id,
        )
        raise Stale({name: getattr(row, name) for name in CALLED}, **hand, version=row.version)
    _check_days(values, at)
    change = {}
    for name, value in values.items():
        if getattr(row, name) != value:
            change[CALLED[name]] = [_said(getattr(row, name)), _said(value)]
            setattr(row, name, value)
    if change:
        db.session.flush()
        events.happened(
            case, "agency_edited", f"What is known of {agency} was changed", actor=actor, at=at, change=change
        )
        audit.record(actor, f"agency on the case changed: {agency}", at=at, case=case)
    return row.id


@use_case
def end(case: CaseFile, *, actor: Viewer, at: datetime, row_id: int) -> int:
    """The agency no longer works with the person; the row stays in the history. Refused while it still sees its part
    of the plan: ending a consent is a step of its own, which shows what it does."""
    hold(case)
    row, agency = _row(case, row_id)
    if row.ended_at is not None:
        return row.id
    sees = db.session.scalar(
        select(ConsentGrant.id).where(
            ConsentGrant.case_id == case.id,
            ConsentGrant.agency_id == row.agency_id,
            scopes.in_force(today=clock.local_day(at)),
        )
    )
    if sees:
        raise RuleBroken(
            f"{agency} still sees its part of the plan. End that consent first, with the person."
        )
    row.ended_at = at
    db.session.flush()
    events.happened(case, "agency_ended", f"{agency} no longer works with the person", actor=actor, at=at)
    audit.record(actor, f"agency on the case ended: {agency}", at=at, case=case)
    return row.id


def _row(case, row_id):
    found = db.session.execute(
        select(CaseAgency, Agency.name)
        .join(Agency, Agency.id == CaseAgency.agency_id)
        .where(CaseAgency.id == row_id, CaseAgency.case_id == case.id)
    ).first()
    if found is None:
        raise NotVisible
    return found


def _check_days(values, at):
    today = clock.local_day(at)
    for name in ("known_on", "person_aware_on"):
        if values.get(name) is not None and values[name] > today:
            raise RuleBroken("This day lies in the future", name)
    if "known_on" in values and values["known_on"] is None:
        raise RuleBroken("Say since when it is known", "known_on")


def _said(value):
    return value.isoformat() if isinstance(value, date) else value or ""
