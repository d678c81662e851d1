"""Transfers in lists: what another agency asks of ours, what ours hands over, and what waits for whom. Rows come through
policy.transfers; a name stands in one only where the viewer may read it now."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Integer, and_, bindparam, case, exists, func, null, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock, dates
from caseapp.extensions import read
from caseapp.models import (
    Agency,
    Case,
    CaseAssignment,
    Person,
    Transfer,
    TransferApproach,
    TransferHandover,
)
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy import transfers as policy
from caseapp.policy.case_sight import Assignment, assigned
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import typed_words
from caseapp.vocabulary import ApproachState, AssignmentRole, TransferReason, TransferStage

_From = aliased(Agency, name="from_agency")
_To = aliased(Agency, name="to_agency")
_Mine = aliased(TransferApproach, name="list_approach")
_Taker = aliased(TransferApproach, name="list_taker")
_TakerAgency = aliased(Agency, name="list_taker_agency")

#: The viewer's agency leads, or led, and hands over; the others are asked of it.
_OURS = Transfer.from_agency_id == scopes.VIEWER_AGENCY
_REVIEWED = (
    exists()
    .where(
        TransferHandover.transfer_id == Transfer.id,
        TransferHandover.superseded_at.is_(None),
        TransferHandover.reviewed_at.is_not(None),
    )
    .correlate(Transfer)
)


def _my_approach(*which):
    return (
        exists()
        .where(_Mine.transfer_id == Transfer.id, _Mine.agency_id == scopes.VIEWER_AGENCY, *which)
        .correlate(Transfer)
    )


_S = TransferStage
_MANAGED = (
    exists()
    .where(
        CaseAssignment.case_id == Case.id,
        CaseAssignment.role == AssignmentRole.CASE_MANAGER,
        CaseAssignment.to_at.is_(None),
    )
    .correlate(Case)
)
#: The next step is the viewer's: to answer, to take over; on the own side to ask, which managers do with each other; for
#: the case manager, or the line manager where there is none, to record and to hand over on its day; for the line manager
#: to look through. What waits for another agency's answer, or for a day to come, waits for nobody here.
_WAITS_FOR_US = and_(
    _OURS,
    policy.KEEPS,
    or_(
        Transfer.stage == _S.REQUESTED,
        and_(
            or_(assigned(Assignment.role == AssignmentRole.CASE_MANAGER), ~_MANAGED),
            or_(
                Transfer.stage.in_([_S.ACCEPTED_IN_PRINCIPLE, _S.CONSENT]),
                and_(
                    Transfer.stage == _S.HANDOVER_SCHEDULED,
                    or_(Transfer.handover_on.is_(None), Transfer.handover_on <= scopes.TODAY),
                ),
            ),
        ),
        and_(Transfer.stage == _S.HANDED_OVER, scopes.VIEWER_MANAGES, ~_REVIEWED),
    ),
)
_WAITS_FOR_ANSWER = and_(
    scopes.VIEWER_MANAGES,
    scopes.VIEWER_PRACTISES,
    scopes.not_denied(Case.person_id),
    or_(
        _my_approach(_Mine.state == ApproachState.ASKED),
        and_(
            Transfer.stage == _S.HANDED_OVER, _REVIEWED, _my_approach(_Mine.state == ApproachState.ACCEPTED)
        ),
    ),
)
WAITS = and_(Transfer.ended_at.is_(None), or_(_WAITS_FOR_US, _WAITS_FOR_ANSWER))

#: How many wait for the viewer, for the number beside the navigation: one scalar in the statement of queries.waiting.
_MOST = 30
WAITING_COUNT = (
    select(func.count())
    .select_from(
        select(Transfer.id)
        .join(Case, Case.id == Transfer.case_id)
        .where(
            Transfer.ended_at.is_(None),
            or_(
                _OURS,
                Transfer.id.in_(
                    select(TransferApproach.transfer_id).where(
                        TransferApproach.agency_id == scopes.VIEWER_AGENCY,
                        TransferApproach.state.in_([ApproachState.ASKED, ApproachState.ACCEPTED]),
                    )
                ),
            ),
            WAITS,
        )
        .limit(_MOST)
        .subquery()
    )
    .scalar_subquery()
)

_COLUMNS = (
    Transfer.id,
    Transfer.case_id,
    Transfer.reason,
    Transfer.stage,
    Transfer.requested_at,
    Transfer.ended_at,
    _OURS.label("ours"),
    _From.name.label("from_agency"),
    func.coalesce(_To.name, _TakerAgency.name).label("to_agency"),
    case((policy.KNOWS_NAME, Person.given_name), else_=null()).label("given"),
    case((policy.KNOWS_NAME, Person.family_name), else_=null()).label("family"),
    case((policy.KNOWS_NAME, Case.reference), else_=null()).label("reference"),
    policy.SIGHT.label("sight"),
    select(_Mine.state)
    .where(_Mine.transfer_id == Transfer.id, _Mine.agency_id == scopes.VIEWER_AGENCY)
    .order_by(_Mine.asked_at.desc(), _Mine.id.desc())
    .limit(1)
    .correlate(Transfer)
    .scalar_subquery()
    .label("answered"),
    WAITS.label("waits"),
    select(_Mine.asked_at)
    .where(_Mine.transfer_id == Transfer.id, _Mine.agency_id == scopes.VIEWER_AGENCY)
    .order_by(_Mine.asked_at.desc(), _Mine.id.desc())
    .limit(1)
    .correlate(Transfer)
    .scalar_subquery()
    .label("asked_at"),
)
_LIST = (
    select(*_COLUMNS)
    .select_from(Transfer)
    .join(Case, Case.id == Transfer.case_id)
    .join(Person, Person.id == Case.person_id)
    .join(_From, _From.id == Transfer.from_agency_id)
    .outerjoin(_To, _To.id == Transfer.to_agency_id)
    .outerjoin(
        _Taker,
        and_(_Taker.transfer_id == Transfer.id, _Taker.state == ApproachState.ACCEPTED, policy.SIGHT != 2),
    )
    .outerjoin(_TakerAgency, _TakerAgency.id == _Taker.agency_id)
    .where(
        policy.SEES_TRANSFER,
        # for the index: all that can be seen is of the own agency, or was asked of it
        or_(
            _OURS,
            Transfer.id.in_(
                select(TransferApproach.transfer_id).where(TransferApproach.agency_id == scopes.VIEWER_AGENCY)
            ),
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Row:
    """One transfer in a list. `person` and `reference` are empty where the viewer may not read them."""

    id: int
    case_id: int
    reason: TransferReason
    stage: TransferStage
    since: datetime
    ended_at: datetime | None
    ours: bool
    from_agency: str
    to_agency: str
    person: str
    reference: str
    stands: str
    waits: bool
    what: str

    @property
    def when(self) -> str:
        days = (clock.today() - clock.local_day(self.since)).days
        return "since today" if days <= 0 else f"for {days} day{'' if days == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is asked for; nothing filters where a field is empty."""

    side: str = ""  # "asked": of our agency; "ours": that our agency hands over
    state: str = "open"  # "open", "waiting" (for the viewer), "ended", "any"
    words: str = ""

    @property
    def shape(self) -> "Wanted":
        """What of this stands in the statement; the rest are its values."""
        return replace(self, words=typed_words.shape(self.words))


_ORDERS = {
    "since": (Transfer.requested_at, Transfer.id),
    "stage": (Transfer.stage, Transfer.id),
}


@lru_cache(64)
def _of(shape: Wanted):
    # of a name only what may be read is searched: each word must stand in the agency's name, or in the name behind it
    named = case((policy.KNOWS_NAME, Person.given_name + " " + Person.family_name), else_="")
    words, _ = typed_words.holding(shape.words, _From.name, named)
    found = _LIST.where(*words)
    if shape.side:
        found = found.where(_OURS if shape.side == "ours" else ~_OURS)
    if shape.state == "waiting":
        return found.where(WAITS)
    if shape.state in ("open", "ended"):
        found = found.where(
            Transfer.ended_at.is_(None) if shape.state == "open" else Transfer.ended_at.is_not(None)
        )
    return found


@lru_cache(128)
def _page(shape: Wanted, order: str, descending: bool):
    ordering = [column.desc() if descending else column.asc() for column in _ORDERS[order]]
    statement = _of(shape).order_by(*ordering)
    return statement.offset(bindparam("skip", type_=Integer())).limit(bindparam("most", type_=Integer()))


@lru_cache(64)
def _total(shape: Wanted):
    return select(func.count()).select_from(_of(shape).order_by(None).subquery())


def _values(viewer, wanted, **more):
    return scopes.binds(viewer) | typed_words.values(wanted.words) | more


def rows(wanted: Wanted, *, viewer: Viewer, order="since", descending=True, offset=0, limit=25) -> list[Row]:
    """One page of the transfers that the viewer may know of."""
    found = read(_page(wanted.shape, order, descending), _values(viewer, wanted, skip=offset, most=limit))
    return [_row(row) for row in found]


def total(wanted: Wanted, *, viewer: Viewer) -> int:
    """How many match."""
    return read(_total(wanted.shape), _values(viewer, wanted)).scalar()


def waiting(*, viewer: Viewer, limit: int = 6) -> list[Row]:
    """What waits for the viewer's own step, the oldest first."""
    return rows(Wanted(state="waiting"), viewer=viewer, descending=False, limit=limit)


def _row(row) -> Row:
    person = f"{row.given or ''} {row.family or ''}".strip()
    return Row(
        row.id,
        row.case_id,
        row.reason,
        row.stage,
        row.asked_at or row.requested_at,
        row.ended_at,
        bool(row.ours),
        row.from_agency,
        row.to_agency or "",
        person,
        row.reference or "",
        _stands(row),
        bool(row.waits),
        _what(row),
    )


def _stands(row) -> str:
    """Where it stands, in the viewer's own point of view."""
    if row.sight == policy.Sight.ASKED or (not row.ours and row.ended_at is not None):
        if row.stage is TransferStage.EFFECTIVE and row.sight == policy.Sight.NAMED:
            return row.stage.label
        return (row.answered or ApproachState.ASKED).label if row.ended_at is None else _ended(row)
    return row.stage.label


def _ended(row) -> str:
    return row.answered.label if row.answered is ApproachState.DECLINED else "Not asked any more"


def _what(row) -> str:
    """The viewer's next step in one line, for the home lists."""
    if not row.ours:
        if row.answered is ApproachState.ASKED:
            return f"{row.from_agency} asks whether we take a case over"
        return f"{row.from_agency} has handed a case over: take it over"
    return {
        TransferStage.REQUESTED: "A transfer has begun: ask an agency",
        TransferStage.ACCEPTED_IN_PRINCIPLE: "An agency would take over: ask for consent",
        TransferStage.CONSENT: "Arrange the handover",
        TransferStage.HANDOVER_SCHEDULED: "Hand over",
        TransferStage.HANDED_OVER: "Look through a handover",
    }.get(row.stage, row.stage.label)


# --- one case ------------------------------------------------------------------------------------------------------

_CASE = bindparam("case_id", type_=Id)
_OF_CASE = _LIST.where(Transfer.case_id == _CASE).order_by(
    Transfer.ended_at.is_not(None), Transfer.requested_at.desc(), Transfer.id.desc()
)


def of_case(file: CaseFile, *, viewer: Viewer) -> list[Row]:
    """Every transfer of a case that the viewer may know of: the one that is under way first."""
    return [_row(row) for row in read(_OF_CASE, scopes.binds(viewer) | {"case_id": file.id})]


def open_of(file: CaseFile, *, viewer: Viewer) -> Row | None:
    """The transfer of this case that is under way, for a line on the pages of the record."""
    return next((row for row in of_case(file, viewer=viewer) if row.ended_at is None), None)


def export_line(row: Row) -> tuple:
    """A line of the file: the same as the list shows."""
    return (
        row.person,
        row.reference,
        row.from_agency,
        row.to_agency,
        row.reason.label if row.person else "",
        row.stands,
        clock.local_day(row.since),
        row.ended_at and dates.day_of(row.ended_at),
        "yes" if row.waits else "",
    )
