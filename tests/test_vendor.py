"""What is vendored is what was read and tested: nothing more, nothing changed, nothing that calls outside."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parent.parent / "caseapp" / "static"
VENDOR = STATIC / "vendor"
LOCK = json.loads((VENDOR / "vendor.lock.json").read_text(encoding="utf-8"))
SERVED = sorted([*STATIC.rglob("*.css"), *STATIC.rglob("*.js")])
#: Only the pages of a security key and the way back from a directory ask for these.
SELDOM = {"security-keys.js", "go-on.js"}
FIRST_VIEW = 60 * 1024


@pytest.mark.parametrize("name", sorted(LOCK["sha256"]))
def test_each_vendored_file_is_the_one_in_the_lock(name):
    found = hashlib.sha256((VENDOR / name).read_bytes()).hexdigest()
    assert found == LOCK["sha256"][name], f"{name} was edited: change scripts/vendor_frontend.py and run it"


def test_nothing_lies_beside_the_locked_files():
    assert {path.name for path in VENDOR.iterdir()} == {*LOCK["sha256"], "vendor.lock.json"}


def test_every_vendored_package_brings_its_licence():
    assert "Zero-Clause BSD" in (VENDOR / "htmx.LICENSE.txt").read_text(encoding="utf-8")
    assert "The MIT License" in (VENDOR / "govuk-frontend.LICENSE.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SERVED, ids=lambda path: path.name)
@pytest.mark.parametrize(
    "word",
    [
        "GDS Transport",
        "govuk-crest",
        "url(http",
        "url(//",
        "url(data:",
        "@import",
        "@font-face",
        "sourceMappingURL",
    ],
)
def test_no_style_or_script_calls_outside_or_wears_another_bodys_mark(path, word):
    assert word not in path.read_text(encoding="utf-8")


def test_the_pages_name_the_vendored_versions():
    for base in ("base.html", "base_print.html"):
        page = (STATIC.parent / "templates" / base).read_text(encoding="utf-8")
        assert f"vendor/base-{LOCK['packages']['govuk-frontend']}.css" in page
    assert f"vendor/htmx-{LOCK['packages']['htmx.org']}.min.js" in (
        STATIC.parent / "templates" / "base.html"
    ).read_text(encoding="utf-8")


def test_styles_and_scripts_leave_room_for_the_page_in_the_first_view():
    """60 KB compressed and six requests for all: these files may take 40 KB and four requests of it."""
    always = [path for path in SERVED if path.name not in SELDOM]
    weight = sum(len(gzip.compress(path.read_bytes(), 6)) for path in always)
    assert len(always) == 4
    assert weight < FIRST_VIEW * 2 // 3


def test_the_script_of_our_own_stays_small():
    assert len((STATIC / "app.js").read_text(encoding="utf-8").splitlines()) < 150
