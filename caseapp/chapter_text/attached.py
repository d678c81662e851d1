"""The words of an attached file, for the search: PDF, Word and OpenDocument. What cannot be read has no words; that is no
fault, as the file itself is what counts (S1-17)."""

import io
import time
import zipfile

#: Characters kept for the search: some two hundred pages.
MOST_CHARACTERS = 400_000
#: Bytes of a document's text part once unpacked.
MOST_UNPACKED = 30 * 1024 * 1024
#: Seconds given to a PDF; the words of the pages read by then are kept.
MOST_SECONDS = 2.0

_PARTS = ("word/document.xml", "content.xml")


def words_of(data: bytes) -> str:
    """The plain text of a file as it was taken (services.chapter_files says of which kinds), or "" where it has none
    that can be read: a scanned page, a damaged or a locked file."""
    try:
        text = _of_pdf(data) if data.startswith(b"%PDF-") else _of_archive(data)
    except Exception:  # whatever a stranger's file makes a reader stumble over
        return ""
    return text.replace("\0", " ")[:MOST_CHARACTERS]


def _of_archive(data):
    from defusedxml.ElementTree import iterparse  # only where a file is attached

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        part = next((name for name in _PARTS if name in archive.namelist()), None)
        if part is None or archive.getinfo(part).file_size > MOST_UNPACKED:
            return ""
        found, length = [], 0
        with archive.open(part) as content:
            for _, element in iterparse(content, forbid_dtd=True):
                if element.tag.rsplit("}", 1)[-1] in {"p", "h"}:
                    words = "".join(element.itertext())
                    found.append(words)
                    length += len(words)
                    element.clear()
                    if length > MOST_CHARACTERS:
                        break
    return " ".join(found)


def _of_pdf(data):
    from pypdf import PdfReader  # some 10 MiB, and only where a file is attached

    until = time.monotonic() + MOST_SECONDS
    found, length = [], 0
    for page in PdfReader(io.BytesIO(data)).pages:
        words = page.extract_text()
        found.append(words)
        length += len(words)
        if length > MOST_CHARACTERS or time.monotonic() > until:
            break
    return " ".join(found)
