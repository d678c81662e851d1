"""Canaries in requests for what is kept, what is gathered for them, what the person says, holds and retention.

REQUEST: who answers, and whoever wrote it down; ITEM: only who answers; RETENTION: line managers and privacy officers of
the agency that keeps it."""

from datetime import date, timedelta

from sqlalchemy import select

from caseapp import clock
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    CaseNote,
    CaseNoteShare,
    Correction,
    Goal,
    LegalHold,
    RetentionReview,
    SubjectItem,
    SubjectPack,
    SubjectRequest,
    SubjectStep,
)
from caseapp.vocabulary import (
    AccessAct,
    AccessStage,
    AskedHow,
    CorrectionOf,
    HoldGround,
    RetentionRule,
)
from tests.world import LONG_AGO

TABLES = {
    "subject_request",
    "subject_step",
    "subject_item",
    "subject_pack",
    "correction",
    "legal_hold",
    "retention_review",
    "disposal",
    "disposal_door",
    "disposal_frame",
}

MAY_READ = {
    "orla": {"REQUEST"},
    "declan": {"REQUEST", "ITEM", "RETENTION"},
    "femi": {"REQUEST", "ITEM", "RETENTION", "NAME"},
}


def fill(world, case_id, person_id, *, lead, cm) -> None:
    """One request being looked through, one with its pack, what the person said, a hold and a review."""
    own = case_id == world.case_id

    def word(zone, what):
        return f"CANARY-{zone if own else 'FOREIGN'}-{what}"

    agency_id = world.agencies[lead]
    for stage in (AccessStage.REVIEW, AccessStage.MADE):
        asked = new_id()
        db.session.add(
            SubjectRequest(
                id=asked,
                agency_id=agency_id,
                person_id=person_id,
                asked_as=word("REQUEST", "asked_as"),
                received_on=clock.today() - timedelta(days=9),
                how=AskedHow.SPOKEN,
                words=word("REQUEST", "words"),
                through=word("REQUEST", "through"),
                answer_how=word("REQUEST", "answer_how"),
                identity_how=word("REQUEST", "identity_how"),
                identity_on=clock.today(),
                due_on=clock.today() + timedelta(days=20),
                recorded_at=LONG_AGO,
                recorded_by_id=cm.user_id,
                recorded_agency_id=agency_id,
                stage=stage,
                gathered_at=LONG_AGO,
            )
        )
        db.session.flush()
        db.session.add_all(
            [
                SubjectStep(
                    request_id=asked,
                    at=LONG_AGO,
                    user_id=cm.user_id,
                    act=AccessAct.DECIDED,
                    text=word("ITEM", "step"),
                ),
                SubjectItem(
                    request_id=asked,
                    held_in="case_note",
                    held_key="1",
                    section="Notes",
                    title=word("ITEM", "title"),
                    content=[["In words", word("ITEM", "content")]],
                    look_why=word("ITEM", "look"),
                ),
            ]
        )
        if stage is AccessStage.MADE:
            db.session.add(
                SubjectPack(
                    request_id=asked,
                    made_at=LONG_AGO,
                    made_by_id=cm.user_id,
                    digest="0" * 64,
                    items=1,
                    withheld=0,
                    content=word("ITEM", "pack").encode(),
                )
            )
    note = db.session.scalar(
        select(CaseNote.id).where(
            CaseNote.case_id == case_id, ~CaseNote.id.in_(select(CaseNoteShare.note_id))
        )
    )
    goal = db.session.scalar(select(Goal.id).where(Goal.case_id == case_id).order_by(Goal.number))
    for about, about_id, zone in (
        (CorrectionOf.RECORD, None, "LEAD"),
        (CorrectionOf.NOTE, note, "LEAD"),
        (CorrectionOf.PLAN, None, "PLAN"),
        (CorrectionOf.GOAL, goal, "NAME"),
    ):
        db.session.add(
            Correction(
                case_id=case_id,
                about=about,
                about_id=about_id,
                title=word(zone, "correction-title"),
                words=word(zone, "correction-words"),
                said_on=clock.today(),
                recorded_at=LONG_AGO,
                recorded_by_id=cm.user_id,
                agency_id=agency_id,
            )
        )
    db.session.add_all(
        [
            LegalHold(
                agency_id=agency_id,
                person_id=person_id,
                ground=HoldGround.CLAIM,
                reason=word("RETENTION", "hold"),
                begun_at=LONG_AGO,
                begun_by_id=cm.user_id,
            ),
            RetentionReview(
                agency_id=agency_id,
                person_id=person_id,
                rule=RetentionRule.CARE,
                ended_on=date(2018, 1, 5),
                years=8,
                due_on=date(2026, 1, 5),
                listed_at=LONG_AGO,
                reason=word("RETENTION", "reason"),
            ),
        ]
    )
    db.session.flush()


def ids(world, side) -> dict[str, list]:
    person_id = world.person_id if side == "own" else world.foreign_person_id
    case_id = world.case_id if side == "own" else world.foreign_case_id
    asked = list(
        db.session.scalars(
            select(SubjectRequest.id).where(SubjectRequest.person_id == person_id).order_by(SubjectRequest.id)
        )
    )
    return {
        "asked_id": asked,
        "thing_id": list(db.session.scalars(select(SubjectItem.id).where(SubjectItem.request_id.in_(asked)))),
        "said_id": list(db.session.scalars(select(Correction.id).where(Correction.case_id == case_id))),
        "retention_id": list(
            db.session.scalars(select(RetentionReview.id).where(RetentionReview.person_id == person_id))
        ),
        "hold_id": list(db.session.scalars(select(LegalHold.id).where(LegalHold.person_id == person_id))),
    }
