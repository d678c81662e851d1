"""Real browser, real server: Chromium against gunicorn, with the demo world in a database of its own.

- `live`: the running server (`.url`, `.accounts`, `.rows(sql)`); its database goes back to the demo before each test.
- `browse(script=True, width=1280)`: a fresh browser page. At the end of the test every page it showed must have kept
  the house rules: no CSP violation, no script error.
- `sign_in(page, "orla@…", "/caseload")`: signed in, and there. That the door itself works is proven where it is the matter.
- a click that leads to another page ends when that page is there, whole; what a script fetches behind the page is to be
  waited for by something that was not there before, or by its answer (`steps.answered`).
- `script`: a test that asks for it runs twice, with and without JavaScript.
"""

import contextlib
import fcntl
import functools
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caseapp import clock
from tests.e2e.reader import Reader
from tests.e2e.shown import Shown
from tests.servers import ROOT, environment, serving
from tests.tools import CHROMIUM_ARGS, chromium, missing

DEMO = ROOT / "caseapp" / "demo" / "demo.json"
EMPTY = "/static/mark.svg"
PATIENCE = 15_000  # milliseconds until something that should show has failed to, on a busy machine
#: No process of its own for pictures that nobody sees.
UNSEEN = ["--in-process-gpu"]
#: Nothing is ever drawn, which is a quarter of every page. A click would wait for ever.
UNDRAWN = [*UNSEEN, "--disable-threaded-compositing"]

#: A migrated database with a world in it, and the world's accounts as JSON: three commands in one program, as starting
#: it takes as long as one of them.
LOAD = """
import sys
from caseapp import create_app
command = create_app().test_cli_runner().invoke
for words in (["db", "upgrade"], ["world", "load", sys.argv[1]], ["world", "accounts"]):
    done = command(args=words)
    if done.exit_code:
        sys.exit(f"{words}: {done.output} {done.exception!r}")
sys.stdout.write(done.stdout)
"""


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
            done = subprocess.run(
                [sys.executable, "-c", LOAD, DEMO],
                cwd=ROOT,
                env=environment(folder),
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stderr[-3000:]
            known.write_text(done.stdout, encoding="utf-8")
    accounts = json.loads(known.read_text(encoding="utf-8"))
    return folder, {account["email"]: account for account in accounts}


class Live:
    """A running server, the accounts of its world, and a look into its database."""

    def __init__(self, url, accounts, folder, original):
        self.url, self.accounts = url, accounts
        self.file = Path(folder) / "caseapp.sqlite"
        self.original = original / self.file.name
        self.known = {}  # by e-mail: the cookies and the session's row of somebody who came through the door

    @property
    def age(self) -> int:
        """Days since the world was loaded: none, but in a run over midnight."""
        loaded = datetime.fromtimestamp(self.original.stat().st_mtime, UTC)
        return (clock.today() - clock.local_day(loaded)).days

    def reset(self):
        """Bring the database back to the demo under the running server, as one transaction."""
        with (
            contextlib.closing(sqlite3.connect(self.original)) as before,
            contextlib.closing(sqlite3.connect(self.file, timeout=20)) as now,
        ):
            before.backup(now)

    def session_of(self, email, another=False) -> dict:
        """The cookies of a session of this account: the first time through the door, with the demo's password; later the
        same session, which is put back into the database as it was. `another`: one of its own, through the door again."""
        if email in self.known and not another:
            cookies, columns, row = self.known[email]
            now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
            row = [
                now if name in {"created_at", "seen_at", "proved_at"} else value
                for name, value in zip(columns, row, strict=True)
            ]
            self.change(
                f"INSERT INTO user_session ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608
                *row,
            )
            return cookies
        reader = Reader(self.url)
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', reader.get("/sign-in").text)
        typed = {"email": email, "password": self.accounts[email]["password"]}
        landed = reader.post("/sign-in", dict(hidden) | typed)
        assert landed.status == 200 and landed.path != "/sign-in", (landed.status, landed.path)
        columns = [name for _at, name, *_more in self.rows("PRAGMA table_info(user_session)")]
        (row,) = self.rows(
            "SELECT * FROM user_session WHERE user_id = (SELECT id FROM user WHERE email = ?) ORDER BY created_at DESC LIMIT 1",
            email,
        )
        self.known[email] = reader.cookies, columns, row
        return reader.cookies

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
    """chrome(): the browser. Others are started where a test asks for one, each once: with `drawn=False` pages can be read
    and measured, not clicked; `keeps=True` keeps past pages in memory, as people's browsers do."""
    from playwright import sync_api

    sync_api.expect.set_options(timeout=PATIENCE)
    path = chromium()
    if path is None:
        missing("Chromium")
    started = {}
    with pytest.MonkeyPatch.context() as patch, sync_api.sync_playwright() as driver:
        for act in ("click", "press", "dblclick"):
            patch.setattr(sync_api.Locator, act, _to_the_end(getattr(sync_api.Locator, act)))

        def one(drawn=True, keeps=False):
            if (drawn, keeps) not in started:
                started[drawn, keeps] = driver.chromium.launch(
                    executable_path=path,
                    args=[*CHROMIUM_ARGS, *(UNSEEN if drawn else UNDRAWN)],
                    # Playwright switches that memory off, and with it the very leak that Back could be.
                    ignore_default_args=["--disable-back-forward-cache"] if keeps else None,
                )
            return started[drawn, keeps]

        yield one
        for browser in started.values():
            browser.close()


def _to_the_end(act):
    """The same act; where it leads to another page it ends when that is there to its last line, with its scripts. Playwright's
    own ends with the first line, and whoever then looks for what must not be there finds nothing on a page cut short."""

    @functools.wraps(act)
    def acted(locator, *args, **kwargs):
        act(locator, *args, **kwargs)
        locator.page.wait_for_load_state()

    return acted


@pytest.fixture(scope="session")
def shown(demo):
    """What has been looked at already, by all workers together."""
    return Shown(demo[0])


class Windows:
    """Browser windows that were used and cleared: a new one, with a process of its own, costs three pages."""

    def __init__(self, chrome, url, shown):
        self.chrome, self.url, self.shown = chrome, url, shown
        self.idle = {True: [], False: []}

    def take(self, script, size, faults, fresh=False, **browser):
        """A page at this size, in a window of its own. Faults of what it shows are added to `faults`."""
        if self.idle[script] and not fresh and not browser:
            page = self.idle[script].pop()
            page.set_viewport_size(size)
        else:
            context = self.chrome(**browser).new_context(
                base_url=self.url, java_script_enabled=script, viewport=size
            )
            context.on("page", self._watch)
            context.runs_script, context.shown = script, self.shown
            context.fresh = fresh or bool(browser)
            page = context.new_page()
        page.context.faults = faults
        return page

    def give_back(self, page):
        """Nothing of it is left for the next: no cookie, no history, no other page. Only the files of the application,
        which are everybody's, stay in its memory."""
        context = page.context
        if context.fresh or page.is_closed():
            context.close()
            return
        for other in context.pages:
            if other is not page:
                other.close()
        context.clear_cookies()
        page.goto(EMPTY)  # of the same site, or its process would end with it
        talk = context.new_cdp_session(page)
        talk.send("Page.resetNavigationHistory")
        talk.detach()
        self.idle[context.runs_script].append(page)

    def _watch(self, page):
        context = page.context
        page.set_default_timeout(PATIENCE)
        page.on(
            "console",
            lambda m: context.faults.append(f"{page.url}: {m.text}") if _is_fault(m) else None,
        )
        page.on("pageerror", lambda e: context.faults.append(f"{page.url}: {e}"))


@pytest.fixture(scope="session")
def windows(chrome, server, shown):
    return Windows(chrome, server.url, shown)


@pytest.fixture
def browse(windows, live, request):
    """browse(script=False, width=390): a page without cookies or history, watched for faults. `fresh`: in a window that
    was never used and is not used again, where a test changes the window itself or asks what it fetches; `drawn=False` and
    `keeps=True`: in such a browser."""
    opened, faults = [], []

    def new(script=True, width=1280, height=1000, **window):
        size = {"width": width, "height": height}
        opened.append(windows.take(script, size, faults, **window))
        return opened[-1]

    yield new
    failed = getattr(request.node, "failed", False)
    for page in opened:
        page.context.fresh |= failed
        windows.give_back(page)
    assert not faults, faults


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    item.failed = getattr(item, "failed", False) or report.failed
    return report


def _is_fault(message) -> bool:
    """Violations of the content policy and script errors; a refused form (422, 409, 404 …) is not one."""
    text = message.text
    if "Content Security Policy" in text or "Content-Security-Policy" in text:
        return True
    quiet = ("Failed to load resource", "status of", "Failed to fetch", "net::ERR_")
    return message.type == "error" and not any(words in text for words in quiet)


@pytest.fixture
def sign_in(live):
    """sign_in(page, email): from now on this browser is theirs, and shows where they land, or the place `to` (None: nothing
    yet). A second browser of the same person has a session of its own."""
    inside = set()

    def through(page, email, to="/"):
        cookies = live.session_of(email, another=email in inside)
        inside.add(email)
        page.context.add_cookies(
            [
                {"name": name, "value": value, "url": live.url, "httpOnly": True, "sameSite": "Lax"}
                for name, value in cookies.items()
            ]
        )
        if to is not None:
            page.goto(to)
        return page

    return through


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def script(request):
    return request.param
