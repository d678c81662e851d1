"""Correction by addition (X-12, GDPR art. 16): what the person says about the record is written down beside it in their
own words, and answered. Nothing that stands there is changed by it."""

from datetime import date, datetime

from sqlalchemy import select

from caseapp import clock
from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Correction
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import corrections as reads
from caseapp.services import audit, events, last_hand
from caseapp.services.transaction import use_case
from caseapp.vocabulary import Audience


@use_case
def say(case: CaseFile, *, actor: Viewer, at: datetime, about: str, words: str, said_on: date) -> int:
    """Write down what the person says, on a local day, about something that the recorder reads (`about` is a key of
    queries.corrections.choices). The case manager is told. Returns its id."""
    if not rules.may(actor, Do.SAY_CORRECTION, case):
        raise NotAllowed
    known = reads.choices(case, viewer=actor).get(about)
    if known is None:
        raise RuleBroken("Choose what it is about", "about")
    if not words:
        raise RuleBroken("Write what they say, in their own words", "words")
    if said_on > clock.local_day(at):
        raise RuleBroken("This day has not come yet", "said_on")
    kind, about_id, title = known
    row = Correction(
        id=new_id(),
        case_id=case.id,
        about=kind,
        about_id=about_id,
        title=title,
        words=words,
        said_on=said_on,
        recorded_at=at,
        recorded_by_id=actor.user_id,
        agency_id=actor.agency_id,
    )
    db.session.add(row)
    db.session.flush()
    events.happened(
        case,
        "correction_said",
        "What the person says about the record was written down beside it",
        actor=actor,
        at=at,
        audience=Audience.LEAD,
        tell_case_workers=True,
    )
    audit.record(
        actor, "the person’s own words beside the record", at=at, case=case, detail={"correction": row.id}
    )
    return row.id


@use_case
def answer(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    correction_id: int,
    version: int | None = None,
    text: str,
    person_told_on: date | None = None,
) -> int:
    """What was added or done about it, or why the record stands as it is, and when the person was told. By the case
    manager or a line manager of the lead agency; once. Returns its id."""
    if not rules.may(actor, Do.ANSWER_CORRECTION, case):
        raise NotAllowed
    row = db.session.scalar(
        select(Correction)
        .where(Correction.id == correction_id, Correction.case_id == case.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotVisible
    if version is not None and row.version != version:
        hand = last_hand.by_user(row.answered_by_id, row.answered_at, actor=actor)
        raise Stale({}, **hand, version=row.version)
    if row.answered_at is not None:
        raise RuleBroken("It has been answered already")
    if not text:
        raise RuleBroken("Write what was added, or why it stands as it is", "text")
    if person_told_on is not None and person_told_on > clock.local_day(at):
        raise RuleBroken("This day has not come yet", "person_told_on")
    row.answer, row.answered_at, row.answered_by_id, row.person_told_on = (
        text,
        at,
        actor.user_id,
        person_told_on,
    )
    events.happened(
        case,
        "correction_answered",
        "What the person says about the record was answered",
        actor=actor,
        at=at,
        audience=Audience.LEAD,
        tell_user_ids=(row.recorded_by_id,),
    )
    audit.record(actor, "answer to the person’s own words", at=at, case=case, detail={"correction": row.id})
    return row.id
