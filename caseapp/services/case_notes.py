"""Case notes: contacts, visits, advocacy, liaison; added to, never changed (S3-13, S3-14, S4-18, X-12)."""

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from caseapp import clock
from caseapp.errors import NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Agency, Case, CaseNote, CaseNoteShare, ConsentGrant
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, events
from caseapp.services.transaction import use_case
from caseapp.vocabulary import Audience, NoteKind, Sector

#: Clocks of two machines differ a little; a note on the stroke of the minute is not in the future.
LEEWAY = timedelta(minutes=5)


@use_case
def write(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    kind: NoteKind,
    text: str,
    happened_at: datetime | None = None,
    place: str = "",
    sector: str = "",
    corrects_id: int | None = None,
) -> int:
    """Add a note. `happened_at` is a moment in UTC, not in the future; `sector` one of vocabulary.Sector or empty
    (S0-5). With `corrects_id` it is a further note to that one, which stays as it was (X-12). Returns the note's id."""
    if not text:
        raise RuleBroken("Write what happened", "text")
    kind = NoteKind(kind)
    happened_at = happened_at or at
    if happened_at > at + LEEWAY:
        raise RuleBroken("This lies in the future: a note tells what has happened", "day")
    if kind == NoteKind.OUTREACH and not place:
        raise RuleBroken("Say where the outreach took place", "place")
    if sector and sector not in set(Sector):
        raise RuleBroken("Choose a sector from the list", "sector")
    if corrects_id is not None:
        _note(case, corrects_id, actor)
    note = new_id()
    db.session.execute(
        insert(CaseNote.__table__).values(
            id=note,
            case_id=case.id,
            kind=kind,
            happened_at=happened_at,
            place=place,
            sector=str(sector or ""),
            text=text,
            author_id=actor.user_id,
            agency_id=actor.agency_id,
            written_at=at,
            corrects_id=corrects_id,
        )
    )
    words = f"Note corrected: {kind.label}" if corrects_id else f"Note: {kind.label}"
    events.happened(case, "note", words, actor=actor, at=at, tell_case_workers=True)
    audit.record(actor, f"note written: {kind.label}", at=at, case=case)
    return note


@use_case
def share(case: CaseFile, *, actor: Viewer, at: datetime, note_id: int, agency_id: int) -> int:
    """Show one note to one agency, as long as the consent that it has today is in force. Raises RuleBroken where there
    is none. Sharing twice changes nothing."""
    _note(case, note_id, actor)
    agency = _sharing_agency(case, agency_id, at)
    if agency is None:
        raise RuleBroken(
            "This agency has no consent to share in force, so nothing can be shown to it", "agency_id"
        )
    try:
        with db.session.begin_nested():
            db.session.execute(
                insert(CaseNoteShare.__table__).values(
                    note_id=note_id, agency_id=agency.id, shared_at=at, shared_by_id=actor.user_id
                )
            )
    except IntegrityError:  # shown before: it now rests on the consent of today
        db.session.execute(
            CaseNoteShare.__table__.update()
            .where(CaseNoteShare.note_id == note_id, CaseNoteShare.agency_id == agency.id)
            .values(shared_at=at, shared_by_id=actor.user_id)
        )
    events.happened(
        case,
        "note_shared",
        f"A note is shown to {agency.name}",
        actor=actor,
        at=at,
        audience=Audience.AGENCY,
        for_agency_id=agency.id,
        tell_agency_id=agency.id,
    )
    audit.record(actor, f"note shared with {agency.name}", at=at, case=case, detail={"note": str(note_id)})
    return note_id


@use_case
def stop_sharing(case: CaseFile, *, actor: Viewer, at: datetime, note_id: int, agency_id: int) -> int:
    """Hide the note from the agency again. That it was shown once stays on record. Raises NotVisible for the own agency:
    a note that was handed over with the case is its own."""
    _note(case, note_id, actor)
    if agency_id == actor.agency_id:
        raise NotVisible
    gone = db.session.execute(
        delete(CaseNoteShare.__table__).where(
            CaseNoteShare.note_id == note_id, CaseNoteShare.agency_id == agency_id
        )
    ).rowcount
    if gone:
        name = db.session.scalar(select(Agency.name).where(Agency.id == agency_id))
        events.happened(case, "note_unshared", f"A note is no longer shown to {name}", actor=actor, at=at)
        audit.record(
            actor, f"note no longer shared with {name}", at=at, case=case, detail={"note": str(note_id)}
        )
    return note_id


def _note(case, note_id, actor):
    """A note that the actor may read: those of an agency that led before stay with it."""
    seen = (
        select(CaseNote.id)
        .join(Case, Case.id == CaseNote.case_id)
        .where(CaseNote.id == note_id, CaseNote.case_id == case.id, scopes.SEES_NOTE)
    )
    if not db.session.scalar(seen, scopes.binds(actor)):
        raise NotVisible


def _sharing_agency(case, agency_id, at):
    return db.session.execute(
        select(Agency.id, Agency.name)
        .join(ConsentGrant, ConsentGrant.agency_id == Agency.id)
        .where(
            Agency.id == agency_id,
            ConsentGrant.case_id == case.id,
            scopes.in_force(today=clock.local_day(at)),
        )
    ).first()
