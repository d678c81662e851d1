"""The entries of a restricted section, for those on its list (policy.restricted). Nothing else reads these rows."""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import aliased

from caseapp.extensions import db, read
from caseapp.models import Agency, Case, RestrictedEntry, RestrictedReader, User
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.kept_apart import READS_KEPT_ENTRY
from caseapp.policy.restricted import SEES_ENTRY, SEES_SECTION, SectionFile
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import RestrictedKind, Role

PER_PAGE = 20
#: A search looks through at most this many entries, and shows at most so many.
LOOKED_THROUGH, FOUND_MOST = 1000, 50
WORDS_MOST = 120


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `corrects` is the number of the entry that it corrects and `corrected_by` those that correct it, as far
    as they are read; `only` the names of those for whom a narrower one was written."""

    id: int
    number: int
    kind: RestrictedKind
    given_by: str
    received_on: date
    text: str
    why: str
    known_to: str
    third_party: bool
    narrow: bool
    author: str
    agency: str
    own: bool
    written_at: datetime
    corrects_id: int | None
    corrects: int | None
    corrected_by: tuple[int, ...]
    only: tuple[str, ...]


_CASE = bindparam("case_id", type_=Id)
_Author = aliased(User, name="entry_author")
#: What an entry says; with it goes who wrote it, and when.
SAID = (
    RestrictedEntry.id,
    RestrictedEntry.kind,
    RestrictedEntry.given_by,
    RestrictedEntry.received_on,
    RestrictedEntry.text,
    RestrictedEntry.why,
    RestrictedEntry.known_to,
    RestrictedEntry.third_party,
    RestrictedEntry.narrow,
)
_COLUMNS = (
    *SAID,
    _Author.name.label("author"),
    Agency.name.label("agency"),
    (RestrictedEntry.agency_id == Case.lead_agency_id).label("own"),
    RestrictedEntry.written_at,
    RestrictedEntry.corrects_id,
)
_SEEN = (
    select(RestrictedEntry.id, RestrictedEntry.corrects_id)
    .select_from(RestrictedEntry)
    .join(Case, Case.id == RestrictedEntry.case_id)
    .where(RestrictedEntry.case_id == _CASE, SEES_ENTRY)
    .order_by(RestrictedEntry.written_at, RestrictedEntry.id)
)
_ENTRIES = (
    select(*_COLUMNS)
    .select_from(RestrictedEntry)
    .join(Case, Case.id == RestrictedEntry.case_id)
    .join(_Author, _Author.id == RestrictedEntry.author_id)
    .join(Agency, Agency.id == _Author.agency_id)
    .where(RestrictedEntry.case_id == _CASE, SEES_ENTRY)
    .order_by(RestrictedEntry.written_at.desc(), RestrictedEntry.id.desc())
)
_ONLY = (
    select(RestrictedReader.entry_id, User.name)
    .join(User, User.id == RestrictedReader.user_id)
    .join(RestrictedEntry, RestrictedEntry.id == RestrictedReader.entry_id)
    .join(Case, Case.id == RestrictedEntry.case_id)
    .where(RestrictedEntry.case_id == _CASE, SEES_ENTRY)
    .order_by(User.name)
)


def _binds(section: SectionFile, viewer: Viewer) -> dict:
    return {"case_id": section.id} | scopes.binds(viewer)


def entries(
    section: SectionFile, *, viewer: Viewer, page: int = 1, only: int | None = None
) -> tuple[list[Entry], int]:
    """One page of the entries that the viewer reads, newest first, and how many there are; `only` one of them. They are
    numbered as this viewer sees them, oldest first."""
    numbers, corrected = _numbers(section, viewer)
    statement = _ENTRIES
    if only is not None:
        statement = statement.where(RestrictedEntry.id == only)
    else:
        statement = statement.limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    rows = db.session.execute(statement, _binds(section, viewer)).all()
    return _with_names(section, viewer, rows, numbers, corrected), len(numbers)


def found(section: SectionFile, words: str, *, viewer: Viewer) -> list[Entry]:
    """Entries that hold every one of these words, in any of their texts, newest first; accents and letters' size do not
    count. It looks nowhere but here."""
    wanted = [_plain(word) for word in words[:WORDS_MOST].split()]
    wanted = [word for word in wanted if word]
    if not wanted:
        return []
    numbers, corrected = _numbers(section, viewer)
    rows = db.session.execute(_ENTRIES.limit(LOOKED_THROUGH), _binds(section, viewer)).all()
    met = []
    for row in rows:
        said = _plain(" ".join((row.text, row.why, row.given_by, row.known_to, row.kind.label)))
        if all(word in said for word in wanted):
            met.append(row)
    return _with_names(section, viewer, met[:FOUND_MOST], numbers, corrected)


def _plain(text):
    """Small letters without their marks, so that "Seán" is found by "sean"."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()


def _numbers(section, viewer):
    seen = read(_SEEN, _binds(section, viewer)).all()
    numbers = {row[0]: number for number, row in enumerate(seen, 1)}
    corrected: dict[int, list[int]] = {}
    for row in seen:
        if row[1] is not None:
            corrected.setdefault(row[1], []).append(numbers[row[0]])
    return numbers, corrected


def _with_names(section, viewer, rows, numbers, corrected):
    only: dict[int, list[str]] = {}
    if any(row.narrow for row in rows):
        for entry_id, name in read(_ONLY, _binds(section, viewer)):
            only.setdefault(entry_id, []).append(name)
    return [
        Entry(
            row.id,
            numbers.get(row.id, 0),
            *row[1:11],
            bool(row.own),
            row.written_at,
            row.corrects_id,
            numbers.get(row.corrects_id),
            tuple(corrected.get(row.id, ())),
            tuple(only.get(row.id, ())),
        )
        for row in rows
    ]


# --- for the reviewer of a copy of everything held -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToReview:
    """Something kept apart that is looked at by hand before a copy of everything held is given (X-5). `text` is there
    only for somebody who reads the entry anyway; everybody else learns that there is one, what kind it is, whether
    others are in it, and who can be asked."""

    id: int
    reference: str
    kind: RestrictedKind
    received_on: date
    third_party: bool
    line_manager: str
    text: str | None


_LineManager = aliased(User, name="section_line_manager")
_REVIEW = (
    select(
        RestrictedEntry.id,
        Case.reference,
        RestrictedEntry.kind,
        RestrictedEntry.received_on,
        RestrictedEntry.third_party,
        _LineManager.name,
    )
    .select_from(RestrictedEntry)
    .join(Case, Case.id == RestrictedEntry.case_id)
    .join(_LineManager, _LineManager.id == Case.line_manager_id)
    .where(
        Case.person_id == bindparam("person_id", type_=Id), RestrictedEntry.agency_id == scopes.VIEWER_AGENCY
    )
    .order_by(RestrictedEntry.received_on, RestrictedEntry.id)
)
_READ_ANYWAY = (
    select(RestrictedEntry.id, RestrictedEntry.text)
    .select_from(RestrictedEntry)
    .join(Case, Case.id == RestrictedEntry.case_id)
    .where(Case.person_id == bindparam("person_id", type_=Id), or_(SEES_ENTRY, READS_KEPT_ENTRY))
)


def restricted_for_review(person_id: int, *, viewer: Viewer) -> list[ToReview]:
    """What of a person the viewer's agency keeps apart, for whoever looks through a copy before it is given. A privacy
    officer of the agency is told of every entry and reads none; somebody on the list of a section is told of what they
    read; for everybody else, and about what another agency keeps, the list is empty."""
    binds = {"person_id": person_id} | scopes.binds(viewer)
    texts = dict(tuple(row) for row in read(_READ_ANYWAY, binds))
    officer = viewer.has(Role.PRIVACY_OFFICER)
    return [
        ToReview(*row, text=texts.get(row[0]))
        for row in read(_REVIEW, {"person_id": person_id, "viewer_agency": viewer.agency_id})
        if officer or row[0] in texts
    ]


_EPISODE_BEFORE = select(Case.reference).where(
    Case.id == bindparam("before_id", type_=Id),
    SEES_SECTION,
)
_PREVIOUS = select(Case.previous_case_id).where(Case.id == _CASE)


def episode_before(section: SectionFile, *, viewer: Viewer) -> str | None:
    """The reference of the episode before, where the viewer stands on the list of that section too: nothing of it is
    carried over."""
    before = read(_PREVIOUS, {"case_id": section.id}).scalar()
    if before is None:
        return None
    return read(_EPISODE_BEFORE, {"before_id": before} | scopes.binds(viewer)).scalar()
