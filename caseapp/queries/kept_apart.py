"""The entries that an agency kept apart while it led a case that another leads since (policy.kept_apart)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from caseapp.extensions import read
from caseapp.models import Case, RestrictedEntry, User
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.kept_apart import READS_KEPT_ENTRY, KeptApartFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.restricted import SAID
from caseapp.vocabulary import RestrictedKind

PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """One entry as it was written. `corrects` says on which local day the one was received that it corrects."""

    id: int
    kind: RestrictedKind
    given_by: str
    received_on: date
    text: str
    why: str
    known_to: str
    third_party: bool
    narrow: bool
    author: str
    written_at: datetime
    corrects: date | None


_Author = aliased(User, name="kept_author")
_Corrected = aliased(RestrictedEntry, name="kept_corrected")
_OF_CASE = (RestrictedEntry.case_id == bindparam("case_id", type_=Id), READS_KEPT_ENTRY)
_ENTRIES = (
    select(
        *SAID,
        _Author.name.label("author"),
        RestrictedEntry.written_at,
        _Corrected.received_on.label("corrects"),
    )
    .select_from(RestrictedEntry)
    .join(Case, Case.id == RestrictedEntry.case_id)
    .join(_Author, _Author.id == RestrictedEntry.author_id)
    .outerjoin(_Corrected, _Corrected.id == RestrictedEntry.corrects_id)
    .where(*_OF_CASE)
    .order_by(RestrictedEntry.written_at.desc(), RestrictedEntry.id.desc())
    .limit(bindparam("most"))
    .offset(bindparam("past"))
)
_COUNT = (
    select(func.count())
    .select_from(RestrictedEntry)
    .join(Case, Case.id == RestrictedEntry.case_id)
    .where(*_OF_CASE)
)


def entries(kept: KeptApartFile, *, viewer: Viewer, offset: int = 0) -> tuple[list[KeptEntry], int]:
    """A page of the entries that the viewer reads, newest first, and how many there are."""
    binds = {"case_id": kept.case_id} | scopes.binds(viewer)
    total = read(_COUNT, binds).scalar()
    rows = read(_ENTRIES, binds | {"most": PER_PAGE, "past": offset})
    return [KeptEntry(row[0], row[1], *row[2:7], bool(row[7]), bool(row[8]), *row[9:]) for row in rows], total
