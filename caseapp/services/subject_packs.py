"""The pack for somebody who asked what is kept about them: made once from what was gathered and decided, and looked at again
each time it leaves (documents/subject_pack.py makes the file)."""

import hashlib
from datetime import datetime

from sqlalchemy import select

from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import SubjectItem, SubjectPack, SubjectRequest
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.rights import SubjectFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import everything_held, held_accesses
from caseapp.services.subject_items import waiting
from caseapp.services.subject_requests import hold, step
from caseapp.services.transaction import use_case
from caseapp.vocabulary import AccessAct, AccessStage, ItemDecision


@use_case
def make_pack(asked: SubjectFile, *, actor: Viewer, at: datetime, version: int | None = None, write) -> int:
    """Make the archive, once and for good: `write(request, items, accesses, at)` gives its bytes, of the same facts the
    same bytes. Everything has been decided, and it was made sure who asks. Returns the pack's id."""
    row = hold(asked, actor, Do.DECIDE_SUBJECT_REQUEST, version)
    if row.stage is not AccessStage.REVIEW:
        raise RuleBroken("Gather what is held first" if row.gathered_at is None else "The pack has been made")
    if row.identity_on is None:
        raise RuleBroken("First make sure that it is the person who asks, and write down how")
    if left := waiting(row.id):
        raise RuleBroken(
            f"{left} thing{'s' if left > 1 else ''} still wait{'' if left > 1 else 's'} to be looked at"
        )
    items = db.session.scalars(
        select(SubjectItem).where(SubjectItem.request_id == row.id).order_by(SubjectItem.id)
    ).all()
    kept = everything_held.kept_by(row.agency_id, row.person_id)
    looks = held_accesses.accesses(
        row.person_id,
        kept.cases,
        person_too=kept.person_too,
        agency_id=row.agency_id,
        former=kept.former,
    )
    content = write(row, items, looks, at)
    pack = SubjectPack(
        id=new_id(),
        request_id=row.id,
        made_at=at,
        made_by_id=actor.user_id,
        digest=hashlib.sha256(content).hexdigest(),
        items=sum(one.decision is ItemDecision.GIVEN for one in items),
        withheld=sum(one.decision is ItemDecision.WITHHELD for one in items),
        content=content,
    )
    db.session.add(pack)
    row.stage = AccessStage.MADE
    step(row, AccessAct.MADE, actor, at, f"SHA-256 {pack.digest}")
    return pack.id


@use_case
def take_out(asked: SubjectFile, *, actor: Viewer, at: datetime) -> tuple[bytes, str]:
    """The archive and its checksum, looked at again before it leaves. It leaves a line in the history."""
    if not rules.may(actor, Do.TAKE_SUBJECT_PACK, asked):
        raise NotAllowed
    pack = db.session.scalar(select(SubjectPack).where(SubjectPack.request_id == asked.id))
    if pack is None or hashlib.sha256(pack.content).hexdigest() != pack.digest:
        raise RuleBroken("The pack is not what was made. Tell whoever keeps this system.")
    step(db.session.get(SubjectRequest, asked.id), AccessAct.TAKEN, actor, at, audited=False)
    return pack.content, pack.digest
