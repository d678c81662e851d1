"""Bytes to rows: the file's own first bytes say what it is, never its name."""

from caseapp.sheets.csv_reading import csv_tables
from caseapp.sheets.shapes import SheetRefused, Table
from caseapp.sheets.xlsx_reading import xlsx_tables

MAX_BYTES = 5_000_000

_SAVE_AS = "Open it in your spreadsheet program and save it as Excel workbook (.xlsx) or CSV."
_OTHER_KINDS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This is an old Excel file (.xls) or one locked with a password."),
    (b"%PDF", "This is a PDF, not a spreadsheet."),
    (b"{\\rtf", "This is a text document, not a spreadsheet."),
    (b"\x1f\x8b", "This is a compressed file, not a spreadsheet."),
    (b"\x89PNG", "This is a picture, not a spreadsheet."),
    (b"\xff\xd8\xff", "This is a picture, not a spreadsheet."),
)
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<table")


def tables(data: bytes) -> list[Table]:
    """The sheets of a file, in their order; a CSV file has one for each way of splitting it that is worth trying.

    Raises SheetRefused, with a sentence to show, for anything that is not a CSV or XLSX file within the limits.
    """
    if not data:
        raise SheetRefused("This file is empty.")
    if len(data) > MAX_BYTES:
        raise SheetRefused(
            f"This file is larger than {MAX_BYTES // 1_000_000} MB. Split it into smaller ones."
        )
    for start, sentence in _OTHER_KINDS:
        if data.startswith(start):
            raise SheetRefused(f"{sentence} {_SAVE_AS}")
    if data.startswith(b"PK"):
        return xlsx_tables(data)
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:10].lower().startswith(_MARKUP):
        raise SheetRefused(f"This is a web page or XML file, not a spreadsheet. {_SAVE_AS}")
    return csv_tables(data)
