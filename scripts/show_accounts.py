"""Show what `flask world accounts` prints (JSON: a list of objects) as a table that people can read."""

import json
import sys


def table(accounts: list[dict]) -> str:
    """One line for each account, the columns as wide as their longest value."""
    columns = list(dict.fromkeys(key for account in accounts for key in account))
    rows = [columns] + [[_text(account.get(column)) for column in columns] for account in accounts]
    widths = [max(len(row[at]) for row in rows) for at in range(len(columns))]
    return "\n".join(
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _text(value):
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


if __name__ == "__main__":
    given = json.load(sys.stdin)
    accounts = given if isinstance(given, list) else given.get("accounts", [])
    if accounts:
        print("\nSign in as:\n\n" + table(accounts))
