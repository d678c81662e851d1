"""Who may read a restricted section, since when and why; what was handed to another agency; who has looked (X-6, X-13)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, bindparam, exists, func, not_, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.extensions import db, read
from caseapp.models import (
    AccessDenial,
    Agency,
    AuditEntry,
    Case,
    CaseAssignment,
    RestrictedAccess,
    RestrictedEntry,
    RestrictedHandover,
    RestrictedHandoverEntry,
    RestrictedReader,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.former_leads import LOOKS_OF_OUR_TIME
from caseapp.policy.restricted import SECTION, SEES_ENTRY, SectionFile, in_force
from caseapp.policy.viewer import PRACTISES, Viewer
from caseapp.vocabulary import AssignmentRole, AuditAct, Role

#: How many lines of "who has looked" the page shows.
LOOKS_MOST = 60


@dataclass(frozen=True, slots=True)
class OnTheList:
    """Somebody on the list: by their part in the case (`access_id` is None then), or named by the line manager."""

    user_id: int
    name: str
    why: str
    access_id: int | None = None
    since: datetime | None = None
    until_on: date | None = None
    given_by: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """A place on the list that is no more."""

    name: str
    reason: str
    given_at: datetime
    given_by: str
    ended_at: datetime | None
    until_on: date | None
    ended_by: str
    ended_reason: str


_CASE = bindparam("case_id", type_=Id)
_By = aliased(User, name="access_given_by")
_EndedBy = aliased(User, name="access_ended_by")
#: Whoever is kept from the person reads nothing, whatever their part (X-8). Select from User and Case.
_NOT_KEPT_OUT = not_(
    exists()
    .where(
        AccessDenial.user_id == User.id,
        AccessDenial.person_id == Case.person_id,
        AccessDenial.ended_at.is_(None),
    )
    .correlate(User, Case)
)
_LINE_MANAGER = (
    select(User.id, User.name)
    .join(Case, Case.line_manager_id == User.id)
    .where(
        Case.id == _CASE,
        User.agency_id == Case.lead_agency_id,
        User.disabled_at.is_(None),
        User.roles.op("&")(int(Role.LINE_MANAGER)) != 0,
        _NOT_KEPT_OUT,
    )
)
_CASE_MANAGER = (
    select(User.id, User.name, CaseAssignment.from_at)
    .join(CaseAssignment, CaseAssignment.user_id == User.id)
    .join(Case, Case.id == CaseAssignment.case_id)
    .where(
        Case.id == _CASE,
        CaseAssignment.role == AssignmentRole.CASE_MANAGER,
        CaseAssignment.to_at.is_(None),
        User.agency_id == Case.lead_agency_id,
        User.disabled_at.is_(None),
        User.roles.op("&")(int(PRACTISES)) != 0,
        _NOT_KEPT_OUT,
    )
)
_NAMED = (
    select(
        User.id,
        User.name,
        RestrictedAccess.reason,
        RestrictedAccess.id,
        RestrictedAccess.given_at,
        RestrictedAccess.until_on,
        _By.name,
    )
    .select_from(RestrictedAccess)
    .join(Case, Case.id == RestrictedAccess.case_id)
    .join(User, User.id == RestrictedAccess.user_id)
    .join(_By, _By.id == RestrictedAccess.given_by_id)
    .where(
        Case.id == _CASE,
        in_force(),
        User.agency_id == Case.lead_agency_id,
        User.disabled_at.is_(None),
        User.roles.op("&")(int(PRACTISES)) != 0,
        _NOT_KEPT_OUT,
    )
    .order_by(User.name)
)
_ENDED = (
    select(
        User.name,
        RestrictedAccess.reason,
        RestrictedAccess.given_at,
        _By.name,
        RestrictedAccess.ended_at,
        RestrictedAccess.until_on,
        func.coalesce(_EndedBy.name, ""),
        RestrictedAccess.ended_reason,
    )
    .select_from(RestrictedAccess)
    .join(Case, Case.id == RestrictedAccess.case_id)
    .join(User, User.id == RestrictedAccess.user_id)
    .join(_By, _By.id == RestrictedAccess.given_by_id)
    .outerjoin(_EndedBy, _EndedBy.id == RestrictedAccess.ended_by_id)
    .where(
        Case.id == _CASE,
        RestrictedAccess.agency_id == scopes.VIEWER_AGENCY,
        or_(
            RestrictedAccess.ended_at.is_not(None),
            and_(RestrictedAccess.until_on.is_not(None), RestrictedAccess.until_on < scopes.TODAY),
        ),
    )
    .order_by(RestrictedAccess.given_at.desc(), RestrictedAccess.id.desc())
    .limit(100)
)


def on_the_list(section: SectionFile, *, viewer: Viewer) -> list[OnTheList]:
    """Who reads the section today: line manager, case manager, then those who were named. Each person once."""
    binds = {"case_id": section.id, "viewer_today": clock.today()}
    found = {}
    for row in read(_LINE_MANAGER, {"case_id": section.id}):
        found[row[0]] = OnTheList(row[0], row[1], "Line manager of this case")
    for row in read(_CASE_MANAGER, {"case_id": section.id}):
        found.setdefault(row[0], OnTheList(row[0], row[1], "Case manager", since=row[2]))
    for row in read(_NAMED, binds):
        found.setdefault(row[0], OnTheList(*row))
    return list(found.values())


def ended(section: SectionFile, *, viewer: Viewer) -> list[Ended]:
    """Who stood on the list by name and does no more, newest first."""
    rows = read(_ENDED, {"case_id": section.id} | scopes.binds(viewer))
    return [Ended(*row) for row in rows]


_READERS = select(RestrictedReader.user_id).where(
    RestrictedReader.entry_id == bindparam("entry_id", type_=Id)
)
_AUTHOR = select(RestrictedEntry.author_id).where(RestrictedEntry.id == bindparam("entry_id", type_=Id))


def readers_of(entry_id: int) -> set[int]:
    """For whom a narrower entry was written, its author with them."""
    named = {row[0] for row in read(_READERS, {"entry_id": entry_id})}
    return named | {read(_AUTHOR, {"entry_id": entry_id}).scalar()} - {None}


_WORKERS = (
    select(User.id, User.name)
    .where(
        User.agency_id == scopes.VIEWER_AGENCY,
        User.disabled_at.is_(None),
        User.roles.op("&")(int(PRACTISES)) != 0,
    )
    .order_by(User.name)
)


def could_be_named(section: SectionFile, *, viewer: Viewer) -> list[tuple[int, str]]:
    """Those of the own agency who work with people and do not stand on the list."""
    there = {one.user_id for one in on_the_list(section, viewer=viewer)}
    return [tuple(row) for row in read(_WORKERS, {"viewer_agency": viewer.agency_id}) if row[0] not in there]


# --- handed to another agency --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handover:
    """Entries handed to another agency; `open` while that agency leads, `gone` when it was taken back."""

    id: int
    from_agency: str
    to_agency: str
    social_worker: str
    agreed_on: date
    agreed_how: str
    made_at: datetime
    made_by: str
    taken_back_at: datetime | None
    ours: bool
    entries: int


_To = aliased(Agency, name="handover_to")
_HANDOVERS = (
    select(
        RestrictedHandover.id,
        Agency.name,
        _To.name,
        RestrictedHandover.social_worker,
        RestrictedHandover.agreed_on,
        RestrictedHandover.agreed_how,
        RestrictedHandover.made_at,
        User.name,
        RestrictedHandover.taken_back_at,
        RestrictedHandover.from_agency_id == scopes.VIEWER_AGENCY,
        select(func.count())
        .where(RestrictedHandoverEntry.handover_id == RestrictedHandover.id)
        .correlate(RestrictedHandover)
        .scalar_subquery(),
    )
    .select_from(RestrictedHandover)
    .join(Agency, Agency.id == RestrictedHandover.from_agency_id)
    .join(_To, _To.id == RestrictedHandover.to_agency_id)
    .join(User, User.id == RestrictedHandover.made_by_id)
    .where(
        RestrictedHandover.case_id == _CASE,
        or_(
            RestrictedHandover.from_agency_id == scopes.VIEWER_AGENCY,
            and_(
                RestrictedHandover.to_agency_id == scopes.VIEWER_AGENCY,
                RestrictedHandover.taken_back_at.is_(None),
            ),
        ),
    )
    .order_by(RestrictedHandover.made_at.desc(), RestrictedHandover.id.desc())
)


def handovers(section: SectionFile, *, viewer: Viewer) -> list[Handover]:
    """What the own agency handed over, and what was handed to it, newest first."""
    rows = read(_HANDOVERS, {"case_id": section.id, "viewer_agency": viewer.agency_id})
    return [Handover(*row[:9], bool(row[9]), row[10]) for row in rows]


_TO_HAND = (
    select(RestrictedEntry.id, RestrictedEntry.kind, RestrictedEntry.received_on, RestrictedEntry.given_by)
    .select_from(RestrictedEntry)
    .join(Case, Case.id == RestrictedEntry.case_id)
    .where(RestrictedEntry.case_id == _CASE, SEES_ENTRY)
    .order_by(RestrictedEntry.written_at, RestrictedEntry.id)
)


def could_be_handed(section: SectionFile, *, viewer: Viewer) -> list:
    """The entries that the viewer reads, in brief: (id, kind, received_on, given_by), oldest first."""
    return list(read(_TO_HAND, {"case_id": section.id} | scopes.binds(viewer)))


_AGENCIES = (
    select(Agency.id, Agency.name)
    .where(Agency.active, Agency.id != scopes.VIEWER_AGENCY)
    .order_by(Agency.name)
)


def other_agencies(*, viewer: Viewer) -> list[tuple[int, str]]:
    """Every active agency but the own."""
    return [tuple(row) for row in read(_AGENCIES, {"viewer_agency": viewer.agency_id})]


# --- who has looked --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """One line of the audit record of this section."""

    at: datetime
    who: str
    act: AuditAct
    what: str


def looks(section: SectionFile, *, viewer: Viewer) -> list[Look]:
    """Who has read this section, changed it, or was refused, newest first: in its own list, as the record of the case
    says nothing of it."""
    rows = db.session.execute(
        select(AuditEntry.at, AuditEntry.user_name, AuditEntry.act, AuditEntry.what)
        .join(Case, Case.id == AuditEntry.case_id)
        .where(
            AuditEntry.case_id == section.id,
            LOOKS_OF_OUR_TIME,
            #: the own agency's readings, and whoever was refused
            or_(AuditEntry.agency_id == viewer.agency_id, AuditEntry.act == AuditAct.REFUSED),
            or_(AuditEntry.what.startswith(SECTION), AuditEntry.what.startswith("restricted:")),
        )
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(LOOKS_MOST),
        scopes.binds(viewer),
    )
    return [Look(row.at, row.user_name, row.act, _said(row.what)) for row in rows]


def _said(what):
    if what.startswith("restricted:"):
        return "the section, refused"
    return what.removeprefix(SECTION).lstrip(": ") or "the section"
