"""What is held about somebody who asked for it, thing by thing (GDPR art. 15): gathered as it stands that day, and each thing
looked at where it may touch somebody else."""

from datetime import datetime

from sqlalchemy import func, select, update

from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import SubjectItem
from caseapp.policy.do import Do
from caseapp.policy.rights import ItemFile, SubjectFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import everything_held
from caseapp.services import audit, record_hold
from caseapp.services.subject_requests import hold, step
from caseapp.services.transaction import use_case
from caseapp.vocabulary import AccessAct, AccessStage, ItemDecision, WithholdGround

LOOKS_THROUGH = (AccessStage.RECEIVED, AccessStage.REVIEW)


@use_case
def gather(asked: SubjectFile, *, actor: Viewer, at: datetime, version: int | None = None) -> int:
    """Gather what the agency holds, as it stands now. What speaks against nothing is to be given; what may touch somebody
    else waits to be looked at. Gathering again adds what is new. Returns its id."""
    row = hold(asked, actor, Do.DECIDE_SUBJECT_REQUEST, version)
    if row.stage not in LOOKS_THROUGH:
        raise RuleBroken("The pack has been made")
    kept = everything_held.kept_by(row.agency_id, row.person_id)
    there = {
        tuple(row)
        for row in db.session.execute(
            select(SubjectItem.held_in, SubjectItem.held_key).where(SubjectItem.request_id == row.id)
        )
    }
    found = everything_held.held(
        row.person_id,
        kept.cases,
        person_too=kept.person_too,
        agency_id=row.agency_id,
        former=kept.former,
    )
    new = [one for one in found if (one.table, one.key) not in there and not _this(one, row)]
    db.session.add_all(_item(row, one, at) for one in new)
    row.stage, row.gathered_at = AccessStage.REVIEW, at
    step(row, AccessAct.GATHERED, actor, at, f"{len(new)} things")
    return row.id


def _this(one, row):
    """This very request says nothing about the person that they did not say themselves."""
    return one.table == "subject_request" and one.key == str(row.id)


def _item(row, one, at):
    return SubjectItem(
        request_id=row.id,
        held_in=one.table,
        held_key=one.key,
        section=one.section,
        at=one.at,
        title=one.title,
        content=[list(pair) for pair in one.fields],
        look_why=one.look,
        not_for_id=one.not_for,
        decision=ItemDecision.WAITING if one.look else ItemDecision.GIVEN,
        decided_at=None if one.look else at,
    )


@use_case
def decide_item(
    item: ItemFile,
    *,
    actor: Viewer,
    at: datetime,
    version: int | None = None,
    decision: ItemDecision,
    ground: WithholdGround | None = None,
    why: str = "",
) -> int:
    """Give one thing, or withhold it on a legal ground with the reason why it holds here. What is kept apart is given
    only by somebody who reads it, by hand, and never goes into the pack. Returns the item's id."""
    row = record_hold.hold(SubjectItem, item, Do.DECIDE_SUBJECT_ITEM, actor=actor, version=version)
    apart = row.held_in in everything_held.SEALED and not row.content
    if apart and decision is ItemDecision.GIVEN and not _reads_apart(row, item, actor):
        raise RuleBroken("Only those on the list of the section give this. Ask its line manager", "decision")
    if decision is ItemDecision.WITHHELD:
        if ground is None:
            raise RuleBroken("Choose the ground in law", "ground")
        if not why:
            raise RuleBroken("Say why this ground holds here", "why")
    elif decision is not ItemDecision.GIVEN:
        raise RuleBroken("Choose whether it is given", "decision")
    withheld = decision is ItemDecision.WITHHELD
    row.decision, row.ground, row.why = decision, ground if withheld else None, why if withheld else ""
    row.decided_at, row.decided_by_id = at, actor.user_id
    audit.record(
        actor,
        f"access request: {row.section.lower()}, {'withheld' if withheld else 'given'}",
        at=at,
        person_id=item.request.person_id,
        detail={"request": row.request_id, "item": row.id},
    )
    return row.id


def _reads_apart(row, item, actor):
    from caseapp.queries.restricted import restricted_for_review

    if row.held_in != "restricted_entry":
        from caseapp.policy.disclosures import find_disclosure

        return find_disclosure(actor, int(row.held_key)) is not None
    return any(
        one.text is not None and str(one.id) == row.held_key
        for one in restricted_for_review(item.request.person_id, viewer=actor)
    )


@use_case
def give_rest(
    asked: SubjectFile, *, actor: Viewer, at: datetime, version: int | None = None, section: str
) -> int:
    """Give everything of one section that still waits, after looking it through; what is kept apart and what is about the
    reviewer themself stays. Returns its id."""
    row = hold(asked, actor, Do.DECIDE_SUBJECT_REQUEST, version)
    if row.stage not in LOOKS_THROUGH:
        raise RuleBroken("The pack has been made")
    done = db.session.execute(
        update(SubjectItem)
        .where(
            SubjectItem.request_id == row.id,
            SubjectItem.section == section,
            SubjectItem.decision == ItemDecision.WAITING,
            SubjectItem.look_why != everything_held.APART,
            (SubjectItem.not_for_id.is_(None)) | (SubjectItem.not_for_id != actor.user_id),
        )
        .values(
            decision=ItemDecision.GIVEN,
            decided_at=at,
            decided_by_id=actor.user_id,
            version=SubjectItem.version + 1,
        )
        .returning(SubjectItem.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not done:
        raise RuleBroken("Nothing of this section waits for you")
    step(row, AccessAct.DECIDED, actor, at, f"{section}: the rest is given ({len(done)})")
    return row.id


def waiting(request_id: int) -> int:
    """How many things still wait to be looked at."""
    return db.session.scalar(
        select(func.count()).where(
            SubjectItem.request_id == request_id, SubjectItem.decision == ItemDecision.WAITING
        )
    )
