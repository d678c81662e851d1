"""How large a caseload sheet may be. An agency's whole caseload (300 cases of 20 actions) is a third of this."""

from caseapp.sheets.shapes import SheetRefused

MAX_ROWS = 20_000
MAX_COLUMNS = 60


def too_many_rows() -> SheetRefused:
    """More than MAX_ROWS rows that say something."""
    return SheetRefused(f"This sheet has more than {MAX_ROWS:,} rows. Split it into smaller ones.")


def too_many_columns(row: int) -> SheetRefused:
    """More than MAX_COLUMNS cells in a row."""
    return SheetRefused(f"Row {row} has more than {MAX_COLUMNS} columns. Take out those that are not needed.")
