"""For tests of how long a record is kept: closed long ago, listed, seen, disposed of."""

from datetime import timedelta

from sqlalchemy import select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Case, RetentionReview
from caseapp.policy import rights
from caseapp.protocols import add_months
from caseapp.services import disposals, retention
from tests.world import LONG_AGO


def closed(case_id, on):
    """The case was closed on that day."""
    at = clock.at_local(on, LONG_AGO.time())
    row = db.session.get(Case, case_id)
    db.session.execute(
        Case.__table__.update()
        .where(Case.__table__.c.id == case_id)
        .values(
            status="closed_other",
            opened_at=at - timedelta(days=400),
            closed_at=at,
            closed_by_id=row.opened_by_id,
            close_reason="The work had ended",
        )
    )
    db.session.commit()
    db.session.expire_all()


def years_ago(years, days=0):
    return add_months(clock.today(), -12 * years) - timedelta(days=days)


def by(viewer):
    return {"actor": viewer, "at": clock.now()}


def only_review():
    return db.session.scalars(select(RetentionReview)).one()


def seen(viewer):
    return rights.find_retention_review(viewer, only_review().id)


def listed(world, days=1):
    closed(world.case_id, years_ago(8, days))
    assert retention.list_due(at=clock.now()) == 1
    return seen(world.declan)


def in_a_fortnight():
    return clock.now() + timedelta(days=retention.GRACE)


def disposed(world):
    """Niall's record is decided upon and, a fortnight later, gone."""
    retention.approve(seen(world.declan), **by(world.declan))
    return disposals.dispose_due(at=in_a_fortnight())
