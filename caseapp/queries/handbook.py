"""An agency's handbook as a whole: the settings that fill the blanks of its texts, and what the library offers it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from caseapp import procedures_library as library
from caseapp import settings_catalogue as catalogue
from caseapp.chapter_text import Blank
from caseapp.extensions import read
from caseapp.models import Agency, Chapter, Handbook
from caseapp.models.base import Id
from caseapp.policy.viewer import Viewer
from caseapp.queries import settings

_AGENCY = bindparam("agency_id", type_=Id)
_NAME = select(Agency.name).where(Agency.id == _AGENCY)
_HANDBOOK = select(Handbook.families, Handbook.began_at).where(Handbook.agency_id == _AGENCY)
_TAKEN = select(
    Chapter.id,
    Chapter.number,
    Chapter.library_key,
    Chapter.library_edition,
    Chapter.withdrawn_on.is_(None).label("stands"),
).where(Chapter.agency_id == _AGENCY, Chapter.library_key != "")


@dataclass(frozen=True, slots=True)
class Offer:
    """A chapter of the library, and what the agency has made of it. `chapter_id` is None where it was not taken over;
    `newer` where the library has a later edition than the one taken."""

    chapter: library.LibraryChapter
    chapter_id: int | None
    newer: bool


def blanks(agency_id: int) -> Mapping[str, Blank]:
    """Every blank that a text may have, with what counts for this agency now (S3-1, CFG-1 to CFG-16)."""
    values = settings.values(agency_id)
    known = {
        key: Blank(setting.title, _said(setting, values[key]))
        for key, setting in catalogue.catalogue().items()
    }
    if not known["organisation_name"].words:
        row = read(_NAME, {"agency_id": agency_id}).first()
        known["organisation_name"] = Blank(known["organisation_name"].title, row.name if row else "")
    return known


def filled_with(keys, known: Mapping[str, Blank]) -> dict[str, str]:
    """What stood in these blanks, to be kept with a confirmation: key → words."""
    return {key: known[key].words for key in keys if key in known}


def families(*, viewer: Viewer) -> list[str] | None:
    """The procedures whose chapters the viewer's agency began with; None where it has no handbook yet."""
    row = read(_HANDBOOK, {"agency_id": viewer.agency_id}).first()
    return None if row is None else list(row.families)


def offers(*, viewer: Viewer) -> list[Offer]:
    """The whole library beside what the viewer's agency has of it; a chapter that was withdrawn is offered anew."""
    taken = {row.library_key: row for row in read(_TAKEN, {"agency_id": viewer.agency_id}) if row.stands}
    return [
        Offer(chapter, taken[key].id, taken[key].library_edition < chapter.edition)
        if key in taken
        else Offer(chapter, None, False)
        for key, chapter in library.load().items()
    ]


def _said(setting, value) -> str:
    if value in ("", (), []):
        return ""
    words = settings.shown(setting, value)
    return words[:1].lower() + words[1:] if setting.choices or isinstance(value, bool) else words
