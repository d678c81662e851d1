"""Caseload spreadsheets: bytes in, typed people, cases and actions out (issue 2, section 7). A leaf.

`read_caseload` is the one door in; `csv_bytes` the one door out. Nothing here knows the database, HTTP or
the clock. docs/developers/import-format.md says what a sheet may look like.
"""

from caseapp.sheets.agencies import Match, fold_agency, match_agency
from caseapp.sheets.caseload import read_caseload
from caseapp.sheets.shapes import (
    ActionEntry,
    CaseEntry,
    CellError,
    GoalEntry,
    Line,
    Notice,
    PersonEntry,
    Sheet,
    SheetRefused,
)
from caseapp.sheets.text import fold_name
from caseapp.sheets.writing import csv_bytes, unguarded

__all__ = [
    "ActionEntry",
    "CaseEntry",
    "CellError",
    "GoalEntry",
    "Line",
    "Match",
    "Notice",
    "PersonEntry",
    "Sheet",
    "SheetRefused",
    "csv_bytes",
    "fold_agency",
    "fold_name",
    "match_agency",
    "read_caseload",
    "unguarded",
]
