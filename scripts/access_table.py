"""tests/access.txt: every address, its methods and its access rule. `--check` compares instead of writing."""

import difflib
import sys
import tempfile
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / "tests" / "access.txt"


def lines(app) -> list[str]:
    """One line for each route, in the order of the addresses; the rule is what the view's guard says of itself."""
    rows = []
    for rule in app.url_map.iter_rules():
        access = getattr(app.view_functions[rule.endpoint], "access", "NONE")
        methods = ",".join(sorted(rule.methods - {"HEAD", "OPTIONS"}))
        rows.append((str(rule), methods, str(access), rule.endpoint))
    width = max((len(row[0]) for row in rows), default=0)
    return [f"{methods:6} {path:{width}}  {access}" for path, methods, access, _endpoint in sorted(rows)]


def main(check: bool) -> int:
    from caseapp import create_app

    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"TESTING": True, "CASEAPP_DATA": folder, "SECRET_KEY": "for the table only"})
        now = [line + "\n" for line in lines(app)]
    if not check:
        FILE.write_text("".join(now))
        return 0
    then = FILE.read_text().splitlines(keepends=True) if FILE.exists() else []
    sys.stdout.writelines(difflib.unified_diff(then, now, "tests/access.txt", "the routes as they are"))
    if then != now:
        print("The access table changed. If that is meant: make access, and have the diff reviewed.")
    return int(then != now)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
