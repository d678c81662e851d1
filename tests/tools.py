"""Programs that tests need beside Python: found, or else skipped here and failed in CI."""

import os
import shutil

import pytest

#: The shell is the same browser without windows, menus and pages of its own: a third of the work for the tests.
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """The path of a Chromium on this machine, None if there is none."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)


#: How Chromium is started for tests: alone, quiet, and without its own calls to the outside.
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def missing(what: str):
    """Skip the test, or with CI=true fail it: a green run must not mean that half of it never ran."""
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        pytest.fail(f"{what} is missing, and in CI nothing may be skipped", pytrace=False)
    pytest.skip(f"{what} is missing (scripts/install_test_tools.sh)")
