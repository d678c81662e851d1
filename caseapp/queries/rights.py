"""Requests for what is kept, and what has been kept long enough, as their own people read them (policy.rights)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Agency, Case, SubjectItem, SubjectPack, SubjectRequest, SubjectStep, User
from caseapp.policy import rights as policy
from caseapp.policy.rights import SubjectFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import everything_held, settings
from caseapp.vocabulary import OPEN_ACCESS, AccessAct, AccessStage, AskedHow, ItemDecision

PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class AgencyFacts:
    """Who answers, how they are reached, how long they keep what (years)."""

    name: str
    reach: str
    years: int
    contact_years: int


def agency_facts(agency_id: int) -> AgencyFacts:
    """What the pack says about the agency that answers."""
    row = db.session.execute(
        select(Agency.name, Agency.address, Agency.phone, Agency.email).where(Agency.id == agency_id)
    ).one()
    kept = settings.values(agency_id)
    reach = ", ".join(one for one in row[1:] if one)
    return AgencyFacts(row.name, reach, kept["retention_years"], kept["retention_contact_only_years"])


# --- requests -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request in the list. `due_on` is the day that counts: the first month, or the longer time that was taken."""

    id: int
    name: str
    agency: str
    received_on: date
    due_on: date
    stage: AccessStage
    late: bool
    own: bool


_DUE = func.coalesce(SubjectRequest.extended_to, SubjectRequest.due_on)
_LINES = (
    select(
        SubjectRequest.id,
        SubjectRequest.asked_as,
        Agency.name.label("agency"),
        SubjectRequest.received_on,
        _DUE.label("due"),
        SubjectRequest.stage,
        policy.ANSWERS_REQUEST.label("answers"),
    )
    .join(Agency, Agency.id == SubjectRequest.agency_id)
    .where(policy.SEES_SUBJECT_REQUEST)
)
_OPEN = SubjectRequest.stage.in_(OPEN_ACCESS)


def requests(
    *, viewer: Viewer, which: str = "open", offset: int = 0, limit: int = PER_PAGE
) -> tuple[list[RequestLine], int]:
    """A page of the requests that the viewer may know of and how many there are; open ones by their day, ended ones
    newest first; `which` is open, ended or all."""
    wanted = {"open": _OPEN, "ended": ~_OPEN}.get(which)
    statement = _LINES if wanted is None else _LINES.where(wanted)
    total = db.session.scalar(select(func.count()).select_from(statement.subquery()), policy.binds(viewer))
    order = (
        (_DUE, SubjectRequest.id)
        if which == "open"
        else (SubjectRequest.received_on.desc(), SubjectRequest.id.desc())
    )
    today = clock.today()
    rows = db.session.execute(statement.order_by(*order).offset(offset).limit(limit), policy.binds(viewer))
    return [
        RequestLine(
            row.id,
            row.asked_as,
            row.agency,
            row.received_on,
            row.due,
            row.stage,
            row.stage in OPEN_ACCESS and row.due < today,
            bool(row.answers),
        )
        for row in rows
    ], total


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the history."""

    at: datetime
    act: AccessAct
    who: str
    agency: str
    text: str


@dataclass(frozen=True, slots=True)
class SectionCount:
    """How many things of one section were gathered, and how they stand."""

    title: str
    waiting: int
    given: int
    withheld: int

    @property
    def total(self) -> int:
        return self.waiting + self.given + self.withheld


@dataclass(frozen=True, slots=True)
class Pack:
    """The archive that was made; `size` in bytes."""

    made_at: datetime
    made_by: str
    digest: str
    items: int
    withheld: int
    size: int


@dataclass(frozen=True, slots=True)
class Request:
    """One request with its history; what was gathered only for those who answer."""

    id: int
    version: int
    name: str
    agency: str
    received_on: date
    how: AskedHow
    words: str
    through: str
    answer_how: str
    identity_how: str
    identity_on: date | None
    due_on: date
    extended_to: date | None
    extended_reason: str
    extended_told_on: date | None
    recorded_at: datetime
    recorded_by: str
    recorded_agency: str
    stage: AccessStage
    gathered_at: datetime | None
    answered_on: date | None
    reference: str | None
    steps: tuple[Step, ...]
    sections: tuple[SectionCount, ...]
    not_for_you: int
    pack: Pack | None

    @property
    def last_day(self) -> date:
        return self.extended_to or self.due_on

    @property
    def late(self) -> bool:
        return self.stage in OPEN_ACCESS and self.last_day < clock.today()

    @property
    def waiting(self) -> int:
        return sum(one.waiting for one in self.sections)


_Writer, _WriterAgency = aliased(User), aliased(Agency)


def request(asked: SubjectFile, *, viewer: Viewer) -> Request:
    """The request as this viewer reads it."""
    row = db.session.execute(
        select(
            SubjectRequest.id,
            SubjectRequest.version,
            SubjectRequest.asked_as,
            Agency.name.label("agency"),
            SubjectRequest.received_on,
            SubjectRequest.how,
            SubjectRequest.words,
            SubjectRequest.through,
            SubjectRequest.answer_how,
            SubjectRequest.identity_how,
            SubjectRequest.identity_on,
            SubjectRequest.due_on,
            SubjectRequest.extended_to,
            SubjectRequest.extended_reason,
            SubjectRequest.extended_told_on,
            SubjectRequest.recorded_at,
            _Writer.name.label("writer"),
            _WriterAgency.name.label("writer_agency"),
            SubjectRequest.stage,
            SubjectRequest.gathered_at,
            SubjectRequest.answered_on,
        )
        .join(Agency, Agency.id == SubjectRequest.agency_id)
        .join(_Writer, _Writer.id == SubjectRequest.recorded_by_id)
        .join(_WriterAgency, _WriterAgency.id == SubjectRequest.recorded_agency_id)
        .where(SubjectRequest.id == asked.id, policy.SEES_SUBJECT_REQUEST),
        policy.binds(viewer),
    ).one()
    steps = tuple(
        Step(*one)
        for one in db.session.execute(
            select(SubjectStep.at, SubjectStep.act, User.name, Agency.name, SubjectStep.text)
            .join(User, User.id == SubjectStep.user_id)
            .join(Agency, Agency.id == User.agency_id)
            .where(SubjectStep.request_id == asked.id)
            .order_by(SubjectStep.at, SubjectStep.id)
        )
    )
    if not asked.answers:
        steps = tuple(one for one in steps if one.act in _FOR_ALL)
    return Request(
        *row,
        reference=_reference(asked, viewer),
        steps=steps,
        sections=_sections(asked, viewer) if asked.answers else (),
        not_for_you=_not_for(asked, viewer) if asked.answers else 0,
        pack=_pack(asked) if asked.answers else None,
    )


#: What whoever wrote it down, perhaps in another agency, reads of the history.
_FOR_ALL = (
    AccessAct.RECEIVED,
    AccessAct.IDENTITY,
    AccessAct.ANSWERED,
    AccessAct.WITHDRAWN,
    AccessAct.EXTENDED,
)


def _reference(asked, viewer):
    """The person's newest case that the viewer sees."""
    from caseapp.policy import scopes

    return db.session.scalar(
        select(Case.reference)
        .where(Case.person_id == asked.person_id, scopes.SEES_CASE)
        .order_by(Case.episode.desc())
        .limit(1),
        policy.binds(viewer),
    )


def _counted(decision):
    return func.sum(case((SubjectItem.decision == decision, 1), else_=0))


def _sections(asked, viewer):
    rows = db.session.execute(
        select(
            SubjectItem.section,
            _counted(ItemDecision.WAITING),
            _counted(ItemDecision.GIVEN),
            _counted(ItemDecision.WITHHELD),
        )
        .join(SubjectRequest, SubjectRequest.id == SubjectItem.request_id)
        .where(SubjectItem.request_id == asked.id, policy.SEES_SUBJECT_ITEM)
        .group_by(SubjectItem.section),
        policy.binds(viewer),
    )
    found = {row[0]: SectionCount(row[0], *(int(n) for n in row[1:])) for row in rows}
    order = dict.fromkeys(section.title for section in everything_held.SECTIONS.values())
    return tuple(found[title] for title in order if title in found)


def _not_for(asked, viewer):
    return db.session.scalar(
        select(func.count()).where(
            SubjectItem.request_id == asked.id, SubjectItem.not_for_id == viewer.user_id
        )
    )


def _pack(asked):
    row = db.session.execute(
        select(
            SubjectPack.made_at,
            User.name,
            SubjectPack.digest,
            SubjectPack.items,
            SubjectPack.withheld,
            func.length(SubjectPack.content),
        )
        .join(User, User.id == SubjectPack.made_by_id)
        .where(SubjectPack.request_id == asked.id)
    ).first()
    return row and Pack(*row)
