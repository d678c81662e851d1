"""A person asks for what is kept about them (X-5, GDPR art. 12, 15): written down by whoever they ask, answered within
one calendar month by the agency that leads their case. What is held is gathered and looked at in subject_items, and given in
a pack that is made once (subject_packs)."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import func, select

from caseapp import clock, dates
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Person, SubjectRequest, SubjectStep
from caseapp.policy import rights, rules
from caseapp.policy.do import Do
from caseapp.policy.rights import SubjectFile
from caseapp.policy.scopes import CaseFile, PersonFile
from caseapp.policy.transfers import TransferFile
from caseapp.policy.viewer import Viewer
from caseapp.protocols import add_months
from caseapp.services import agency_staff, audit, events, record_hold
from caseapp.services.transaction import use_case
from caseapp.vocabulary import OPEN_ACCESS, AccessAct, AccessStage, AskedHow, AuditAct

#: Calendar days before its day on which an answer is called to mind; once late, it comes again after as many.
SOON = 7


def answering(agency_id: int) -> set[int]:
    """The line managers and privacy officers of an agency whose accounts are live."""
    return agency_staff.having(agency_id, rights.ANSWERS)


@use_case
def receive(
    about: CaseFile | PersonFile | TransferFile,
    *,
    actor: Viewer,
    at: datetime,
    received_on: date,
    how: AskedHow,
    asked_as: str = "",
    words: str = "",
    through: str = "",
    answer_how: str = "",
    identity_how: str = "",
    identity_on: date | None = None,
) -> int:
    """Write down that the person asked, on a local day, however they asked: no form is needed. Whoever sees the person
    may; the line managers and privacy officers of the agency that leads the case are told. A transfer stands for what
    stayed with the agency that handed over: it answers, and as it knows of the person no more, `asked_as` is the name that
    they gave. Returns its id."""
    if not rules.may(actor, Do.RECORD_SUBJECT_REQUEST, about):
        raise NotAllowed
    today = clock.local_day(at)
    if received_on > today:
        raise RuleBroken("This day has not come yet", "received_on")
    if how is AskedHow.THROUGH and not through:
        raise RuleBroken("Say who speaks for them, and by what right", "through")
    _check_identity(identity_how, identity_on, today)
    person_id, agency_id = _whose(about)
    if isinstance(about, TransferFile) and not asked_as:
        raise RuleBroken("Write the name that they gave", "asked_as")
    row = SubjectRequest(
        id=new_id(),
        agency_id=agency_id,
        person_id=person_id,
        asked_as=asked_as if isinstance(about, TransferFile) else _name(person_id),
        received_on=received_on,
        how=how,
        words=words,
        through=through,
        answer_how=answer_how,
        identity_how=identity_how,
        identity_on=identity_on,
        due_on=add_months(received_on, 1),
        recorded_at=at,
        recorded_by_id=actor.user_id,
        recorded_agency_id=actor.agency_id,
    )
    db.session.add(row)
    db.session.flush()
    step(row, AccessAct.RECEIVED, actor, at)
    if identity_on:
        step(row, AccessAct.IDENTITY, actor, at, identity_how)
    _tell(row, actor, at, "A person asked for what is kept about them. See Requests.")
    return row.id


def _whose(about) -> tuple[int, int]:
    """Of whom, and which agency answers."""
    if isinstance(about, TransferFile):
        return about.person_id, about.from_agency_id
    if isinstance(about, CaseFile):
        return about.person_id, about.lead_agency_id
    return about.id, _registered_by(about.id)


def _registered_by(person_id):
    return db.session.scalar(select(Person.registered_by_agency_id).where(Person.id == person_id))


def _name(person_id):
    row = db.session.execute(
        select(Person.given_name, Person.family_name).where(Person.id == person_id)
    ).one()
    return f"{row.given_name} {row.family_name}".strip()


def _check_identity(how, on, today):
    if how and on is None:
        raise RuleBroken("Say on which day it was checked", "identity_on")
    if on is not None and not how:
        raise RuleBroken("Say how you know that it is them", "identity_how")
    if on is not None and on > today:
        raise RuleBroken("This day has not come yet", "identity_on")


@use_case
def check_identity(
    asked: SubjectFile, *, actor: Viewer, at: datetime, version: int | None = None, how: str, on: date | None
) -> int:
    """How, and on which local day, it was made sure that it is the person who asks. Returns its id."""
    row = hold(asked, actor, Do.SPEAK_FOR_SUBJECT, version)
    if not how:
        raise RuleBroken("Say how you know that it is them", "how")
    if on is None or on > clock.local_day(at):
        raise RuleBroken("Say on which day it was checked", "on")
    row.identity_how, row.identity_on = how, on
    step(row, AccessAct.IDENTITY, actor, at, how)
    return row.id


@use_case
def extend(
    asked: SubjectFile,
    *,
    actor: Viewer,
    at: datetime,
    version: int | None = None,
    until: date | None,
    reason: str,
    told_on: date | None,
) -> int:
    """Take more time, two further months at most, for a reason that the person is told within the first (art. 12(3)).
    Once only. Returns its id."""
    row = hold(asked, actor, Do.DECIDE_SUBJECT_REQUEST, version)
    if row.extended_to is not None:
        raise RuleBroken("More time was taken already; there is none left to take")
    latest = add_months(row.received_on, 3)
    if until is None or not row.due_on < until <= latest:
        raise RuleBroken(f"Choose a day after the first month and not after {dates.day(latest)}", "until")
    if not reason:
        raise RuleBroken("Say why it takes longer, as the person was told", "reason")
    if told_on is None or told_on > clock.local_day(at) or told_on < row.received_on:
        raise RuleBroken("Say on which day the person was told", "told_on")
    if told_on > row.due_on:
        raise RuleBroken("The person has to be told within the first month", "told_on")
    row.extended_to, row.extended_reason, row.extended_told_on = until, reason, told_on
    step(row, AccessAct.EXTENDED, actor, at, reason)
    return row.id


@use_case
def answer(
    asked: SubjectFile, *, actor: Viewer, at: datetime, version: int | None = None, on: date | None, how: str
) -> int:
    """The person has the pack: on which local day, and how they were given it. The access record says it was disclosed to
    them. Returns its id."""
    row = hold(asked, actor, Do.DECIDE_SUBJECT_REQUEST, version)
    if row.stage is not AccessStage.MADE:
        raise RuleBroken("Make the pack first")
    if on is None or on > clock.local_day(at) or on < row.received_on:
        raise RuleBroken("Say on which day the person was given it", "on")
    if not how:
        raise RuleBroken("Say how the person was given it", "how")
    row.answered_on = on
    _end(row, AccessStage.ANSWERED, AccessAct.ANSWERED, actor, at, how)
    audit.write(
        [
            audit.entry(
                actor,
                AuditAct.DISCLOSED,
                "everything held, to the person who asked for it",
                at=at,
                person_id=row.person_id,
                detail={"request": row.id},
            )
        ]
    )
    return row.id


@use_case
def refuse(
    asked: SubjectFile,
    *,
    actor: Viewer,
    at: datetime,
    version: int | None = None,
    reason: str,
    told_on: date | None,
) -> int:
    """Not answered, because it is manifestly unfounded or excessive or it is not them (art. 12(2), 12(5)). The person is
    told why, and that they may complain to the Data Protection Commission. Returns its id."""
    row = hold(asked, actor, Do.DECIDE_SUBJECT_REQUEST, version)
    if not reason:
        raise RuleBroken("Say why, as the person was told", "reason")
    if told_on is None or told_on > clock.local_day(at) or told_on < row.received_on:
        raise RuleBroken("Say on which day the person was told", "told_on")
    row.answered_on = told_on
    _end(row, AccessStage.REFUSED, AccessAct.REFUSED, actor, at, reason)
    return row.id


@use_case
def withdraw(
    asked: SubjectFile, *, actor: Viewer, at: datetime, version: int | None = None, words: str
) -> int:
    """The person no longer wants it, in their words. Returns its id."""
    row = hold(asked, actor, Do.SPEAK_FOR_SUBJECT, version)
    if not words:
        raise RuleBroken("Write what the person said", "words")
    _end(row, AccessStage.WITHDRAWN, AccessAct.WITHDRAWN, actor, at, words)
    return row.id


@use_case
def note(asked: SubjectFile, *, actor: Viewer, at: datetime, text: str) -> int:
    """A line in the history. Returns the request's id."""
    row = hold(asked, actor, Do.SPEAK_FOR_SUBJECT, None)
    if not text:
        raise RuleBroken("Write what happened", "text")
    step(row, AccessAct.NOTED, actor, at, text)
    return row.id


def lead_changed(person_id: int, old_agency_id: int, old_agency: str, *, actor: Viewer, at: datetime) -> None:
    """To be called when the actor's agency takes the lead. What the person asked of the agency that led and nobody has gathered
    yet is asked of both: that one answers for what stays with it, and the new lead agency for what went over, by the same
    day. What was gathered already is given as it stood."""
    rows = db.session.scalars(
        select(SubjectRequest)
        .where(
            SubjectRequest.person_id == person_id,
            SubjectRequest.agency_id == old_agency_id,
            SubjectRequest.stage == AccessStage.RECEIVED,
        )
        .with_for_update()
    ).all()
    for row in rows:
        again = SubjectRequest(
            id=new_id(),
            agency_id=actor.agency_id,
            recorded_at=at,
            recorded_by_id=actor.user_id,
            recorded_agency_id=actor.agency_id,
            **{name: getattr(row, name) for name in _PASSED_ON},
        )
        db.session.add(again)
        db.session.flush()
        on = dates.day(row.received_on)
        step(
            again, AccessAct.RECEIVED, actor, at, f"Asked of {old_agency} on {on}, before the case went over"
        )
        step(
            row,
            AccessAct.NOTED,
            actor,
            at,
            f"{actor.agency_name} leads now and answers for what went over; what stayed is answered here",
        )
        _tell(again, actor, at, "A person asked for what is kept about them. See Requests.")


#: What a request says wherever it is answered.
_PASSED_ON = (
    *("person_id", "asked_as", "received_on", "how", "words", "through", "answer_how"),
    *("identity_how", "identity_on", "due_on", "extended_to", "extended_reason", "extended_told_on"),
)


def _end(row, stage, act, actor, at, text):
    row.stage, row.ended_at = stage, at
    step(row, act, actor, at, text)
    _tell(row, actor, at, "A person’s request for what is kept about them has ended. See Requests.")


def hold(asked: SubjectFile, actor: Viewer, act: Do, version: int | None) -> SubjectRequest:
    """The request, held, where the actor may do this and it goes on. Raises NotAllowed, Stale, RuleBroken."""
    return record_hold.hold(SubjectRequest, asked, act, actor=actor, version=version, even_ended=False)


def step(row, act, actor, at, text="", audited=True) -> None:
    """A line in the request's history, and in the audit record."""
    db.session.add(SubjectStep(request_id=row.id, at=at, user_id=actor.user_id, act=act, text=text))
    if audited:
        audit.record(
            actor,
            f"access request: {act.label.lower()}",
            at=at,
            person_id=row.person_id,
            detail={"request": row.id},
        )


def _tell(row, actor, at, words):
    """Those who answer, and whoever wrote it down."""
    people = answering(row.agency_id) | {row.recorded_by_id}
    events.notify(people - {actor.user_id}, "subject_request", at=at, plain=words)


# --- reminders ------------------------------------------------------------------------------------------------------


def due(*, at: datetime) -> Iterable[dict]:
    """Reminders of answers that are due within a week or late (again each week), for services.reminders._told."""
    today = clock.local_day(at)
    rows = db.session.execute(
        select(
            SubjectRequest.id,
            SubjectRequest.agency_id,
            func.coalesce(SubjectRequest.extended_to, SubjectRequest.due_on).label("due"),
        ).where(SubjectRequest.stage.in_(OPEN_ACCESS))
    ).all()
    staff: dict[int, set[int]] = {}
    for row in rows:
        left = (row.due - today).days
        if left > SOON:
            continue
        if left >= 0:
            kind, key, plain = (
                "subject_request_due",
                row.due,
                "An answer to a person’s request for what is kept about them is due soon. See Requests.",
            )
        else:
            kind, key, plain = (
                "subject_request_late",
                f"{row.due}:{-left // SOON}",
                "An answer to a person’s request for what is kept about them is late. See Requests.",
            )
        people = staff.setdefault(row.agency_id, answering(row.agency_id))
        for user_id in sorted(people):
            yield {
                "user_id": user_id,
                "at": at,
                "kind": kind,
                "plain": plain,
                "dedupe": f"{kind}:{row.id}:{key}:{user_id}",
            }
