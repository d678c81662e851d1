"""CSV that a spreadsheet opens without running anything in it (design/security.md, ASVS 1.2.10)."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

# Spreadsheets run a cell that begins so, some of them after skipping white space; and a quote mark that was
# there already gets a second one, so that unguarded() gives every text back as it was.
_RUNS = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@＝＋－＠])")
_GUARDED = re.compile(r"'+(?:[\t\r\n]|\s*[=+\-@＝＋－＠])")


def csv_bytes(headings: Iterable, rows: Iterable[Iterable]) -> bytes:
    """UTF-8 with BOM, commas, CRLF; texts made formula-safe, dates yyyy-mm-dd, numbers as they are, None empty.

    Datetimes are written as given, "yyyy-mm-dd hh:mm": bring them to local time first.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_written(heading) for heading in headings])
    writer.writerows([_written(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig", errors="replace")


def unguarded(text: str) -> str:
    """The text without the quote mark that csv_bytes put before it, if it did."""
    return text[1:] if _GUARDED.match(text) else text


def _written(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value).replace("\x00", "")
    return f"'{text}" if _RUNS.match(text) else text
