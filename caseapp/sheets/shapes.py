"""What a caseload sheet becomes: frozen values that the import service can walk and a preview can show."""

from dataclasses import dataclass
from datetime import date

Cell = str | date


class SheetRefused(ValueError):
    """The file as a whole cannot be read; the message is one plain sentence or two for the person who chose it."""

    @property
    def message(self) -> str:
        """The sentence to show beside the file field."""
        return str(self)


@dataclass(frozen=True)
class Row:
    """One row that says something. `number` is the spreadsheet's own, 1 for the first row of the file."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """The rows of one sheet that are not blank, before anybody asked what they mean.

    `from_1904`: serial dates count from 1904.
    """

    rows: tuple[Row, ...]
    kind: str  # "csv" or "xlsx"
    notices: tuple["Notice", ...] = ()
    from_1904: bool = False


@dataclass(frozen=True)
class CellError:
    """Something a person has to mend in the sheet. `column` is the heading as written there, "" for the whole row."""

    row: int
    column: str
    text: str
    message: str


@dataclass(frozen=True)
class Notice:
    """Something that was understood, guessed or left out, to be looked at in the preview; `rows` may be empty."""

    message: str
    rows: tuple[int, ...] = ()
    column: str = ""
    text: str = ""


@dataclass(frozen=True)
class Line:
    """What became of one row. `outcome`: "taken", "duplicate" (of row `of`), "error" or "left out" (a repeated heading)."""

    row: int
    outcome: str
    person: str = ""
    of: int | None = None


@dataclass(frozen=True)
class ActionEntry:
    """One action. `status` is a value of vocabulary.ActionStatus; `agency_text` as written, matched later."""

    what: str
    agency_text: str
    worker_text: str
    due_on: date | None
    status: str
    note: str
    row: int


@dataclass(frozen=True)
class GoalEntry:
    """One goal with its actions, both in the order of the sheet; a goal may stand without actions."""

    title: str
    domain_text: str
    actions: tuple[ActionEntry, ...]
    row: int


@dataclass(frozen=True)
class CaseEntry:
    """One case of a person. `ref` is the service's own reference ("" when the sheet has none), not Caseapp's."""

    ref: str
    lead_agency_text: str
    case_manager_text: str
    key_worker_text: str
    opened_on: date | None
    goals: tuple[GoalEntry, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True)
class PersonEntry:
    """One person: same folded name and same date of birth. `name` is the best-cased writing found."""

    name: str
    date_of_birth: date
    phone: str
    refs: tuple[str, ...]
    rows: tuple[int, ...]
    cases: tuple[CaseEntry, ...]


@dataclass(frozen=True)
class Sheet:
    """A whole sheet read. Rows with an error are in no person; `more_errors` counts those beyond the list."""

    people: tuple[PersonEntry, ...]
    errors: tuple[CellError, ...]
    notices: tuple[Notice, ...]
    lines: tuple[Line, ...]
    more_errors: int = 0
    more_notices: int = 0

    @property
    def clean(self) -> bool:
        """True when nothing has to be mended before an import."""
        return not self.errors

    @property
    def error_count(self) -> int:
        """All errors, also those not listed."""
        return len(self.errors) + self.more_errors

    @property
    def more_errors_text(self) -> str:
        """ "and 212 more", or "" when every error is listed."""
        return f"and {self.more_errors} more" if self.more_errors else ""
