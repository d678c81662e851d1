"""A look through an XLSX file before a library builds objects from it: what it would unpack to, and what it hides.

A workbook is a zip of XML. Every part is streamed once and nothing of it is kept but the merged ranges and
whether there are formulas. Refused: more than 100 MB unpacked, document type declarations (so no entities
at all), and more elements than a caseload could need (each becomes an object of some 100 bytes).
"""

import io
import zipfile
import zlib
from dataclasses import dataclass
from xml.parsers import expat

from caseapp.sheets.shapes import SheetRefused

MAX_UNPACKED = 100_000_000
MAX_PARTS = 2_000
MAX_MERGES = 5_000
_MAX_ELEMENTS = 4_000_000  # all parts together: 20,000 rows of 60 cells are 3.6 million
_MAX_IN_ONE = 70_000  # inside one row or one text: a row of all 16,384 columns is 66,000
_MAX_ELSEWHERE = 300_000  # styles, names and the like, which are held whole
_CHUNK = 65_536

BROKEN = (
    "This workbook cannot be read; it may be damaged. Open it, save it again as .xlsx, and choose that file."
)
_TOO_LARGE = (
    "This workbook unpacks to far more than a caseload needs. Copy the rows into a new one and choose that."
)
_UNSAFE = "This workbook holds XML declarations that a spreadsheet never needs, so it was not opened."
_OTHER_ZIPS = {
    b"application/vnd.oasis": "This is an OpenDocument file (.ods).",
    b"application/epub": "This is a book, not a spreadsheet.",
}


@dataclass(frozen=True)
class Looked:
    """`merges`: ranges such as "A2:A5" for each part of the file; `formulas`: whether any cell has one."""

    merges: dict[str, list[str]]
    formulas: bool


def look_through(data: bytes) -> Looked:
    """Raises SheetRefused unless the file is an XLSX that can be opened without harm."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _looked(archive)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        if isinstance(error, SheetRefused):
            raise
        raise SheetRefused(BROKEN) from None


def _looked(archive: zipfile.ZipFile) -> Looked:
    parts = archive.infolist()
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise SheetRefused(_TOO_LARGE)
    if any(part.flag_bits & 1 for part in parts):
        raise SheetRefused("This file is locked with a password. Save it without one.")
    names = {part.filename for part in parts}
    _must_be_xlsx(archive, names)
    scan = _Scan()
    for part in parts:
        with archive.open(part) as stream:
            scan.part(part.filename, stream)
    return Looked(scan.merges, scan.formulas)


def _must_be_xlsx(archive: zipfile.ZipFile, names: set[str]) -> None:
    save_as = "Open it in your spreadsheet program and save it as Excel workbook (.xlsx) or CSV."
    if "mimetype" in names:
        with archive.open("mimetype") as stream:
            kind = stream.read(60)
        for start, sentence in _OTHER_ZIPS.items():
            if kind.startswith(start):
                raise SheetRefused(f"{sentence} {save_as}")
    if any(name.lower().endswith("workbook.bin") for name in names):
        raise SheetRefused(f"This is a binary Excel file (.xlsb). {save_as}")
    if "[Content_Types].xml" not in names or any(name.startswith(("word/", "ppt/")) for name in names):
        raise SheetRefused(f"This is not a spreadsheet. {save_as}")


class _Scan:
    def __init__(self):
        self.merges: dict[str, list[str]] = {}
        self.formulas = False
        self._elements = self._elsewhere = self._inside = self._in_one = self._depth = self._merge_count = 0
        self._name = ""

    def part(self, name: str, stream) -> None:
        """Stream one part. What is not XML stops at its first bytes: the library would stop there too."""
        parser = expat.ParserCreate(namespace_separator="}")
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.buffer_text = True
        self._name, self._depth, self._inside = name, 0, 0
        self._elsewhere = 0
        try:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except expat.ExpatError:
            if name.lower().endswith((".xml", ".rels")):
                raise SheetRefused(BROKEN) from None

    def _refuse_doctype(self, *_) -> None:
        raise SheetRefused(_UNSAFE)

    def _start(self, qualified: str, attributes: dict) -> None:
        self._depth += 1
        self._elements += 1
        name = qualified.rpartition("}")[2]
        if self._inside:
            self._in_one += 1
        elif name in ("row", "si"):
            self._inside, self._in_one = self._depth, 0
        else:
            self._elsewhere += 1
        if self._elements > _MAX_ELEMENTS or self._in_one > _MAX_IN_ONE or self._elsewhere > _MAX_ELSEWHERE:
            raise SheetRefused(_TOO_LARGE)
        if name == "f":
            self.formulas = True
        elif name == "mergeCell":
            self._merge_count += 1
            if self._merge_count <= MAX_MERGES:
                self.merges.setdefault(self._name, []).append(attributes.get("ref", ""))

    def _end(self, _) -> None:
        if self._inside == self._depth:
            self._inside = 0
        self._depth -= 1
