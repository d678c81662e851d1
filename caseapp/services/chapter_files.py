"""Files attached to chapters: of a few kinds only, told by their content and not by their name, and only ever given out
as downloads (docs/decisions/0009)."""

import hashlib
import io
import re
import zipfile
from datetime import datetime

from sqlalchemy import func, select

from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.models import ChapterFile
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.viewer import Viewer
from caseapp.services.transaction import use_case

MOST_BYTES = 4 * 1024 * 1024
#: What one agency may keep in all, by number and in bytes.
MOST_FILES = 1_000
MOST_TOGETHER = 500 * 1024 * 1024
ACCEPTED = "PDF, Word (.docx) or OpenDocument (.odt), up to 4 MB"

_PDF = "application/pdf"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_ODT = "application/vnd.oasis.opendocument.text"
_ENDING = {_PDF: ".pdf", _DOCX: ".docx", _ODT: ".odt"}
_UNSAFE = re.compile(r"[^\w .,()\-–]+")


@use_case
def keep(data: bytes, *, name: str, actor: Viewer, at: datetime) -> int:
    """Keep a file for the handbook of the actor's agency; the same content is kept once. Raises RuleBroken, beside
    `file`, for what is none of the kinds, too large, or holds macros. Returns its id."""
    if not rules.may(actor, Do.EDIT_HANDBOOK):
        raise NotAllowed
    if not data:
        raise RuleBroken("This file is empty", "file")
    if len(data) > MOST_BYTES:
        raise RuleBroken("This file is larger than 4 MB", "file")
    kind = kind_of(data)
    if kind is None:
        raise RuleBroken(f"This is no file of a kind that is taken here: {ACCEPTED}", "file")
    digest = hashlib.sha256(data).hexdigest()
    known = db.session.scalar(
        select(ChapterFile.id).where(ChapterFile.agency_id == actor.agency_id, ChapterFile.digest == digest)
    )
    if known is not None:
        return known
    _must_have_room(actor, len(data))
    file = ChapterFile(
        agency_id=actor.agency_id,
        name=file_name(name, kind),
        media_type=kind,
        size=len(data),
        digest=digest,
        content=data,
        uploaded_at=at,
        uploaded_by_id=actor.user_id,
    )
    db.session.add(file)
    db.session.flush()
    return file.id


def _must_have_room(actor, size):
    count, together = db.session.execute(
        select(func.count(), func.coalesce(func.sum(ChapterFile.size), 0)).where(
            ChapterFile.agency_id == actor.agency_id
        )
    ).one()
    if count >= MOST_FILES:
        raise RuleBroken(f"The handbook holds {count:,} files already. Use one of them again.", "file")
    if together + size > MOST_TOGETHER:
        raise RuleBroken(
            "With this file the handbook would be larger than it may become. Choose a smaller one.", "file"
        )


def kind_of(data: bytes) -> str | None:
    """The media type that the content itself shows; None for all others, and for documents with macros."""
    if data.startswith(b"%PDF-"):
        return _PDF
    if not data.startswith(b"PK\x03\x04"):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if len(names) > 2_000 or any(
                "vbaproject" in name.lower() or "basic/" in name.lower() for name in names
            ):
                return None
            if "word/document.xml" in names and "[Content_Types].xml" in names:
                return _DOCX
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                return _ODT if archive.read("mimetype").strip() == _ODT.encode() else None
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError, ValueError):
        return None
    return None


def file_name(name: str, kind: str) -> str:
    """A name that is safe in a header and on every disk, with the ending of what the file is."""
    stem = re.split(r"[\\/]", name)[-1].rsplit(".", 1)[0]
    stem = " ".join(_UNSAFE.sub(" ", stem).split()).strip(". ")[:120]
    return (stem or "chapter") + _ENDING[kind]
