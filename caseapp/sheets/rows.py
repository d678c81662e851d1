"""One row of cells to one typed line, with every error in it and every guess that was made."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from caseapp.sheets import cells
from caseapp.sheets.cells import CellRefused
from caseapp.sheets.headings import FIELDS, Columns
from caseapp.sheets.shapes import Cell, CellError, Notice, Row
from caseapp.sheets.text import many_lines, one_line, quoted

MAX_LENGTH = {
    "name": 120,
    "first_name": 60,
    "surname": 60,
    "ref": 40,
    "lead_agency": 120,
    "case_manager": 120,
    "key_worker": 120,
    "domain": 80,
    "goal": 300,
    "action": 300,
    "agency": 120,
    "worker": 120,
    "status": 40,
    "phone": 40,
    "note": 4_000,
}


@dataclass(frozen=True)
class TypedRow:
    """What a row says once its cells are read. Fields the sheet has not, or leaves empty, are "" or None."""

    number: int
    name: str
    date_of_birth: date | None
    ref: str
    phone: str
    lead_agency: str
    case_manager: str
    key_worker: str
    opened: date | None
    domain: str
    goal: str
    action: str
    agency: str
    worker: str
    due: date | None
    status: str
    note: str


@dataclass
class Findings:
    """What reading has gathered for the person: errors by row, and guesses of one kind put together."""

    columns: Columns
    errors: list[CellError] = field(default_factory=list)
    _guesses: dict[tuple[str, str, str], list[int]] = field(default_factory=lambda: defaultdict(list))

    def error(self, row: int, name: str, text: Cell, message: str) -> None:
        """Note an error in the column of field `name` ("" for the row as a whole)."""
        self.errors.append(CellError(row, self.heading(name), quoted(str(text)), message))

    def guess(self, row: int, message: str, name: str = "", text: Cell = "") -> None:
        """Note a guess; rows with the same message share one notice."""
        self._guesses[message, self.heading(name) if name else "", quoted(str(text))].append(row)

    def heading(self, name: str) -> str:
        """The heading of a field as the sheet writes it; our own word where the sheet has no such column."""
        if name == "name" and "name" not in self.columns.at:
            name = "first_name"
        return self.columns.written.get(name, FIELDS[name][0] if name else "")

    @property
    def notices(self) -> list[Notice]:
        """The guesses, in the order in which they were first made."""
        return [
            Notice(message, tuple(rows), column, text)
            for (message, column, text), rows in self._guesses.items()
        ]


class RowReader:
    """Reads the rows of one sheet. `today` is the local date, for years of two digits."""

    def __init__(self, findings: Findings, *, kind: str, today: date, from_1904: bool):
        self._findings, self._columns = findings, findings.columns
        self._kind, self._today, self._from_1904 = kind, today, from_1904
        self._row, self._failed = Row(0, ()), False
        self._guesses: list[tuple[str, str, Cell]] = []
        #: Whose row was read last, also where another cell of it has to be mended; "" where the name itself has.
        self.name = ""

    def read(self, row: Row) -> TypedRow | None:
        """The typed row, or None when something in it has to be mended (noted in the findings)."""
        self._row, self._failed, self._guesses = row, False, []
        self._refuse_overflow()
        texts = {
            name: self._text(name)
            for name in MAX_LENGTH
            if name not in ("name", "first_name", "surname", "status")
        }
        self.name = self._name()
        typed = TypedRow(
            number=row.number,
            name=self.name,
            date_of_birth=self._date("date_of_birth", born=True),
            opened=self._date("opened"),
            due=self._date("due"),
            status=self._status(bool(texts["action"])),
            **texts,
        )
        if typed.action and not self._cell("goal"):
            self._error("goal", "", "This action has no goal. Write the goal that it serves.")
        if typed.action and not self._cell("agency"):
            self._error("agency", "", "This action has no agency. Write who does it.")
        if self._failed:
            return None
        for guess in self._guesses:
            self._findings.guess(row.number, *guess)
        return typed

    def _cell(self, name: str) -> Cell:
        column = self._columns.at.get(name)
        return "" if column is None or column >= len(self._row.cells) else self._row.cells[column]

    def _error(self, name: str, text: Cell, message: str) -> None:
        self._failed = True
        self._findings.error(self._row.number, name, text, message)

    def _guess(self, message: str, name: str = "", text: Cell = "") -> None:
        self._guesses.append((message, name, text))

    def _refuse_overflow(self) -> None:
        beyond = [cell for cell in self._row.cells[self._columns.width :] if cell]
        if beyond and self._kind == "csv":
            self._error(
                "",
                beyond[0],
                "This row has more cells than there are headings; a separator may be in a text.",
            )
        elif beyond:
            self._guess("Cells to the right of the last heading are left out.")

    def _text(self, name: str) -> str:
        cell = self._cell(name)
        if isinstance(cell, date):
            if name in ("name", "first_name", "surname", "ref"):
                self._error(
                    name, cell.isoformat(), "The spreadsheet made a date of this. Format the cell as text."
                )
                return ""
            return cell.isoformat()
        text = many_lines(cell) if name == "note" else one_line(cell)
        if name != "note":
            try:
                cells.refuse_spreadsheet_error(text)
            except CellRefused as refusal:
                self._error(name, text, str(refusal))
                return ""
        if len(text) > MAX_LENGTH[name]:
            self._error(
                name,
                text,
                f"This is {len(text):,} characters long; at most {MAX_LENGTH[name]:,} can be kept.",
            )
            return ""
        return text

    def _name(self) -> str:
        if "name" in self._columns.at:
            text = self._text("name")
        else:
            first, surname = self._text("first_name"), self._text("surname")
            text = " ".join(part for part in (first, surname.replace(",", " ").strip()) if part)
            if text and not surname:
                self._error("surname", "", "The surname is missing.")
        if not text:
            if not any(self._cell(name) for name in ("name", "first_name", "surname")):
                self._error("name", "", "The name is missing.")
            return ""
        try:
            name, turned = cells.read_name(text)
        except CellRefused as refusal:
            self._error("name", text, str(refusal))
            return ""
        if turned:
            self._guess(f"Read as “{quoted(name)}”.", "name", text)
        return name

    def _date(self, name: str, *, born: bool = False) -> date | None:
        cell = self._cell(name)
        if not cell:
            return None
        try:
            cells.refuse_spreadsheet_error(cell)
            found, guess = cells.read_date(cell, today=self._today, born=born, from_1904=self._from_1904)
        except CellRefused as refusal:
            message = str(refusal)
            if born and message == cells.VAGUE:
                message = "This is not a date. Write it like 24/11/1986."
            self._error(name, str(cell), message)
            return None
        if guess:
            self._guess(guess, name)
        if name == "opened" and found > self._today:
            self._guess("This case was opened on a day still to come.", name, str(cell))
        return found

    def _status(self, has_action: bool) -> str:
        text = self._text("status")
        if not has_action:
            return ""
        try:
            status, guessed = cells.read_status(text)
        except CellRefused as refusal:
            self._error("status", text, str(refusal))
            return ""
        if guessed:
            written = f"“{quoted(text).lower()}”" if text else "Empty"
            self._guess(f"{written} is read as “{cells.STATUS_LABELS[status]}”.", "status", text.lower())
        return status
