"""The end of a record (X-9, ASVS 14.2.7): what a line manager decided a fortnight ago goes in one transaction, and a certificate
that names nobody is left.

A disposal is the only way in which anything append-only is removed. It opens a door (models.rights.DisposalDoor) for
this person and these cases, which the database refuses to leave open at the commit; docs/decisions/0025."""

from datetime import datetime
from urllib.parse import unquote_plus

from sqlalchemy import case, delete, insert, select, tuple_, update

from caseapp import clock, names
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Base,
    Case,
    Disposal,
    DisposalDoor,
    Escalation,
    EscalationPause,
    GroupItem,
    Person,
    PersonGrievance,
    RetentionReview,
    SavedView,
    Transfer,
)
from caseapp.pieces import pieces
from caseapp.queries import everything_held
from caseapp.queries.accounts import viewer_for
from caseapp.services import audit
from caseapp.services.retention import what_stops
from caseapp.services.transaction import unit_of_work
from caseapp.vocabulary import RetentionDecision

#: What stands where a sentence was that has to say something.
NOT_KEPT = "Not kept"

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
    if kept.former:
        for name, rows in everything_held.stayed(agency_id, person_id, kept.former).items():
            found[name] = list({tuple(row.values()): row for row in (*found[name], *rows)}.values())
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
            cases=[*kept.cases, *kept.former],
            person_too=whole,
            removed=removed,
            loosened=len(found.get("escalation", ())),
        )
    )
    review.decision, review.dispose_on = RetentionDecision.DISPOSED, None
    db.session.flush()
    db.session.expunge(review)
    if kept.cases or whole:
        _forget_searches(person_id)
    with _door(certificate, person_id, (*kept.cases, *kept.former)):
        _loosen(found, at)
        _remove(found, kept.cases)
    _forget_why(agency_id, kept.former)
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
    for chunk in pieces(gaps):
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
    for chunk in pieces(list(cases)):
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


def _forget_why(agency_id, cases):
    """That the case went over, to whom and when, is history of the case; why, in the words of the agency that led, is not."""
    for chunk in pieces(list(cases)):
        db.session.execute(
            update(Transfer)
            .where(Transfer.case_id.in_(chunk), Transfer.from_agency_id == agency_id)
            .values(
                why="",
                interim=case((Transfer.interim != "", NOT_KEPT), else_=""),
                ended_reason="",
                version=Transfer.version + 1,
            )
            .execution_options(synchronize_session=False)
        )


def _delete(name, rows):
    table = Base.metadata.tables[name]
    key = list(table.primary_key.columns)
    keys = sorted((tuple(row[column.name] for column in key) for row in rows), reverse=True)
    for chunk in pieces(keys):
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
