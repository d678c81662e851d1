"""Caseload sheets: uploaded, looked through, and imported all at once or not at all (issue 2, section 7).

Only cases that the line manager's own agency leads are imported. imports_plan says what would happen, imports_write
does it.
"""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from caseapp import clock, dates
from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import ImportBatch
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, shut_out
from caseapp.services.imports_plan import Plan, plan
from caseapp.services.imports_questions import NOBODY
from caseapp.services.imports_write import write
from caseapp.services.transaction import use_case
from caseapp.sheets import Sheet, SheetRefused, read_caseload

#: A page imports so many rows; larger sheets go through the command, which nobody waits for.
MOST_ON_PAGE = 2_000
#: How long an unconfirmed sheet, which names people, is kept.
KEPT = timedelta(days=7)
#: How many of them one agency may leave unconfirmed.
MOST_OPEN = 50


@use_case
def upload(
    *,
    actor: Viewer,
    at: datetime,
    file_name: str,
    data: bytes,
    protocol_key: str,
    most_rows: int | None = MOST_ON_PAGE,
) -> int:
    """Keep a sheet for a look before anything is written. Nothing of it reaches a case, a person or a list yet.

    Raises RuleBroken for what is no caseload sheet, or is too long for a page. Returns the batch's id."""
    _may(actor)
    forget_old(at=at)
    if _waiting(actor) >= MOST_OPEN:
        raise RuleBroken(
            "Many sheets wait to be confirmed already. Confirm or drop one of them first.", "file"
        )
    sheet = read(data, at)
    if most_rows is not None and len(sheet.lines) > most_rows:
        raise RuleBroken(
            f"This sheet has {len(sheet.lines):,} rows; a page takes {most_rows:,}. Split it, or ask those who run "
            "the system to import it with the command import-caseload.",
            "file",
        )
    if not sheet.lines:
        raise RuleBroken("Below the headings there is nothing.", "file")
    batch = ImportBatch(
        agency_id=actor.agency_id,
        uploaded_by_id=actor.user_id,
        uploaded_at=at,
        file_name=file_name[-200:] or "sheet",
        digest=hashlib.sha256(data).hexdigest(),
        content=data,
        choices={"protocol": protocol_key},
    )
    _shown(batch, plan(sheet, viewer=actor, choices=batch.choices, today=clock.local_day(at)))
    db.session.add(batch)
    db.session.flush()
    audit.record(
        actor, "caseload sheet uploaded", at=at, about_id=batch.id, detail={"rows": len(sheet.lines)}
    )
    return batch.id


def _waiting(actor) -> int:
    table = ImportBatch.__table__
    return db.session.scalar(
        select(func.count()).where(
            table.c.agency_id == actor.agency_id, table.c.confirmed_at.is_(None), table.c.dropped_at.is_(None)
        )
    )


def read(data: bytes, at: datetime) -> Sheet:
    """The sheet in the bytes. Raises RuleBroken, beside `file`, for what is none."""
    try:
        return read_caseload(data, today=clock.local_day(at))
    except SheetRefused as why:
        raise RuleBroken(why.message, "file") from why


def preview(batch_id: int, *, actor: Viewer, at: datetime) -> Plan:
    """What confirming would do now. Reads only."""
    batch = _open(batch_id, actor)
    return _plan(batch, actor, at)


@use_case
def choose(batch_id: int, *, actor: Viewer, at: datetime, answers: dict[str, dict[str, str]]) -> int:
    """Keep what a person said about the sheet's names: kind → folded text → id, key or "none". An answer that is none
    of the options asks again. Returns the batch's id."""
    batch = _open(batch_id, actor, hold=True)
    choices = {kind: dict(batch.choices.get(kind, {})) for kind in ("agency", "domain", "worker")}
    for kind, given in answers.items():
        for key, value in given.items():
            if value:
                choices[kind][key] = value
            else:
                choices[kind].pop(key, None)
    batch.choices = {"protocol": batch.choices["protocol"]} | choices
    _shown(batch, _plan(batch, actor, at))
    return batch.id


@use_case
def confirm(
    batch_id: int, *, actor: Viewer, at: datetime, seen: str, without_errors: bool = False
) -> dict[str, int]:
    """Import the sheet as it was shown: `seen` is the print of that plan. Returns how much was written.

    Raises Stale, with the rows that read otherwise now, if anything changed since (`saved`: row → [then, now]), and
    RuleBroken while choices are missing, while errors are not accepted, or when somebody was faster."""
    batch = _open(batch_id, actor, hold=True)
    now = _plan(batch, actor, at)
    if now.print != seen:
        raise Stale(_differences(batch, now))
    _ready(now, without_errors)
    counts = write(now, batch.file_name, actor, at)
    batch.content, batch.confirmed_at = None, at
    batch.choices = {"protocol": now.protocol_key}
    batch.outcome = counts | {
        "by": actor.name,
        "skipped": [
            [row.number, row.column, row.why] for row in now.rows if row.why and row.outcome != "ask"
        ][:200],
    }
    audit.record(actor, "caseload sheet imported", at=at, about_id=batch.id, detail=dict(counts))
    return counts


@use_case
def drop(batch_id: int, *, actor: Viewer, at: datetime) -> int:
    """Throw the sheet away; it stays in the list, without what it held. Doing it twice changes nothing."""
    batch = _find(batch_id, actor, hold=True)
    if batch.confirmed_at is not None:
        raise RuleBroken("This sheet was imported already, so it cannot be dropped.")
    if batch.dropped_at is None:
        batch.content, batch.dropped_at, batch.choices = None, at, {"protocol": batch.choices["protocol"]}
        audit.record(actor, "caseload sheet dropped", at=at, about_id=batch.id)
    return batch.id


@use_case
def forget_old(*, at: datetime) -> int:
    """Throw away sheets that nobody confirmed within a week: they name people. Returns how many."""
    table = ImportBatch.__table__
    return db.session.execute(
        update(table)
        .where(table.c.content.is_not(None), table.c.confirmed_at.is_(None), table.c.uploaded_at < at - KEPT)
        .values(content=None, dropped_at=at, choices={"protocol": ""})
    ).rowcount


# --- the batch ---------------------------------------------------------------------------------------------------


def _may(actor):
    if not rules.may(actor, Do.IMPORT_CASELOAD):
        raise NotAllowed


def _find(batch_id, actor, *, hold=False):
    _may(actor)
    batch = db.session.get(ImportBatch, batch_id, with_for_update=hold or None, populate_existing=True)
    if batch is None or batch.agency_id != actor.agency_id:
        raise NotVisible
    if batch.uploaded_by_id != actor.user_id and shut_out.of_anybody(actor.user_id):
        raise NotVisible  # a colleague's sheet may name somebody of whom this manager may not know
    return batch


def _open(batch_id, actor, *, hold=False):
    batch = _find(batch_id, actor, hold=hold)
    if batch.confirmed_at is not None:
        by = (batch.outcome or {}).get("by", "Somebody")
        raise RuleBroken(
            f"{by} imported this sheet on {dates.moment(batch.confirmed_at)}. Nothing was imported twice."
        )
    if batch.content is None:
        raise RuleBroken("This sheet was dropped. Upload it again.")
    return batch


def _plan(batch, actor, at):
    return plan(read(batch.content, at), viewer=actor, choices=batch.choices, today=clock.local_day(at))


def _shown(batch, now):
    """Keep what each row read, so that a change can be shown beside it."""
    batch.choices = batch.choices | {"shown": {str(row.number): row.text for row in now.rows}}


def _differences(batch, now):
    then = batch.choices.get("shown", {})
    return {
        row.number: [then.get(str(row.number), ""), row.text]
        for row in now.rows
        if then.get(str(row.number)) != row.text
    }


def _ready(now: Plan, without_errors):
    if now.open_questions:
        left = len(now.open_questions)
        raise RuleBroken(
            f"{'One choice is' if left == 1 else f'{left} choices are'} still missing: see “Say what is meant”."
        )
    if now.sheet.error_count and not without_errors:
        raise RuleBroken(
            "Tick that the rows with errors are left out, or mend the sheet first", "without_errors"
        )
    if not now.changes:
        raise RuleBroken("Everything in this sheet is here already. Nothing was changed.")


__all__ = [
    "MOST_ON_PAGE",
    "NOBODY",
    "choose",
    "confirm",
    "drop",
    "forget_old",
    "preview",
    "read",
    "upload",
]
