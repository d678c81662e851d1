"""docs/security.md names every item that was chosen, and nothing that is not there; and the few items that no other
test holds (issue 6, proof)."""

import ast
import hashlib
import re
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import func, select

from caseapp import clock
from caseapp.models import User, UserSession
from caseapp.services import sessions
from config.default import from_environment

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "security.md"
TEXT = PAGE.read_text(encoding="utf-8")

#: The items of OWASP ASVS 5.0.0 that were chosen, in the rows in which they were; * is level 3.
CHOSEN = """
1.1.2 1.2.1 1.2.2 1.2.3 | 1.2.4 1.2.5 1.3.7 | 1.2.10* | 1.3.1 1.3.5 | 1.3.11 | 1.5.2 | 2.1.1 2.2.1 2.2.2 | 2.2.3 2.3.1 |
2.3.3 2.3.4 | 2.4.1 | 3.2.1 5.4.1 5.4.2 | 3.3.1 3.3.2 3.3.3 3.3.4 | 3.4.1 3.4.3 3.4.4 3.4.5 3.4.6 3.4.8* | 3.4.7* | 3.5.1 3.5.3 |
3.5.8* 3.6.1* | 3.7.2 | 4.1.1 4.1.3 4.1.4* | 5.2.1 5.2.2 5.2.4* | 5.3.1 5.3.2 5.4.3 | 6.1.1 6.3.1 | 6.2.1 6.2.5 6.2.8 6.2.9 |
6.2.2 6.2.3 | 6.2.4 6.2.11 6.2.12 | 6.2.7 6.2.10 | 6.3.2 6.3.4 | 6.3.3 | 6.3.7* 6.3.8* | 6.4.1 6.4.3 6.4.6* | 6.5.1 6.5.5 6.5.6* |
6.8.1 6.8.2 6.8.4 | 7.1.1 7.3.1 7.3.2 | 7.2.3 7.2.4 | 7.4.1 7.4.2 7.4.3 7.4.5 | 7.5.1 7.5.2 7.5.3* | 8.1.1 8.1.2 | 8.2.1 8.2.2 8.2.3 |
8.3.1 8.3.2* | 8.4.1 | 11.4.2 11.5.1 | 12.2.1 12.3.1 | 13.2.2 13.3.1 13.4.2 13.4.5 13.4.6* | 14.1.1 14.2.1 14.2.6* 15.3.1 | 14.2.7* |
14.3.1 14.3.2 14.3.3 | 15.1.2 15.2.1 | 15.3.3 15.3.7 | 15.4.2* | 16.2.1 16.2.2 16.2.5 | 16.3.1 16.3.2 16.3.3 | 16.4.1 16.4.2 16.4.3 |
16.5.1 16.5.3 16.5.4*
"""
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
LINK = re.compile(r"\]\(([^)#][^)]*)\)")


def rows():
    """(ids, what holds them) of each row of the table."""
    for line in TEXT.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if re.match(r"\d+\.\d+\.\d+", cells[0]):
            yield cells[0], cells[-1]


@cache
def written_in(file: str) -> set[str]:
    path = ROOT / file
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.exists() else ast.Module([], [])
    return {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}


def test_every_chosen_item_stands_in_the_table_once():
    chosen = [row.strip() for row in CHOSEN.replace("\n", " ").split("|")]
    assert len(chosen) == 52 and len(" ".join(chosen).split()) == 129
    assert [ids for ids, _held in rows()] == chosen


def test_every_row_names_a_test_or_a_document_that_is_there():
    gone = [f"{file}::{name}" for file, name in NAMED.findall(TEXT) if name not in written_in(file)]
    assert not gone, gone
    for ids, held in rows():
        assert NAMED.search(held) or LINK.search(held), f"nothing holds {ids}"
    assert len(NAMED.findall(TEXT)) > 90


def test_every_document_and_heading_named_is_there():
    for target in LINK.findall(TEXT):
        assert (PAGE.parent / target.partition("#")[0]).exists(), target
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in TEXT.splitlines()
        if line.startswith("#")
    }
    for anchor in re.findall(r"\]\(#([^)]+)\)", TEXT):
        assert anchor in headings, anchor


# --- what no other test holds -----------------------------------------------------------------------------------------


def test_a_production_system_starts_with_no_account_and_with_none_of_the_demo(app, db_session, monkeypatch):
    """6.3.2: what a migrated database holds, and what production takes."""
    assert db_session.scalar(select(func.count()).select_from(User)) == 0
    monkeypatch.setenv("CASEAPP_ENV", "production")
    assert from_environment()["ALLOW_DEMO"] is False


def test_production_asks_everybody_for_a_second_factor(monkeypatch):
    """6.3.3."""
    monkeypatch.setenv("CASEAPP_ENV", "production")
    monkeypatch.delenv("SECOND_FACTOR", raising=False)
    assert from_environment()["SECOND_FACTOR"] == "required"


def test_a_session_is_named_by_256_random_bits_and_anew_at_each_proof(world, db_session):
    """7.2.3, 7.2.4, 11.5.1: and the table holds only a hash of it."""
    now, lasts = clock.now(), timedelta(hours=1)
    tokens = [sessions.begin(world.orla.user_id, at=now, lasts=lasts) for _ in range(20)]
    assert len(set(tokens)) == 20
    assert all(re.fullmatch(r"[\w-]{43}", token) for token in tokens)  # 32 bytes in base 64
    assert len({token[:4] for token in tokens}) == 20
    later = sessions.proved(tokens[0], at=now)
    assert later not in tokens and re.fullmatch(r"[\w-]{43}", later)
    kept = set(db_session.scalars(select(UserSession.token_hash)))
    assert hashlib.sha256(later.encode()).hexdigest() in kept
    assert hashlib.sha256(tokens[0].encode()).hexdigest() not in kept
    assert not kept & {*tokens, later}


def test_nothing_hinders_a_password_manager(client):
    """6.2.7: the boxes say what they are for, and nothing is done about pasting."""
    page = client.get("/sign-in").text
    assert 'autocomplete="current-password"' in page and 'autocomplete="username"' in page
    assert "paste" not in page.lower()
    script = (ROOT / "caseapp" / "static" / "app.js").read_text(encoding="utf-8")
    assert "paste" not in script
    boxes = re.findall(r'<input[^>]*type="password"[^>]*>', page)
    assert boxes
    for box in boxes:
        most = re.search(r'maxlength="(\d+)"', box)
        assert most is None or int(most[1]) >= 128


PROBES = (
    "/.git/config", "/.env", "/debug", "/console", "/metrics", "/server-status", "/health", "/actuator", "/static/", "/static",
    "/static/vendor/", "/config/default.py", "/robots.txt", "/phpinfo.php", "/api", "/swagger.json", "/.well-known/x",
)  # fmt: skip


@pytest.mark.parametrize("path", PROBES)
def test_nothing_tells_what_it_is_built_of(app, client, path):
    """13.4.2, 13.4.5, 13.4.6: no debugging, no monitoring, no listing of folders, no versions."""
    assert app.debug is False
    client.judging = False
    answer = client.get(path)
    assert answer.status_code == 404
    said = answer.text + "".join(f"{name}: {value}\n" for name, value in answer.headers.items())
    assert not re.search(r"werkzeug|flask|gunicorn|python|sqlalchemy|nginx|traceback", said, re.I)
    assert not {"Server", "X-Powered-By", "Via"} & set(answer.headers)
