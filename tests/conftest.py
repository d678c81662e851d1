"""Fixtures for every test. A test that asks for `app`, `client` or `db_session` runs on both databases.

- `client`: a `Browser` (tests/browser.py), nobody signed in; `app.test_client()` gives another.
- `db_session`: the session to set up and look at rows with; commit what a service or request shall find.
- `database.kept(name, build)`: a standing world, built once and brought back in milliseconds for each test.
- `another_database`: the url of a migrated database of its own, for tests that start processes or threads.
- `blank_database`: the url of one with nothing in it, for migrations.
"""

import gc
import os

import pytest
from hypothesis import settings
from jinja2 import FileSystemBytecodeCache

from tests import databases, postgres, scratch
from tests.tools import missing
from tests.world import as_, world  # noqa: F401 - fixtures for every test

scratch.use_memory()

# How long one example takes says nothing on a busy machine; in CI the same examples every time.
settings.register_profile("house", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("house")


def pytest_collection_finish():
    """What was imported and collected stays to the end: the collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """What takes longest goes first, so that no worker is left alone with it in the end."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/e2e/test_every_page.py"))


@pytest.fixture(scope="session")
def shared(tmp_path_factory, worker_id):
    """A folder for what is made once for all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session", params=list(databases.KINDS))
def database(request, shared):
    try:
        database = databases.KINDS[request.param](shared)
    except postgres.NoPostgres as why:
        missing(f"PostgreSQL ({why})")
    yield database
    database.stop()


@pytest.fixture(scope="session")
def application(database, shared, tmp_path_factory):
    """The application on this database, built once; tests ask for `app`."""
    from caseapp import create_app
    from caseapp.extensions import db
    from tests import asked, passwords, plans
    from tests.browser import Browser, watch_over

    application = create_app(
        {
            "TESTING": True,
            "CASEAPP_ENV": "test",
            "DATABASE_URL": database.url,
            "CASEAPP_DATA": str(tmp_path_factory.mktemp(database.kind)),
            "SECRET_KEY": "only for tests",
        }
    )
    application.test_client_class = Browser
    application.request_class = asked.NotedRequest
    watch_over(application)
    asked.watch_over(application)
    compiled = shared / "templates"
    compiled.mkdir(exist_ok=True)
    application.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled))
    if database.kind == "sqlite":
        with application.app_context():
            database.let_go = db.engine.dispose
    with passwords.quick(), plans.kept():
        yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture
def app(request, application, database):
    """The application on a migrated, empty database; where the test has a `world`, that brings its own state."""
    from caseapp.extensions import db
    from caseapp.web import pace

    if "world" not in request.fixturenames:
        database.reset()
    pace.forget()
    yield application
    with application.app_context():
        db.session.remove()


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def db_session(app):
    from caseapp.extensions import db

    with app.app_context():
        yield db.session
        db.session.rollback()


@pytest.fixture
def another_database(database):
    yield database.another("another")
    database.drop("another")


@pytest.fixture
def blank_database(database):
    yield database.blank("blank")
    database.drop("blank")


@pytest.fixture
def in_plain_words(monkeypatch):
    """As on a machine that can make no PDF: it sends the words that would stand in one, where a test can find them."""
    from caseapp.documents import pdf

    monkeypatch.setattr(pdf, "available", lambda: False)
