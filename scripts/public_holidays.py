"""config/public_holidays: the weekdays that are public holidays in each calendar, as the holidays library knows them.
`--check` compares instead of writing. Run it when a new version of that library is pinned (docs/decisions/0003)."""

import difflib
import sys

from caseapp.working_days import CALENDARS, FIRST_YEAR, FOLDER, LAST_YEAR


def text(calendar: str) -> str:
    """What the file of a calendar is to say: a line for each year, "2026 01-01 03-17 …"."""
    import holidays

    label, country, part = CALENDARS[calendar]
    lines = [
        f"# Public holidays from Monday to Friday, {label}; written by python -m scripts.public_holidays"
    ]
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        days = sorted(holidays.country_holidays(country, subdiv=part, years=year))
        lines.append(" ".join([str(year), *(f"{day:%m-%d}" for day in days if day.weekday() < 5)]))
    return "".join(f"{line}\n" for line in lines)


def main(check: bool) -> int:
    differ = False
    for calendar in CALENDARS:
        file, now = FOLDER / f"{calendar}.txt", text(calendar)
        if not check:
            file.write_text(now)
        elif (then := file.read_text()) != now:
            differ = True
            there, here = then.splitlines(keepends=True), now.splitlines(keepends=True)
            sys.stdout.writelines(difflib.unified_diff(there, here, str(file), "as the library knows them"))
    return int(differ)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
