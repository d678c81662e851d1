"""The standing world behind a real server of two worker processes, on each database, and browsers without a face.

`served` is the server with the world in a database of its own, which is as new for each test; `served.visitor("orla")` is a signed-in visitor that
each thread may have for itself; `together(act, n)` runs `act(i)` in n threads that all start at the same moment.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

import pytest

from tests.browser import parse
from tests.databases import plain_engine
from tests.servers import environment, serving

WORKERS, THREADS = 2, 8
PATIENCE = 60  # seconds until an answer on a busy machine counts as lost
SECRET = "only for tests under load"


class Answer:
    """What came back: `.status`, `.text`, `.location`."""

    def __init__(self, response):
        self.status = response.status
        self.text = response.read().decode()
        self.location = response.headers.get("Location", "")

    def form(self, action_ends=""):
        """The one form that posts to an address with this end; its `fields` are as the page filled them in."""
        found = [
            form
            for form in parse(self.text).forms
            if form.method == "post" and form.action.endswith(action_ends)
        ]
        assert len(found) == 1, (self.status, [form.action for form in parse(self.text).forms])
        return found[0]


class Visitor:
    """A browser without a face: cookies, forms, one connection at a time."""

    def __init__(self, port, cookies):
        self.port, self.cookies = port, dict(cookies)

    def copy(self):
        """The same session in another tab (for another thread)."""
        return Visitor(self.port, self.cookies)

    def get(self, path, htmx=False):
        return self._ask("GET", path, None, htmx)

    def post(self, path, fields, htmx=False):
        return self._ask("POST", path, urlencode(fields, doseq=True), htmx)

    def _ask(self, method, path, body, htmx):
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if htmx:
            headers["HX-Request"] = "true"
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            for line in response.headers.get_all("Set-Cookie") or ():
                self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
            return Answer(response)
        finally:
            connection.close()


class Served:
    def __init__(self, port, world, url, cookies):
        self.port, self.world, self.url, self._cookies = port, world, url, cookies

    def visitor(self, name):
        return Visitor(self.port, self._cookies[name])

    def rows(self, sql, **binds):
        with plain_engine(self.url) as engine, engine.connect() as connection:
            from sqlalchemy import text

            return [tuple(row) for row in connection.execute(text(sql), binds)]

    def wake(self):
        """The world is built once: on a slow machine its sessions would have lain idle by the time of the later tests."""
        from caseapp import clock
        from caseapp.models import UserSession

        with plain_engine(self.url) as engine, engine.begin() as connection:
            connection.execute(
                UserSession.__table__.update().values(seen_at=clock.now(), proved_at=clock.now())
            )

    def value(self, sql, **binds):
        ((found,),) = self.rows(sql, **binds)
        return found


@pytest.fixture(scope="session")
def server(database, tmp_path_factory):
    """(the running server, what brings its database back to the standing world)."""
    folder = tmp_path_factory.mktemp("load")
    url = database.another("load")
    env = environment(folder, DATABASE_URL=url, SECRET_KEY=SECRET)
    world, cookies = _built(url, folder)
    back = database.coming_back("load")
    with serving(env, log=folder / "server.log", workers=WORKERS, threads=THREADS) as port:
        yield Served(port, world, url, cookies), back
    database.drop("load")


@pytest.fixture
def served(server):
    served, back = server
    back()
    served.wake()
    return served


def _built(url, folder):
    """Build the world, and a session for everybody in it. Returns the world, and cookies by name."""
    from caseapp import clock, create_app
    from caseapp.extensions import db
    from caseapp.services import sessions
    from tests.world import build

    app = create_app(
        {"TESTING": True, "DATABASE_URL": url, "CASEAPP_DATA": str(folder), "SECRET_KEY": SECRET}
    )
    signer = app.session_interface.get_signing_serializer(app)
    name = app.config["SESSION_COOKIE_NAME"]
    with app.app_context():
        world = build()
        tokens = {
            who: sessions.begin(viewer.user_id, at=clock.now(), lasts=timedelta(hours=12))
            for who, viewer in world.viewers.items()
        }
        db.session.commit()
        db.engine.dispose()
    return world, {who: {name: signer.dumps({"_user_id": token})} for who, token in tokens.items()}


@pytest.fixture
def together():
    """together(act, 8): act(0) … act(7) in threads that start at the same moment; their answers in order."""

    def run(act, many):
        start = threading.Barrier(many)

        def one(i):
            start.wait(PATIENCE)
            return act(i)

        with ThreadPoolExecutor(many) as pool:
            return list(pool.map(one, range(many)))

    return run


def path_of(location):
    return urlsplit(location).path
