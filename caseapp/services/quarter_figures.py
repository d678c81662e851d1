"""Keeping the figures of quarters that have ended: a daily duty, once for each quarter and agency (S2-39, S2-41)."""

from datetime import datetime

from sqlalchemy import select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Agency, QuarterFigures
from caseapp.queries import quarterly_counts, quarters
from caseapp.services.transaction import use_case


@use_case
def keep(*, at: datetime) -> int:
    """Count each quarter that has ended and is not kept yet, for every agency, as it stands now; what is kept is never
    counted again. Only the last one that ended: what is known today of older ones is not how they stood. Returns how
    many were written."""
    last = quarters.closed(at)[0]
    if db.session.scalar(select(QuarterFigures.id).where(QuarterFigures.quarter == last.key).limit(1)):
        return 0
    counted = quarterly_counts.counts(last, today=clock.local_day(at))
    agencies = db.session.execute(select(Agency.id, Agency.area_id)).all()
    db.session.add_all(
        [
            QuarterFigures(
                quarter=last.key,
                agency_id=agency_id,
                area_id=area_id,
                counted_at=at,
                content=quarterly_counts.sealed(counted.get(agency_id, {})),
            )
            for agency_id, area_id in agencies
        ]
    )
    return len(agencies)
