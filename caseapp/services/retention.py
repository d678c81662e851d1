"""How long a record is kept, and its end (X-9, ASVS 14.2.7). What has been kept long enough is listed; a line manager
decides; what is to go goes a fortnight later in one transaction, and a certificate that names nobody is left.

A disposal is the only way in which anything append-only is removed. It opens a door (models.rights.DisposalDoor) for
this person and these cases, which the database refuses to leave open at the commit; docs/decisions/0025."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import unquote_plus

from sqlalchemy import delete, func, insert, select, tuple_, update

from caseapp import clock, names
from caseapp.errors import NotAllowed, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Base,
    Case,
    CaseAssignment,
    Disposal,
    DisposalDoor,
    Escalation,
    EscalationPause,
    GroupItem,
    LegalHold,
    Person,
    PersonGrievance,
    RetentionReview,
    SavedView,
    SubjectRequest,
)
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.rights import RetentionFile
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import everything_held, settings
from caseapp.queries.accounts import viewer_for
from caseapp.queries.retention import in_force
from caseapp.services import audit, events
from caseapp.services.subject_requests import answering, in_months
from caseapp.services.transaction import unit_of_work, use_case
from caseapp.vocabulary import (
    OPEN_ACCESS,
    CaseStatus,
    HoldGround,
    RetentionDecision,
    RetentionRule,
)

#: Calendar days between the decision and the disposal, in which it can be taken back.
GRACE = 14
YEARS_MOST = 100
#: What stands where a sentence was that has to say something.
NOT_KEPT = "Not kept"
UNDECIDED = (RetentionDecision.WAITING, RetentionDecision.DISPOSE)

#: A gap or block goes on without identity: what says which service is missing stays, whatever tells of a person goes.
#: Its log goes altogether, and so do the words that the group said about it.
GAP_LEFT = {
    "case_id": None,
    "action_id": None,
    "goal_id": None,
    "identity_consent": False,
    "identity_on": None,
    "description": "",
    "effect": "",
    "colleagues_advice": "",
    "one_to_one": "",
    "meeting_why": "",
    "meanwhile": "",
    "wanted": "",
}
#: Tables of a gap or block, which stay.
OF_A_GAP = {"escalation", "escalation_holding", "escalation_pause", "group_item"}


# --- what is due ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """What an agency has kept of a person long enough; `ended_on` and `due_on` are local days."""

    agency_id: int
    person_id: int
    rule: RetentionRule
    ended_on: date
    years: int
    due_on: date


def due(at: datetime, *, agency_id: int | None = None, person_id: int | None = None) -> list[Due]:
    """Everything that has been kept as long as its agency's settings say: closed cases after the end of care, people who
    were registered and never had a case; a grievance or request that ended later holds the rest (X-9). What is open, or
    was decided to be kept longer, is not due."""
    today = clock.local_day(at)
    years: dict[int, dict] = {}
    found = [
        _due(years, one, today)
        for one in (*_closed(agency_id, person_id), *_never_opened(agency_id, person_id))
    ]
    found = [one for one in found if one.due_on <= today]
    later = _later(found, years)
    kept_longer = {
        tuple(row)
        for row in db.session.execute(
            select(RetentionReview.agency_id, RetentionReview.person_id).where(
                RetentionReview.decision == RetentionDecision.KEEP, RetentionReview.keep_until >= today
            )
        )
    }
    return [
        one
        for one in found
        if (one.agency_id, one.person_id) not in kept_longer and later.get(one.person_id, today) <= today
    ]


def _due(years, one, today):
    agency_id, person_id, rule, ended_on = one
    if agency_id not in years:
        years[agency_id] = settings.values(agency_id)
    key = "retention_years" if rule is RetentionRule.CARE else "retention_contact_only_years"
    most = int(years[agency_id][key])
    return Due(agency_id, person_id, rule, ended_on, most, in_months(ended_on, 12 * most))


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


#: Open: it is due on no day that is written here.
NEVER = date(9999, 12, 31)


def _later(found, years) -> dict:
    """The day until which a grievance or a request of their own, with whatever agency, keeps the record of those who are
    found; each for the years of the agency that answered it."""
    people = sorted({one.person_id for one in found})
    until: dict[int, date] = {}
    for table, key in (
        (PersonGrievance, "retention_grievance_years"),
        (SubjectRequest, "retention_request_years"),
    ):
        for chunk in _chunks(people):
            rows = db.session.execute(
                select(table.agency_id, table.person_id, table.ended_at).where(table.person_id.in_(chunk))
            )
            for agency_id, person_id, ended_at in rows:
                if agency_id not in years:
                    years[agency_id] = settings.values(agency_id)
                most = 12 * int(years[agency_id][key])
                day = NEVER if ended_at is None else in_months(clock.local_day(ended_at), most)
                until[person_id] = max(day, until.get(person_id, day))
    return until


@use_case
def list_due(*, at: datetime) -> int:
    """Put what is due before the line managers, each once; what is no longer due (a new episode has begun) lapses. Safe to
    run as often as the timer likes. Returns how many were new."""
    found = {(one.agency_id, one.person_id): one for one in due(at)}
    there = {
        (row.agency_id, row.person_id): row
        for row in db.session.scalars(
            select(RetentionReview).where(RetentionReview.decision.in_(UNDECIDED)).with_for_update()
        )
    }
    for key, row in there.items():
        if key not in found:
            row.decision, row.dispose_on = RetentionDecision.LAPSED, None
    new = [one for key, one in found.items() if key not in there]
    for one in new:
        db.session.add(
            RetentionReview(
                agency_id=one.agency_id,
                person_id=one.person_id,
                rule=one.rule,
                ended_on=one.ended_on,
                years=one.years,
                due_on=one.due_on,
                listed_at=at,
            )
        )
    for agency_id in sorted({one.agency_id for one in new}):
        events.notify(
            answering(agency_id),
            "retention",
            at=at,
            plain="Records have been kept long enough and wait for your decision. See Retention.",
        )
    return len(new)


# --- deciding -------------------------------------------------------------------------------------------------------


def _hold(review, actor, act, version):
    if not rules.may(actor, act, review):
        raise NotAllowed
    row = db.session.scalar(
        select(RetentionReview)
        .where(RetentionReview.id == review.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if version is not None and row.version != version:
        raise Stale({}, version=row.version)
    return row


@use_case
def keep(
    review: RetentionFile,
    *,
    actor: Viewer,
    at: datetime,
    version: int | None = None,
    years: int | None,
    reason: str,
) -> int:
    """Keep it so many years longer, with the reason; then it is put before the line managers again. Returns its id."""
    row = _hold(review, actor, Do.DECIDE_RETENTION, version)
    if years is None or not 1 <= years <= YEARS_MOST:
        raise RuleBroken(f"Say for how many years, from 1 to {YEARS_MOST}", "years")
    if not reason:
        raise RuleBroken("Say why it is kept longer", "reason")
    row.decision, row.dispose_on = RetentionDecision.KEEP, None
    row.keep_until, row.reason = in_months(clock.local_day(at), 12 * years), reason
    _decided(row, actor, at, f"kept until {row.keep_until.isoformat()}")
    return row.id


@use_case
def approve(review: RetentionFile, *, actor: Viewer, at: datetime, version: int | None = None) -> int:
    """It is to be disposed of: in a fortnight, so that it can be taken back until then. Not while a hold is on it or
    something of it is open. Returns its id."""
    row = _hold(review, actor, Do.DECIDE_RETENTION, version)
    if row.decision is RetentionDecision.DISPOSE:
        raise RuleBroken("That has been decided already")
    if stops := what_stops(row.agency_id, row.person_id, at):
        raise RuleBroken(stops)
    row.decision, row.keep_until = RetentionDecision.DISPOSE, None
    row.reason, row.dispose_on = "", clock.local_day(at) + timedelta(days=GRACE)
    _decided(row, actor, at, f"to be disposed of from {row.dispose_on.isoformat()}")
    return row.id


@use_case
def take_back(review: RetentionFile, *, actor: Viewer, at: datetime, version: int | None = None) -> int:
    """Not to be disposed of after all, or to be decided anew: it waits for a decision again. Returns its id."""
    row = _hold(review, actor, Do.DECIDE_RETENTION, version)
    if row.decision not in (RetentionDecision.DISPOSE, RetentionDecision.KEEP):
        raise RuleBroken("Nothing has been decided yet")
    row.decision, row.dispose_on, row.keep_until, row.reason = RetentionDecision.WAITING, None, None, ""
    _decided(row, actor, at, "decision taken back")
    return row.id


def _decided(row, actor, at, words):
    row.decided_at, row.decided_by_id = at, actor.user_id
    audit.record(
        actor, f"retention: {words}", at=at, person_id=row.person_id, detail={"retention_review": row.id}
    )


def what_stops(agency_id: int, person_id: int, at: datetime) -> str:
    """Why what the agency keeps of this person must not be disposed of now, as a sentence; empty where nothing stops it."""
    if db.session.scalar(select(LegalHold.id).where(LegalHold.person_id == person_id, in_force()).limit(1)):
        return "A legal hold is on this record. Nothing is disposed of before it is lifted"
    if db.session.scalar(
        select(SubjectRequest.id)
        .where(SubjectRequest.person_id == person_id, SubjectRequest.stage.in_(OPEN_ACCESS))
        .limit(1)
    ):
        return "The person has asked for what is kept about them. Answer that first"
    if not due(at, agency_id=agency_id, person_id=person_id):
        return "It is not due any more: something of it is open, or it began anew"
    return ""


# --- legal hold -----------------------------------------------------------------------------------------------------


@use_case
def hold(
    about: CaseFile | RetentionFile,
    *,
    actor: Viewer,
    at: datetime,
    ground: HoldGround,
    reason: str,
    until_on: date | None = None,
) -> int:
    """Nothing of this person is disposed of, by any agency, until the hold is lifted or its last local day has passed. A
    disposal that was decided is called off. Returns the hold's id."""
    act = Do.HOLD_RECORD if isinstance(about, CaseFile) else Do.HOLD_RETENTION
    if not rules.may(actor, act, about):
        raise NotAllowed
    if not reason:
        raise RuleBroken("Say why the record has to be kept", "reason")
    if until_on is not None and until_on <= clock.local_day(at):
        raise RuleBroken("Choose a day to come, or leave it open", "until_on")
    row = LegalHold(
        id=new_id(),
        agency_id=actor.agency_id,
        person_id=about.person_id,
        ground=ground,
        reason=reason,
        begun_at=at,
        begun_by_id=actor.user_id,
        until_on=until_on,
    )
    db.session.add(row)
    for review in db.session.scalars(
        select(RetentionReview).where(
            RetentionReview.person_id == about.person_id,
            RetentionReview.decision == RetentionDecision.DISPOSE,
        )
    ):
        review.decision, review.dispose_on = RetentionDecision.WAITING, None
    db.session.flush()
    audit.record(
        actor, "retention: legal hold begun", at=at, person_id=about.person_id, detail={"legal_hold": row.id}
    )
    return row.id


@use_case
def lift(about: CaseFile | RetentionFile, *, actor: Viewer, at: datetime, hold_id: int, reason: str) -> int:
    """The hold ends, with the reason; only by the agency that put it there. Returns its id."""
    act = Do.HOLD_RECORD if isinstance(about, CaseFile) else Do.HOLD_RETENTION
    if not rules.may(actor, act, about):
        raise NotAllowed
    row = db.session.scalar(
        select(LegalHold)
        .where(
            LegalHold.id == hold_id,
            LegalHold.person_id == about.person_id,
            LegalHold.agency_id == actor.agency_id,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or row.lifted_at is not None:
        raise RuleBroken("This hold has been lifted already")
    if not reason:
        raise RuleBroken("Say why the hold ends", "reason")
    row.lifted_at, row.lifted_by_id, row.lifted_reason = at, actor.user_id, reason
    audit.record(
        actor, "retention: legal hold lifted", at=at, person_id=about.person_id, detail={"legal_hold": row.id}
    )
    return row.id


# --- disposal -------------------------------------------------------------------------------------------------------


def dispose_due(*, at: datetime) -> tuple[int, int]:
    """Carry out every disposal whose fortnight is over, each in a transaction of its own; what is stopped by now waits for
    a decision again. Returns how many were done and how many were stopped."""
    today = clock.local_day(at)
    ready = db.session.scalars(
        select(RetentionReview.id).where(
            RetentionReview.decision == RetentionDecision.DISPOSE, RetentionReview.dispose_on <= today
        )
    ).all()
    done = [_carry_out(review_id, at) for review_id in ready]
    return sum(one is not None for one in done), sum(one is None for one in done)


def _carry_out(review_id, at) -> int | None:
    with unit_of_work():
        row = db.session.scalar(
            select(RetentionReview)
            .where(RetentionReview.id == review_id, RetentionReview.decision == RetentionDecision.DISPOSE)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if row is None:
            return None  # taken back a moment ago
        db.session.scalar(select(Person.id).where(Person.id == row.person_id).with_for_update())
        if what_stops(row.agency_id, row.person_id, at):
            row.decision, row.dispose_on = RetentionDecision.WAITING, None
            return None
        return _dispose(row, at)


def _dispose(review, at) -> int:
    """Remove everything that belongs to the person and that this agency keeps. Returns the certificate's id."""
    agency_id, person_id = review.agency_id, review.person_id
    actor = viewer_for(review.decided_by_id)
    kept = everything_held.kept_by(agency_id, person_id)
    whole = kept.person_too and not _kept_elsewhere(agency_id, person_id)
    found = dict(
        everything_held.walk(
            person_id if whole else None,
            kept.cases,
            agency_id=None if whole else agency_id,
            own_of=None if whole else person_id,
            whole_rows=False,
        )
    )
    certificate = new_id()
    removed = {name: len(rows) for name, rows in found.items() if rows and name not in OF_A_GAP}
    db.session.execute(
        insert(Disposal).values(
            id=certificate,
            agency_id=agency_id,
            at=at,
            decided_by_id=review.decided_by_id,
            decided_at=review.decided_at,
            rule=review.rule,
            ended_on=review.ended_on,
            years=review.years,
            person_id=person_id,
            cases=list(kept.cases),
            person_too=whole,
            removed=removed,
            loosened=len(found.get("escalation", ())),
        )
    )
    review.decision, review.dispose_on = RetentionDecision.DISPOSED, None
    db.session.flush()
    db.session.expunge(review)
    _forget_searches(person_id)
    with _door(certificate, person_id, kept.cases):
        _loosen(found, at)
        _remove(found, kept.cases)
    audit.record(actor, "record disposed of", at=at, person_id=person_id, detail={"disposal": certificate})
    return certificate


def _kept_elsewhere(agency_id, person_id) -> bool:
    """Another agency leads or led a case of this person: then their own row stays."""
    other = select(Case.id).where(Case.person_id == person_id, Case.lead_agency_id != agency_id)
    return db.session.scalar(other.limit(1)) is not None


class _door:
    """The triggers of append-only tables let go of what hangs on these, between opening and shutting. An exception rolls
    the whole transaction back, and a door that stays open cannot be committed."""

    def __init__(self, certificate, person_id, cases):
        self.rows = [
            {"id": new_id(), "disposal_id": certificate, "frame_id": 0, "case_id": case_id, "person_id": None}
            for case_id in cases
        ]
        self.rows.append(
            {
                "id": new_id(),
                "disposal_id": certificate,
                "frame_id": 0,
                "case_id": None,
                "person_id": person_id,
            }
        )

    def __enter__(self):
        db.session.execute(insert(DisposalDoor), self.rows)

    def __exit__(self, kind, *_error):
        if kind is None:
            ids = [row["id"] for row in self.rows]
            db.session.execute(
                delete(DisposalDoor)
                .where(DisposalDoor.id.in_(ids))
                .execution_options(synchronize_session=False)
            )


def _loosen(found, at):
    """Gaps and blocks go on without identity, and without the words in which somebody might be known again."""
    _delete("escalation_step", found.get("escalation_step", ()))  # while it can be seen whose they are
    gaps = [row["id"] for row in found.get("escalation", ())]
    for chunk in _chunks(gaps):
        rows = db.session.execute(
            select(Escalation.id, Escalation.kind, Escalation.service, Escalation.case_ended_at).where(
                Escalation.id.in_(chunk)
            )
        ).all()
        for row in rows:
            db.session.execute(
                update(Escalation)
                .where(Escalation.id == row.id)
                .values(
                    title=f"{row.kind.short}: {row.service}"[:300],
                    case_ended_at=row.case_ended_at or at,
                    version=Escalation.version + 1,
                    **GAP_LEFT,
                )
                .execution_options(synchronize_session=False)
            )
        for column in (Escalation.how, Escalation.urgent_reason):
            db.session.execute(
                update(Escalation)
                .where(Escalation.id.in_(chunk), column != "")
                .values({column: NOT_KEPT})
                .execution_options(synchronize_session=False)
            )
        db.session.execute(
            update(EscalationPause)
            .where(EscalationPause.escalation_id.in_(chunk))
            .values(reason=NOT_KEPT)
            .execution_options(synchronize_session=False)
        )
        db.session.execute(
            update(GroupItem)
            .where(GroupItem.escalation_id.in_(chunk), GroupItem.decision != "")
            .values(decision=NOT_KEPT)
            .execution_options(synchronize_session=False)
        )


def _remove(found, cases):
    """Children first; another agency's later episode or grievance no longer points to these cases."""
    going = [row["id"] for row in found.get("person_grievance", ())]
    for chunk in _chunks(list(cases)):
        db.session.execute(
            update(Case)
            .where(Case.previous_case_id.in_(chunk))
            .values(previous_case_id=None)
            .execution_options(synchronize_session=False)
        )
        db.session.execute(
            update(PersonGrievance)
            .where(PersonGrievance.case_id.in_(chunk), PersonGrievance.id.not_in(going))
            .values(case_id=None)
            .execution_options(synchronize_session=False)
        )
    for name, rows in reversed(found.items()):
        if name in OF_A_GAP or name == "escalation_step":
            continue
        _delete(name, rows)


def _delete(name, rows):
    table = Base.metadata.tables[name]
    key = list(table.primary_key.columns)
    keys = sorted((tuple(row[column.name] for column in key) for row in rows), reverse=True)
    for chunk in _chunks(keys):
        if len(key) == 1:
            wanted = key[0].in_([one[0] for one in chunk])
        else:
            wanted = tuple_(*key).in_(chunk)
        db.session.execute(delete(table).where(wanted))


def _forget_searches(person_id):
    """Saved views whose words are the person's name."""
    row = db.session.execute(
        select(Person.given_name, Person.family_name, Person.known_as).where(Person.id == person_id)
    ).one()
    words = {names.fold(one) for one in row if len(one) > 2}
    for view_id, query in db.session.execute(
        select(SavedView.id, SavedView.query).where(SavedView.query != "")
    ).all():
        said = names.fold(unquote_plus(query))
        if any(word in said for word in words):
            db.session.execute(delete(SavedView).where(SavedView.id == view_id))


def _chunks(rows: list) -> Iterable[list]:
    for at in range(0, len(rows), everything_held.AT_ONCE):
        yield rows[at : at + everything_held.AT_ONCE]
