"""Real browser, real server: Chromium against gunicorn, with the demo world in a database of its own.

- `live`: the running server (`.url`, `.accounts`, `.rows(sql)`); its database goes back to the demo before each test.
- `browse(script=True, width=1280)`: a fresh browser page. At the end of the test every page it showed must have kept
  the house rules: no CSP violation, no script error.
- `sign_in(page, "orla@…")`: through the door, with the demo's password.
- `script`: a test that asks for it runs twice, with and without JavaScript.
"""

import contextlib
import fcntl
import json
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.servers import ROOT, environment, flask, serving
from tests.tools import CHROMIUM_ARGS, chromium, missing

DEMO = ROOT / "caseapp" / "demo" / "demo.json"
PATIENCE = 15_000  # milliseconds until something that should show has failed to, on a busy machine


@pytest.fixture(scope="session")
def demo(tmp_path_factory, worker_id):
    """A data folder with the demo world in it, and its accounts by e-mail; loaded once for all tests, by whichever
    worker comes first."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "demo"
    folder.mkdir(exist_ok=True)
    known = folder / "accounts.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not known.exists():
            env = environment(folder)
            flask("db", "upgrade", env=env)
            flask("world", "load", str(DEMO), env=env)
            known.write_text(flask("world", "accounts", env=env), encoding="utf-8")
    accounts = json.loads(known.read_text(encoding="utf-8"))
    return folder, {account["email"]: account for account in accounts}


class Live:
    """A running server, the accounts of its world, and a look into its database."""

    def __init__(self, url, accounts, folder, original):
        self.url, self.accounts = url, accounts
        self.file = Path(folder) / "caseapp.sqlite"
        self.original = original / self.file.name
        self.known = {}  # by e-mail: the cookies and the session's row of somebody who came through the door

    def reset(self):
        """Bring the database back to the demo under the running server, as one transaction."""
        with (
            contextlib.closing(sqlite3.connect(self.original)) as before,
            contextlib.closing(sqlite3.connect(self.file, timeout=20)) as now,
        ):
            before.backup(now)

    def rows(self, sql, *values):
        with contextlib.closing(sqlite3.connect(self.file, timeout=20)) as connection:
            return connection.execute(sql, values).fetchall()

    def value(self, sql, *values):
        ((found,),) = self.rows(sql, *values)
        return found

    def change(self, sql, *values):
        with contextlib.closing(sqlite3.connect(self.file, timeout=20)) as connection, connection:
            connection.execute(sql, values)


@pytest.fixture(scope="session")
def server(demo, tmp_path_factory):
    folder, accounts = demo
    copy = tmp_path_factory.mktemp("live") / "data"
    shutil.copytree(folder, copy)
    with serving(environment(copy), log=copy.parent / "log") as port:
        yield Live(f"http://127.0.0.1:{port}", accounts, copy, folder)


@pytest.fixture
def live(server):
    server.reset()
    return server


@pytest.fixture(scope="session")
def chrome():
    from playwright import sync_api

    sync_api.expect.set_options(timeout=PATIENCE)
    path = chromium()
    if path is None:
        missing("Chromium")
    with sync_api.sync_playwright() as driver:
        # Playwright switches the memory of past pages off, and with it the very leak that Back could be.
        browser = driver.chromium.launch(
            executable_path=path, args=CHROMIUM_ARGS, ignore_default_args=["--disable-back-forward-cache"]
        )
        yield browser
        browser.close()


@pytest.fixture
def browse(chrome, live):
    """browse(script=False, width=390): a fresh page with its own cookies, watched for faults."""
    opened, faults = [], []

    def watch(page):
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda m: faults.append(f"{page.url}: {m.text}") if _is_fault(m) else None)
        page.on("pageerror", lambda e: faults.append(f"{page.url}: {e}"))

    def new(script=True, width=1280, height=1000):
        context = chrome.new_context(
            base_url=live.url, java_script_enabled=script, viewport={"width": width, "height": height}
        )
        context.on("page", watch)
        context.runs_script = script
        opened.append(context)
        return context.new_page()

    yield new
    for context in opened:
        context.close()
    assert not faults, faults


def _is_fault(message) -> bool:
    """Violations of the content policy and script errors; a refused form (422, 409, 404 …) is not one."""
    text = message.text
    if "Content Security Policy" in text or "Content-Security-Policy" in text:
        return True
    quiet = ("Failed to load resource", "status of", "Failed to fetch", "net::ERR_")
    return message.type == "error" and not any(words in text for words in quiet)


@pytest.fixture
def sign_in(live):
    """sign_in(page, email): the first time through the door, with the demo's password; later with the same session,
    which is put back into the database as it was. A second browser of the same person goes through the door again."""
    inside = set()

    def through(page, email):
        again = email in inside
        inside.add(email)
        if email in live.known and not again:
            cookies, columns, row = live.known[email]
            now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
            row = [
                now if name in {"created_at", "seen_at", "proved_at"} else value
                for name, value in zip(columns, row, strict=True)
            ]
            live.change(
                f"INSERT INTO user_session ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608
                *row,
            )
            page.context.add_cookies(cookies)
            page.goto("/")
            return page
        page.goto("/sign-in")
        page.get_by_label("Work e-mail").fill(email)
        page.get_by_label("Password", exact=True).fill(live.accounts[email]["password"])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        columns = [name for _at, name, *_more in live.rows("PRAGMA table_info(user_session)")]
        (row,) = live.rows(
            "SELECT * FROM user_session WHERE user_id = (SELECT id FROM user WHERE email = ?) ORDER BY created_at DESC LIMIT 1",
            email,
        )
        live.known[email] = page.context.cookies(), columns, row
        return page

    return through


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def script(request):
    return request.param
