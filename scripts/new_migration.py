"""`make migration NAME="consent scope"`: draft the next numbered migration and pin it in migrations/.head."""

import subprocess
import sys
import tempfile
from pathlib import Path

from caseapp import migrate


def main(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'draft.sqlite'}"
        if migrate.head():
            migrate.upgrade(url)
        path = migrate.draft(name, url)
    subprocess.run([sys.executable, "-m", "ruff", "check", "--fix-only", "--quiet", path], check=False)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", path], check=False)
    print(
        f"{path.relative_to(Path.cwd())} is a draft. By hand: CHECKs and index conditions on existing tables,"
    )
    print(
        "triggers of tables that batch mode rebuilds, two steps for NOT NULL, and a way back. Then: make check"
    )


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
