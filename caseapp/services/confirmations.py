"""Confirming that chapters were read: added to, never changed (S0-31, S0-32, C12). A mistake is a further entry.

What is confirmed is the version that was shown, also where a newer one came out while it was being read."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite

from caseapp import clock, dates, references
from caseapp.chapter_text import blanks_in
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Chapter,
    ChapterFeedback,
    ChapterVersion,
    ReadingConfirmation,
    ReadingReceipt,
    ReadingStanding,
    User,
)
from caseapp.policy.viewer import Viewer
from caseapp.queries import handbook
from caseapp.services import audit
from caseapp.services.transaction import use_case
from caseapp.vocabulary import ConfirmationKind, ReadingPurpose

STATEMENT = "I have read the chapters ticked above, understood them, and will work by them."
TAKEN_BACK = "I confirmed this by mistake. It is not to count as read."
MOST = 40

_INSERT = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


@use_case
def confirm(
    version_ids: Sequence[int],
    *,
    actor: Viewer,
    at: datetime,
    read_on: date,
    purpose: ReadingPurpose,
    purpose_other: str = "",
    stated: bool = False,
    comment: str = "",
) -> int:
    """Put on record that the actor has read these versions of chapters of the own handbook. `comment` goes to the
    editors. Raises RuleBroken. Returns the receipt's id."""
    wanted = list(dict.fromkeys(version_ids))
    if not wanted:
        raise RuleBroken("Tick the chapters that you have read", "versions")
    if len(wanted) > MOST:
        raise RuleBroken(f"At most {MOST} chapters at a time", "versions")
    rows = _published(wanted, actor)
    if len(rows) != len(wanted):
        raise RuleBroken("One of these chapters is not in your handbook. Choose them again", "versions")
    today = clock.local_day(at)
    if read_on > today:
        raise RuleBroken("The day you read it cannot lie ahead", "read_on")
    for row in rows:
        out_on = min(clock.local_day(row.published_at), row.effective_on)
        if read_on < out_on:
            raise RuleBroken(
                f"Version {row.version_number} of “{row.title}” came out on {dates.day(out_on)}", "read_on"
            )
    if purpose is ReadingPurpose.OTHER and not purpose_other:
        raise RuleBroken("Say what you read it for", "purpose_other")
    if not stated:
        raise RuleBroken("Tick the sentence if it is true", "stated")
    receipt = _receipt(actor, at, ConfirmationKind.READ, read_on, purpose, purpose_other, STATEMENT, comment)
    known = handbook.blanks(actor.agency_id) if any("{{" in row.words for row in rows) else {}
    asked = _asked(actor, [row.chapter_id for row in rows])
    lines = [
        {
            "id": new_id(),
            "receipt_id": receipt.id,
            "user_id": actor.user_id,
            "agency_id": actor.agency_id,
            "chapter_id": row.chapter_id,
            "chapter_version_id": row.id,
            "number": row.version_number,
            "kind": ConfirmationKind.READ,
            "at": at,
            "read_on": read_on,
            "filled": handbook.filled_with(blanks_in(row.words), known),
            "due_on": asked.get(row.chapter_id, (None, None))[0],
            "assignment_id": asked.get(row.chapter_id, (None, None))[1],
        }
        for row in rows
    ]
    db.session.execute(insert(ReadingConfirmation), lines)
    # in one order, so that two people's forms never wait for one another crosswise
    for line in sorted(lines, key=lambda one: one["chapter_id"]):
        _stands(line)
    if comment:
        db.session.add(
            ChapterFeedback(
                agency_id=actor.agency_id,
                chapter_id=rows[0].chapter_id,
                chapter_version_id=rows[0].id,
                user_id=actor.user_id,
                receipt_id=receipt.id,
                at=at,
                text=comment,
            )
        )
    audit.record(actor, f"reading confirmed: {len(lines)}", at=at, about_id=receipt.id, detail=_numbers(rows))
    return receipt.id


@use_case
def take_back(
    receipt_id: int, confirmation_ids: Sequence[int], *, actor: Viewer, at: datetime, reason: str
) -> int:
    """Say that entries of one's own receipt were made by mistake: a further receipt that names them; the first stays as
    it is. Raises RuleBroken. Returns the new receipt's id."""
    lines = db.session.execute(
        select(ReadingConfirmation)
        .where(
            ReadingConfirmation.receipt_id == receipt_id,
            ReadingConfirmation.id.in_([*confirmation_ids][: MOST + 1]),
            ReadingConfirmation.user_id == actor.user_id,
            ReadingConfirmation.kind == ConfirmationKind.READ,
        )
        .order_by(ReadingConfirmation.chapter_id)
    ).scalars()
    lines = list(lines)
    if not lines:
        raise RuleBroken("Tick what was entered by mistake", "lines")
    if not reason:
        raise RuleBroken("Say what was wrong", "reason")
    gone = set(
        db.session.scalars(
            select(ReadingConfirmation.corrects_id).where(
                ReadingConfirmation.corrects_id.in_([line.id for line in lines])
            )
        )
    )
    lines = [line for line in lines if line.id not in gone]
    if not lines:
        raise RuleBroken("This was taken back already", "lines")
    first = db.session.get(ReadingReceipt, receipt_id)
    receipt = _receipt(
        actor,
        at,
        ConfirmationKind.MISTAKE,
        first.read_on,
        first.purpose,
        first.purpose_other,
        TAKEN_BACK,
        reason,
    )
    db.session.execute(
        insert(ReadingConfirmation),
        [
            {
                "id": new_id(),
                "receipt_id": receipt.id,
                "user_id": line.user_id,
                "agency_id": line.agency_id,
                "chapter_id": line.chapter_id,
                "chapter_version_id": line.chapter_version_id,
                "number": line.number,
                "kind": ConfirmationKind.MISTAKE,
                "corrects_id": line.id,
                "at": at,
                "read_on": line.read_on,
                "filled": {},
            }
            for line in lines
        ],
    )
    for line in lines:
        _stands_now(actor.user_id, line.chapter_id)
    audit.record(actor, f"reading taken back: {len(lines)}", at=at, about_id=receipt.id)
    return receipt.id


def _published(version_ids, actor):
    rows = {
        row.id: row
        for row in db.session.execute(
            select(
                ChapterVersion.id,
                ChapterVersion.chapter_id,
                ChapterVersion.number.label("version_number"),
                ChapterVersion.title,
                ChapterVersion.published_at,
                ChapterVersion.effective_on,
                (ChapterVersion.text + ChapterVersion.we_statement + ChapterVersion.i_statement).label(
                    "words"
                ),
                Chapter.number.label("chapter_number"),
            )
            .join(Chapter, Chapter.id == ChapterVersion.chapter_id)
            .where(
                ChapterVersion.id.in_(version_ids),
                ChapterVersion.published_at.is_not(None),
                Chapter.agency_id == actor.agency_id,
            )
        )
    }
    return [rows[one] for one in version_ids if one in rows]


def _receipt(actor, at, kind, read_on, purpose, purpose_other, statement, comment) -> ReadingReceipt:
    who = db.session.execute(
        select(User.profession, User.email, User.disabled_at).where(User.id == actor.user_id)
    ).first()
    if who is None or who.disabled_at is not None:
        raise NotAllowed
    receipt = ReadingReceipt(
        reference=_reference(),
        user_id=actor.user_id,
        agency_id=actor.agency_id,
        at=at,
        name=actor.name,
        role=", ".join(filter(None, (who.profession, *actor.roles.labels)))[:200],
        agency_name=actor.agency_name,
        email=who.email,
        kind=kind,
        read_on=read_on,
        purpose=purpose,
        purpose_other=purpose_other if purpose is ReadingPurpose.OTHER else "",
        statement=statement,
        comment=comment,
    )
    db.session.add(receipt)
    db.session.flush()
    return receipt


def _reference():
    while True:
        reference = references.new_reference()
        if not db.session.scalar(select(ReadingReceipt.id).where(ReadingReceipt.reference == reference)):
            return reference


def _asked(actor, chapter_ids):
    return {
        row.chapter_id: (row.due_on, row.assignment_id)
        for row in db.session.execute(
            select(ReadingStanding.chapter_id, ReadingStanding.due_on, ReadingStanding.assignment_id).where(
                ReadingStanding.user_id == actor.user_id,
                ReadingStanding.chapter_id.in_(chapter_ids),
                ReadingStanding.asked_at.is_not(None),
                ReadingStanding.waived_at.is_(None),
            )
        )
    }


def _stands(line):
    """The newest version confirmed counts, in whatever order confirmations arrive."""
    table = ReadingStanding.__table__
    statement = _INSERT[db.engine.dialect.name](table).values(
        user_id=line["user_id"],
        chapter_id=line["chapter_id"],
        confirmed_number=line["number"],
        confirmed_on=line["read_on"],
        confirmation_id=line["id"],
    )
    new = statement.excluded
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id", "chapter_id"],
            set_={
                "confirmed_number": new.confirmed_number,
                "confirmed_on": new.confirmed_on,
                "confirmation_id": new.confirmation_id,
            },
            where=new.confirmed_number >= table.c.confirmed_number,
        )
    )


def _stands_now(user_id, chapter_id):
    """What is left after something was taken back: the newest version confirmed and not taken back, or none."""
    later = select(ReadingConfirmation.corrects_id).where(
        ReadingConfirmation.user_id == user_id, ReadingConfirmation.corrects_id.is_not(None)
    )
    best = db.session.execute(
        select(ReadingConfirmation.id, ReadingConfirmation.number, ReadingConfirmation.read_on)
        .where(
            ReadingConfirmation.user_id == user_id,
            ReadingConfirmation.chapter_id == chapter_id,
            ReadingConfirmation.kind == ConfirmationKind.READ,
            ReadingConfirmation.id.not_in(later),
        )
        .order_by(ReadingConfirmation.number.desc(), ReadingConfirmation.read_on.desc())
        .limit(1)
    ).first()
    stand = db.session.scalar(
        select(ReadingStanding)
        .where(ReadingStanding.user_id == user_id, ReadingStanding.chapter_id == chapter_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if stand is None:
        return
    stand.confirmed_number = best.number if best else 0
    stand.confirmed_on = best.read_on if best else None
    stand.confirmation_id = best.id if best else None


def _numbers(rows):
    return {"chapters": [f"{row.chapter_number} v{row.version_number}" for row in rows]}
