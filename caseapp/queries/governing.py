"""Which chapter governs the page somebody is on, and whether they confirmed the version in force (issue 5, "in the
work").

It costs no statement: the heads of an agency's chapters are remembered in the process, and the statement that counts
what waits (queries.waiting) brings along the handbook's stamp, by which a process sees that they no longer hold, and
the one number that is the reader's own. Only after a change of the handbook two small statements follow, once."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select

from caseapp.extensions import read
from caseapp.models import Chapter, ChapterStep, ChapterVersion, ReadingStanding
from caseapp.models.base import Id
from caseapp.policy.viewer import Viewer
from caseapp.queries import settings

_AGENCY = bindparam("agency_id", type_=Id)
#: Agencies whose heads a process remembers; a head is some 200 bytes.
MOST = 500


@dataclass(frozen=True, slots=True)
class Head:
    """A chapter that governs a step; `versions` are (holds from, until, number, counts from), oldest first."""

    chapter_id: int
    number: str
    title: str
    versions: tuple[tuple[date, date | None, int, int], ...]

    def on(self, day: date) -> tuple[int, int] | None:
        """Number of the version in force on a day, and from which number on a confirmation counts."""
        for begins, ends, number, counts_from in self.versions:
            if begins <= day and (ends is None or ends > day):
                return number, counts_from
        return None


@dataclass(frozen=True, slots=True)
class Governing:
    """The line under a page. `confirmed` is the newest version that the reader confirmed, 0 for none; read on
    `confirmed_on`."""

    chapter_id: int
    number: str
    title: str
    version: int
    confirmed: int
    confirmed_on: date | None
    current: bool


_HEADS = (
    select(
        ChapterStep.step,
        Chapter.id,
        Chapter.number,
        Chapter.title,
        Chapter.family,
        ChapterVersion.effective_on,
        ChapterVersion.superseded_on,
        ChapterVersion.number.label("version"),
        ChapterVersion.counts_from,
    )
    .select_from(ChapterStep)
    .join(Chapter, Chapter.id == ChapterStep.chapter_id)
    .join(ChapterVersion, ChapterVersion.chapter_id == Chapter.id)
    .where(
        Chapter.agency_id == _AGENCY,
        Chapter.withdrawn_on.is_(None),
        ChapterVersion.published_at.is_not(None),
    )
    .order_by(Chapter.place, ChapterVersion.number)
)
_CONFIRMED = select(ReadingStanding.confirmed_number, ReadingStanding.confirmed_on).where(
    ReadingStanding.user_id == bindparam("user_id", type_=Id),
    ReadingStanding.chapter_id == bindparam("chapter_id", type_=Id),
)

_known: dict[int, tuple[int, dict[str, Head]]] = {}


def remembered(agency_id: int, step: str | None) -> int:
    """The id of the chapter that governed this step when last looked, 0 where none is known."""
    found = _known.get(agency_id)
    head = found and step and found[1].get(step)
    return head.chapter_id if head else 0


def chapter(
    step: str | None,
    *,
    viewer: Viewer,
    today: date,
    stamp: int | None,
    asked: int,
    confirmed: int | None,
    confirmed_on: date | None,
) -> Governing | None:
    """The chapter for a step. `stamp` is the handbook's now, None where there is none; `confirmed` and `confirmed_on`
    are the reader's for the chapter `asked`, all from the statement that counts what waits."""
    if step is None or stamp is None:
        return None
    found = _known.get(viewer.agency_id)
    if found is None or found[0] != stamp:
        if len(_known) > MOST:
            _known.clear()
        found = _known[viewer.agency_id] = (stamp, _heads(viewer.agency_id))
    head = found[1].get(step)
    now = head and head.on(today)
    if not now:
        return None
    if head.chapter_id != asked:
        row = read(_CONFIRMED, {"user_id": viewer.user_id, "chapter_id": head.chapter_id}).first()
        confirmed, confirmed_on = row or (0, None)
    number, counts_from = now
    confirmed = confirmed or 0
    return Governing(
        head.chapter_id, head.number, head.title, number, confirmed, confirmed_on, confirmed >= counts_from
    )


def _heads(agency_id) -> dict[str, Head]:
    """Step → chapter; of several that of the agency's own procedure first, then the one with the lowest number."""
    own = settings.value(agency_id, "protocol")
    best: dict[str, tuple[int, int]] = {}
    chapters: dict[int, list] = {}
    for row in read(_HEADS, {"agency_id": agency_id}):
        line = chapters.setdefault(row.id, [row.number, row.title, {}])
        line[2][row.version] = (row.effective_on, row.superseded_on, row.version, row.counts_from)
        rank = 0 if row.family == own else 1 if not row.family else 2
        if row.step not in best or rank < best[row.step][0]:
            best[row.step] = (rank, row.id)
    heads = {
        chapter_id: Head(chapter_id, number, title, tuple(versions.values()))
        for chapter_id, (number, title, versions) in chapters.items()
    }
    return {step: heads[chapter_id] for step, (_, chapter_id) in best.items()}
