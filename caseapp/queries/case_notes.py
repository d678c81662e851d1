"""Case notes, as far as the viewer may read them: all for the lead agency's workers, else what was shared (S3-14)."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, or_, select

from caseapp.extensions import db
from caseapp.models import Agency, Case, CaseNote, CaseNoteShare, ConsentGrant, User
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import typed_words
from caseapp.vocabulary import NoteKind, Sector

PAGE = 20


@dataclass(frozen=True, slots=True)
class Share:
    """An agency to which a note is shown. `live` is False once the consent it rested on has ended."""

    agency_id: int
    agency: str
    live: bool


@dataclass(frozen=True, slots=True)
class Note:
    """One note. `shares` is filled only for those who see the whole case."""

    id: int
    kind: NoteKind
    happened_at: datetime
    place: str
    sector: str
    text: str
    author: str
    agency: str
    written_at: datetime
    corrects_id: int | None
    corrected_by: tuple[int, ...] = ()
    shares: tuple[Share, ...] = field(default=())

    @property
    def sector_label(self) -> str:
        return Sector(self.sector).label if self.sector in set(Sector) else self.sector


_COLUMNS = (
    CaseNote.id,
    CaseNote.kind,
    CaseNote.happened_at,
    CaseNote.place,
    CaseNote.sector,
    CaseNote.text,
    User.name,
    Agency.name,
    CaseNote.written_at,
    CaseNote.corrects_id,
)


def _visible(*columns):
    return (
        select(*columns)
        .select_from(CaseNote)
        .join(Case, Case.id == CaseNote.case_id)
        .join(User, User.id == CaseNote.author_id)
        .join(Agency, Agency.id == CaseNote.agency_id)
        .where(scopes.SEES_NOTE)
    )


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list of notes is narrowed to; empty means all."""

    kind: str = ""
    sector: str = ""
    author: int | None = None
    words: str = ""

    def __bool__(self):
        return bool(self.kind or self.sector or self.author or self.words)


def notes(
    case: CaseFile, *, viewer: Viewer, narrowed: Filter = Filter(), page: int = 1, size: int = PAGE
) -> tuple[list[Note], int]:
    """One page of notes, latest happening first, and how many there are."""
    binds = scopes.binds(viewer)
    which = [CaseNote.case_id == case.id]
    if narrowed.kind:
        which.append(CaseNote.kind == narrowed.kind)
    if narrowed.sector:
        which.append(CaseNote.sector == narrowed.sector)
    if narrowed.author:
        which.append(CaseNote.author_id == narrowed.author)
    for word in narrowed.words.split()[:8]:
        which.append(or_(_holds(CaseNote.text, word), _holds(CaseNote.place, word)))
    total = db.session.scalar(_visible(func.count()).where(*which), binds)
    rows = db.session.execute(
        _visible(*_COLUMNS)
        .where(*which)
        .order_by(CaseNote.happened_at.desc(), CaseNote.id.desc())
        .limit(size)
        .offset((page - 1) * size),
        binds,
    ).all()
    ids = [row.id for row in rows]
    corrections, shares = _corrections(ids, binds), _shares(case, ids, binds)
    return [
        Note(*row, tuple(corrections.get(row.id, ())), tuple(shares.get(row.id, ()))) for row in rows
    ], total


def note(case: CaseFile, note_id: int, *, viewer: Viewer) -> Note | None:
    """One note, or None where the viewer may not read it."""
    binds = scopes.binds(viewer)
    row = db.session.execute(
        _visible(*_COLUMNS).where(CaseNote.case_id == case.id, CaseNote.id == note_id), binds
    ).first()
    if row is None:
        return None
    shares = _shares(case, [note_id], binds)
    return Note(*row, tuple(_corrections([note_id], binds).get(note_id, ())), tuple(shares.get(note_id, ())))


def authors(case: CaseFile, *, viewer: Viewer) -> list[tuple[int, str]]:
    """Who wrote the notes that the viewer may read."""
    rows = db.session.execute(
        _visible(CaseNote.author_id, User.name)
        .where(CaseNote.case_id == case.id)
        .distinct()
        .order_by(User.name),
        scopes.binds(viewer),
    )
    return [tuple(row) for row in rows]


def sharing_agencies(case: CaseFile, *, viewer: Viewer) -> list[tuple[int, str]]:
    """Agencies to which a note could be shown: their consent to share is in force today."""
    rows = db.session.execute(
        select(Agency.id, Agency.name)
        .join(ConsentGrant, ConsentGrant.agency_id == Agency.id)
        .join(Case, Case.id == ConsentGrant.case_id)
        .where(ConsentGrant.case_id == case.id, scopes.in_force(), scopes.SEES_ALL)
        .order_by(Agency.name),
        scopes.binds(viewer),
    )
    return [tuple(row) for row in rows]


def _holds(column, word):
    """The column holds this word, in any case; both databases fold plain letters alike with lower()."""
    return func.lower(column).like(typed_words.contains(word), escape="\\")


def _corrections(ids, binds):
    """note id → ids of the notes that correct it and that the viewer may read."""
    found = {}
    if ids:
        rows = db.session.execute(
            _visible(CaseNote.corrects_id, CaseNote.id)
            .where(CaseNote.corrects_id.in_(ids))
            .order_by(CaseNote.id),
            binds,
        )
        for corrected, by in rows:
            found.setdefault(corrected, []).append(by)
    return found


def _shares(case, ids, binds):
    found = {}
    if ids and case.sees_all:
        rows = db.session.execute(
            select(
                CaseNoteShare.note_id,
                Agency.id,
                Agency.name,
                select(func.count())
                .where(
                    ConsentGrant.case_id == case.id,
                    ConsentGrant.agency_id == CaseNoteShare.agency_id,
                    scopes.in_force(),
                    ConsentGrant.recorded_at <= CaseNoteShare.shared_at,
                )
                .correlate(CaseNoteShare)
                .scalar_subquery(),
            )
            .join(Agency, Agency.id == CaseNoteShare.agency_id)
            # what came with the case, when it was handed over, is the lead agency's own now
            .where(CaseNoteShare.note_id.in_(ids), CaseNoteShare.agency_id != scopes.VIEWER_AGENCY)
            .order_by(Agency.name),
            binds,
        )
        for note_id, agency_id, agency, live in rows:
            found.setdefault(note_id, []).append(Share(agency_id, agency, bool(live)))
    return found
