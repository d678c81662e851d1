"""What has been kept long enough, by whom, and until when the rest of it holds it (X-9): worked out anew from the cases, the
transfers and the settings each time it is asked."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import func, select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import (
    Case,
    CaseAssignment,
    ConsentGrant,
    Disposal,
    Person,
    PersonGrievance,
    RetentionReview,
    SubjectRequest,
    Transfer,
)
from caseapp.pieces import pieces
from caseapp.protocols import add_months
from caseapp.queries import settings
from caseapp.vocabulary import (
    CaseStatus,
    ConsentKind,
    ConsentStatus,
    RetentionDecision,
    RetentionRule,
    TransferStage,
)

#: Open: it is due on no day that is written here.
NEVER = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Due:
    """What an agency has kept of a person long enough; `ended_on` and `due_on` are local days. `part`: what stayed with it
    of a case that it handed over, and nothing else."""

    agency_id: int
    person_id: int
    rule: RetentionRule
    ended_on: date
    years: int
    due_on: date
    part: bool = False


def due(at: datetime, *, agency_id: int | None = None, person_id: int | None = None) -> list[Due]:
    """Everything that has been kept as long as its agency's settings say: closed cases after the end of care, people who
    were registered and never had a case, and what stayed with an agency that handed its case over; a grievance or request
    that ended later holds the rest, and so does the part of an agency that led the case before, until its own day (X-9).
    What is open, or was decided to be kept longer, is not due."""
    today = clock.local_day(at)
    years: dict[int, dict] = {}
    found, holds = _all(years, at, agency_id, person_id)
    found = [one for one in found if one.due_on <= today]
    later = _later(found, years)
    kept_longer = _kept_longer(today)
    for part, key in holds:
        if part.due_on > today or (part.agency_id, part.person_id) in kept_longer:
            kept_longer.add(key)
    return [
        one
        for one in found
        if (one.agency_id, one.person_id) not in kept_longer and later.get(one.person_id, today) <= today
    ]


def parts_ahead(at: datetime, *, agency_id: int | None = None, person_id: int | None = None) -> list[Due]:
    """What stayed with agencies that handed their cases over and is not due yet: each reads of it in its own list, with its own
    day (docs/decisions/0035)."""
    today = clock.local_day(at)
    found, _holds = _all({}, at, agency_id, person_id)
    kept_longer = _kept_longer(today)
    return [
        one
        for one in found
        if one.part and today < one.due_on < NEVER and (one.agency_id, one.person_id) not in kept_longer
    ]


def _kept_longer(today) -> set:
    rows = db.session.execute(
        select(RetentionReview.agency_id, RetentionReview.person_id).where(
            RetentionReview.decision == RetentionDecision.KEEP, RetentionReview.keep_until >= today
        )
    )
    return {tuple(row) for row in rows}


def _all(years, at, agency_id, person_id):
    """What each agency keeps, due or not, once for each person; and which part holds whose record: (part, (agency, person)).
    `years`: the settings of agencies as far as they were read."""
    found = {
        (one.agency_id, one.person_id): one
        for one in (
            _due(years, one) for one in (*_closed(agency_id, person_id), *_never_opened(agency_id, person_id))
        )
    }
    holds = []
    for agency, person, ended_on, leads, leads_on in _handed_over(at, person_id):
        part = _due(years, (agency, person, RetentionRule.CARE, ended_on), part=True)
        holds += [(part, (lead, person)) for lead in leads]
        if leads_on or agency_id not in (None, agency):
            continue
        own = found.get((agency, person))
        if own is None or own.due_on < part.due_on:
            found[agency, person] = part if own is None else replace(part, part=False)
    return list(found.values()), holds


def _handed_over(at, person_id):
    """(agency, person, day, who leads now, whether it leads another case of theirs that is open) of everybody whose case an
    agency handed over and of whom it still keeps its part: from that day it has nothing more to do with them, be it that
    of the handing over or the last of its own part in the plan."""
    went = (
        select(
            Transfer.from_agency_id,
            Case.person_id,
            Case.id.label("case_id"),
            Case.lead_agency_id,
            func.max(Transfer.ended_at).label("at"),
        )
        .join(Case, Case.id == Transfer.case_id)
        .where(
            Transfer.stage == TransferStage.EFFECTIVE,
            Case.lead_agency_id != Transfer.from_agency_id,
            ~select(Disposal.id)
            .where(
                Disposal.agency_id == Transfer.from_agency_id,
                Disposal.person_id == Case.person_id,
                Disposal.at > Transfer.ended_at,
            )
            .correlate(Transfer, Case)
            .exists(),
        )
        .group_by(Transfer.from_agency_id, Case.person_id, Case.id, Case.lead_agency_id)
    )
    if person_id is not None:
        went = went.where(Case.person_id == person_id)
    kept: dict[tuple, list] = {}
    for agency, person, case_id, lead, went_at in db.session.execute(went).all():
        day = max(clock.local_day(went_at), _own_part_until(agency, case_id, clock.local_day(at)))
        one = kept.setdefault((agency, person), [day, set()])
        one[0] = max(one[0], day)
        one[1].add(lead)
    for (agency, person), (day, leads) in kept.items():
        yield agency, person, day, leads, _leads_open(agency, person)


def _own_part_until(agency_id, case_id, today) -> date:
    """The last day of an agency's own part in a plan, under consent; NEVER while no last day is set."""
    last = date.min
    rows = db.session.execute(
        select(ConsentGrant.status, ConsentGrant.expires_on, ConsentGrant.withdrawn_at).where(
            ConsentGrant.case_id == case_id,
            ConsentGrant.agency_id == agency_id,
            ConsentGrant.kind == ConsentKind.INFORMATION_SHARING,
            ConsentGrant.status.in_([ConsentStatus.ACTIVE, ConsentStatus.EXPIRED, ConsentStatus.WITHDRAWN]),
        )
    )
    for status, expires_on, withdrawn_at in rows:
        if withdrawn_at is not None:
            last = max(last, clock.local_day(withdrawn_at))
        elif expires_on is not None:
            last = max(last, expires_on if status is ConsentStatus.ACTIVE else min(expires_on, today))
        elif status is ConsentStatus.ACTIVE:
            return NEVER
    return last


def _leads_open(agency_id, person_id) -> bool:
    row = select(Case.id).where(
        Case.person_id == person_id, Case.lead_agency_id == agency_id, Case.closed_at.is_(None)
    )
    return db.session.scalar(row.limit(1)) is not None


def _due(years, one, part=False):
    agency_id, person_id, rule, ended_on = one
    if agency_id not in years:
        years[agency_id] = settings.values(agency_id)
    key = "retention_years" if rule is RetentionRule.CARE else "retention_contact_only_years"
    most = int(years[agency_id][key])
    due_on = NEVER if ended_on == NEVER else add_months(ended_on, 12 * most)
    return Due(agency_id, person_id, rule, ended_on, most, due_on, part)


def _closed(agency_id, person_id):
    """(agency, person, rule, day of the end) of everybody whose cases with an agency are all closed."""
    statement = (
        select(
            Case.lead_agency_id,
            Case.person_id,
            func.max(Case.closed_at),
            func.count(Case.id),
            func.count(Case.closed_at),
            func.count(Case.id).filter(Case.status != CaseStatus.REFERRED_ON),
            func.count(CaseAssignment.id),
        )
        .outerjoin(CaseAssignment, CaseAssignment.case_id == Case.id)
        .group_by(Case.lead_agency_id, Case.person_id)
    )
    if agency_id is not None:
        statement = statement.where(Case.lead_agency_id == agency_id)
    if person_id is not None:
        statement = statement.where(Case.person_id == person_id)
    for agency, person, closed_at, rows, closed, cared, assigned in db.session.execute(statement):
        if rows == closed:
            # referred on from the enquiry, and no worker was ever given it: that was a contact and no care
            rule = RetentionRule.CARE if cared or assigned else RetentionRule.CONTACT
            yield agency, person, rule, clock.local_day(closed_at)


def _never_opened(agency_id, person_id):
    statement = select(Person.registered_by_agency_id, Person.id, Person.registered_at).where(
        ~select(Case.id).where(Case.person_id == Person.id).correlate(Person).exists()
    )
    if agency_id is not None:
        statement = statement.where(Person.registered_by_agency_id == agency_id)
    if person_id is not None:
        statement = statement.where(Person.id == person_id)
    for agency, person, registered_at in db.session.execute(statement):
        yield agency, person, RetentionRule.CONTACT, clock.local_day(registered_at)


def _later(found, years) -> dict:
    """The day until which a grievance or a request of their own, with whatever agency, keeps the record of those who are
    found; each for the years of the agency that answered it."""
    people = sorted({one.person_id for one in found})
    until: dict[int, date] = {}
    for table, key in (
        (PersonGrievance, "retention_grievance_years"),
        (SubjectRequest, "retention_request_years"),
    ):
        for chunk in pieces(people):
            rows = db.session.execute(
                select(table.agency_id, table.person_id, table.ended_at).where(table.person_id.in_(chunk))
            )
            for agency_id, person_id, ended_at in rows:
                if agency_id not in years:
                    years[agency_id] = settings.values(agency_id)
                most = 12 * int(years[agency_id][key])
                day = NEVER if ended_at is None else add_months(clock.local_day(ended_at), most)
                until[person_id] = max(day, until.get(person_id, day))
    return until
