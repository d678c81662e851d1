"""Pages that only read run on the pool's own connection, leave it as they found it, and never see less than was saved."""

from contextlib import ExitStack

import pytest
from sqlalchemy import select, text, update

from caseapp import reader
from caseapp.extensions import db, read
from caseapp.models import Action
from caseapp.queries import sessions as session_reads
from caseapp.services.transaction import unit_of_work
from caseapp.web.transactions import begin_reading, end_reading
from tests import plans

KEPT = text("SELECT count(*) FROM pg_prepared_statements")


def lent():
    return db.engine.pool.checkedout()


@pytest.mark.parametrize(
    ("path", "status"),
    [("/team", 200), ("/cases/41729304/plan", 200), ("/cases/52830663/plan", 404), ("/no-such-page", 404)],
)
def test_no_page_keeps_a_connection(world, as_, path, status):
    db.session.rollback()
    before = lent()
    assert as_("declan").get(path).status_code == status
    assert lent() == before


def test_a_page_that_breaks_keeps_no_connection_either(app, world, as_, monkeypatch):
    client = as_("declan")
    db.session.rollback()
    before = lent()

    def breaks(*_, **__):
        session_reads.live("nobody", now=world.now, idle_since=world.now)  # something was read
        raise ZeroDivisionError

    monkeypatch.setitem(app.view_functions, "home.team", breaks)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert client.get("/team").status_code == 500
    assert lent() == before


@pytest.fixture
def as_driven(app):
    """Connections that forget what they have planned as they do in production, of this test alone."""
    with app.app_context(), plans.as_driven():
        db.engine.dispose()
        yield
        db.session.rollback()
        db.engine.dispose()


def test_postgresql_keeps_what_it_has_planned_from_one_reading_page_to_the_next(as_driven, world, as_):
    client = as_("declan")
    for _ in range(4):
        assert client.get("/team").status_code == 200
    if db.engine.dialect.name != "postgresql":
        return
    db.session.rollback()
    with ExitStack() as open_:
        pooled = [open_.enter_context(db.engine.connect()) for _ in range(db.engine.pool.checkedin())]
        kept = [one.execute(KEPT).scalar() for one in pooled]
        assert {one.execute(text("SHOW plan_cache_mode")).scalar() for one in pooled} == {
            "force_generic_plan"
        }
    assert max(kept) > 10


def test_what_a_use_case_saves_on_a_reading_page_is_read_by_the_rest_of_that_page(app, world):
    what = select(Action.what).order_by(Action.id).limit(1)
    db.session.rollback()
    with app.test_request_context("/team"):
        begin_reading()
        was = read(what, {}).scalar()
        assert reader.current(None) is not None
        with unit_of_work():
            db.session.execute(update(Action).values(what="said anew"))
            assert read(what, {}).scalar() == "said anew"
        assert was != "said anew"
        assert read(what, {}).scalar() == "said anew"
        end_reading()
    assert reader.current(None) is None
