"""Real browser, real server: Chromium against gunicorn, with the demo world in a database of its own.

`live` is the server's address; `sign_in(page, "orla@…")` goes through the door; `browse(script=True, width=1280)` opens
a fresh browser page that holds every page it shows to the house rules: no CSP violation, no script error.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.tools import CHROMIUM_ARGS, chromium, missing

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "caseapp" / "demo" / "demo.json"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def flask(*words, env):
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *words],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory):
    """A data folder with the demo world in it, loaded once; tests serve copies of it."""
    folder = tmp_path_factory.mktemp("demo")
    env = clean_environment(folder)
    flask("db", "upgrade", env=env)
    flask("world", "load", str(DEMO), env=env)
    accounts = json.loads(flask("world", "accounts", env=env))
    return folder, {account["email"]: account for account in accounts}


def clean_environment(folder):
    env = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "SECRET_KEY", "CASEAPP_ENV"}}
    return env | {"CASEAPP_DATA": str(folder), "PYTHONWARNINGS": "default"}


class Live:
    """A running server and the accounts of its world."""

    def __init__(self, url, accounts, folder):
        self.url, self.accounts, self.folder = url, accounts, folder


@pytest.fixture(scope="module")
def live(demo_data, tmp_path_factory):
    """The demo world served by gunicorn; each test module has its own copy."""
    folder, accounts = demo_data
    copy = tmp_path_factory.mktemp("live") / "data"
    shutil.copytree(folder, copy)
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            *(
                "-m",
                "gunicorn",
                "app:app",
                "--no-control-socket",
                "--workers",
                "1",
                "--worker-class",
                "gthread",
            ),
            *("--threads", "8", "--bind", f"127.0.0.1:{port}", "--log-level", "warning"),
        ],
        cwd=ROOT,
        env=clean_environment(copy),
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            urlopen(url + "/sign-in", timeout=5).read()  # noqa: S310 - our own loopback address
            break
        except (URLError, OSError):
            time.sleep(0.1)
    yield Live(url, accounts, copy)
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="session")
def chrome():
    playwright = (
        pytest.importorskip("playwright.sync_api")
        if not os.environ.get("CI")
        else __import__("playwright.sync_api", fromlist=["sync_api"])
    )
    path = chromium()
    if path is None:
        missing("Chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def browse(chrome, live):
    """browse(script=False, width=390): a fresh page with its own cookies, watched for faults."""
    opened, faults = [], []

    def new(script=True, width=1280, height=1000):
        context = chrome.new_context(
            base_url=live.url, java_script_enabled=script, viewport={"width": width, "height": height}
        )
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda m: faults.append(m.text) if _is_fault(m) else None)
        page.on("pageerror", lambda e: faults.append(str(e)))
        opened.append(context)
        return page

    yield new
    for context in opened:
        context.close()
    assert not faults, faults


def _is_fault(message) -> bool:
    """Violations of the content policy and script errors; a refused form (422, 409, 404 …) is not one."""
    text = message.text
    if "Content Security Policy" in text or "Content-Security-Policy" in text:
        return True
    return message.type == "error" and "Failed to load resource" not in text and "status of" not in text


@pytest.fixture
def sign_in(live):
    """sign_in(page, email): through the door, with the demo's password."""

    def through(page, email):
        page.goto("/sign-in")
        page.get_by_label("Work e-mail").fill(email)
        page.get_by_label("Password", exact=True).fill(live.accounts[email]["password"])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_load_state()
        assert "/sign-in" not in page.url, page.inner_text("main")
        return page

    return through
