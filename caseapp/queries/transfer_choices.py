"""What a transfer's forms offer and propose: agencies that can be asked, words for the question, the meetings of the case,
what taking over does."""

from dataclasses import dataclass

from sqlalchemy import bindparam, exists, func, select

from caseapp import dates, protocols
from caseapp.extensions import read
from caseapp.models import (
    Action,
    Agency,
    Case,
    CaseNote,
    ConsentGrant,
    Meeting,
    Need,
    TransferHandover,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.transfers import TransferFile
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import (
    COMING_MEETINGS,
    HELD_MEETINGS,
    OPEN_ACTIONS,
    MeetingKind,
    NeedLevel,
    Role,
)

_ID = bindparam("transfer_id", type_=Id)
_AGENCIES = (
    select(Agency.id, Agency.name)
    .where(
        Agency.active,
        Agency.id != bindparam("from_agency", type_=Id),
        exists().where(
            User.agency_id == Agency.id,
            User.disabled_at.is_(None),
            User.roles.op("&")(bindparam("manages")) != 0,
        ),
    )
    .order_by(Agency.name)
)


def agencies(file: TransferFile, *, viewer: Viewer) -> list[tuple[int, str]]:
    """Agencies that could be asked: in the directory, with a line manager who can answer."""
    found = read(_AGENCIES, {"from_agency": file.from_agency_id, "manages": int(Role.LINE_MANAGER)})
    return [tuple(row) for row in found]


_MEETINGS = (
    select(Meeting.id, Meeting.starts_at, Meeting.status)
    .join(Case, Case.id == Meeting.case_id)
    .where(
        Meeting.case_id == bindparam("case_id", type_=Id),
        Meeting.kind == MeetingKind.HANDOVER,
        Meeting.status.in_(sorted(COMING_MEETINGS | HELD_MEETINGS)),
        scopes.SEES_ALL,
    )
    .order_by(Meeting.starts_at.is_(None), Meeting.starts_at)
)


def meetings(file: TransferFile, *, viewer: Viewer) -> list[tuple[int, str]]:
    """The handover meetings of the case, for the old side to choose one."""
    if not file.leads:
        return []
    return [
        (
            row.id,
            f"{dates.moment(row.starts_at) if row.starts_at else 'No day yet'} ({row.status.label.lower()})",
        )
        for row in read(_MEETINGS, scopes.binds(viewer) | {"case_id": file.case_id})
    ]


_WANTED = (
    select(Need.domain, Need.level)
    .join(Case, Case.id == Need.case_id)
    .where(
        Case.id == bindparam("case_id", type_=Id),
        Need.level.in_([NeedLevel.MEDIUM, NeedLevel.HIGH]),
        scopes.SEES_ALL,
    )
    .order_by(Need.priority.is_(None), Need.priority, Need.domain)
    .limit(6)
)
_PROTOCOL = select(Case.protocol_key, Case.protocol_version).where(
    Case.id == bindparam("case_id", type_=Id), scopes.SEES_ALL
)


def _protocol(file, binds):
    row = scopes.still_there(read(_PROTOCOL, binds).first())
    return protocols.get(row.protocol_key, row.protocol_version)


def words_proposed(file: TransferFile, *, viewer: Viewer) -> str:
    """What a question to another agency could say: which help is needed, and nothing about who it is for."""
    binds = scopes.binds(viewer) | {"case_id": file.case_id}
    if not file.leads:
        return ""
    protocol = _protocol(file, binds)
    needs = [
        f"{protocol.domain_label(row.domain).lower()} ({row.level.label.lower()})"
        for row in read(_WANTED, binds)
    ]
    lines = [
        "A person who works with us needs another lead agency and case manager.",
        f"What they need help with: {', '.join(needs)}." if needs else "",
        "There is a shared plan, and it goes on. Could you take it over, for six months at least?",
    ]
    return "\n".join(line for line in lines if line)


def domains(file: TransferFile, *, viewer: Viewer) -> dict[str, str]:
    """The parts of life of the case's procedure, those that the person needs most help with first."""
    if not file.leads:
        return {}
    binds = scopes.binds(viewer) | {"case_id": file.case_id}
    protocol = _protocol(file, binds)
    labels = {item.key: item.label for item in protocol.domains}
    first = [row.domain for row in read(_WANTED, binds) if row.domain in labels]
    return {key: labels[key] for key in (*first, *(key for key in labels if key not in first))}


@dataclass(frozen=True, slots=True)
class Effects:
    """What taking over does, in numbers and names."""

    agencies: tuple[str, ...]
    actions: int
    notes: int


_SHARING = (
    select(Agency.name)
    .join(ConsentGrant, ConsentGrant.agency_id == Agency.id)
    .where(
        ConsentGrant.case_id == bindparam("case_id", type_=Id),
        scopes.in_force(ConsentGrant),
        ConsentGrant.agency_id != scopes.VIEWER_AGENCY,
    )
    .order_by(Agency.name)
)
_PASSING = select(
    select(func.count())
    .where(
        Action.case_id == bindparam("case_id", type_=Id),
        Action.owner_agency_id == bindparam("from_agency", type_=Id),
        Action.status.in_(sorted(OPEN_ACTIONS)),
    )
    .scalar_subquery(),
    select(func.count())
    .select_from(CaseNote)
    .join(TransferHandover, TransferHandover.transfer_id == _ID)
    .where(
        CaseNote.case_id == bindparam("case_id", type_=Id),
        CaseNote.agency_id == bindparam("from_agency", type_=Id),
        TransferHandover.superseded_at.is_(None),
        TransferHandover.notes_from.is_not(None),
        CaseNote.happened_at >= TransferHandover.notes_from,
    )
    .scalar_subquery(),
)


def effects(file: TransferFile, *, viewer: Viewer) -> Effects:
    """Whom taking over concerns, for whoever may read the handover."""
    if not file.named:
        return Effects((), 0, 0)
    binds = scopes.binds(viewer) | {
        "case_id": file.case_id,
        "from_agency": file.from_agency_id,
        "transfer_id": file.id,
    }
    actions, notes = read(_PASSING, binds).one()
    return Effects(tuple(row[0] for row in read(_SHARING, binds)), actions, notes)
