"""The privacy officer's first page: what waits to be looked into, by kind, and the figures of the last weeks.

Each kind of thing is a `Pile`: how many wait, since when the oldest does, and the page that lists them. A new kind adds
its function to PILES; a pile whose page this house does not have is not drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import AuditDay, AuditTally, EmergencyAccess, ReadingFinding, SubjectRequest
from caseapp.policy import emergency, privacy
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import OPEN_ACCESS, AuditAct

#: Weeks whose figures stand on the page, the running one left out.
WEEKS = 6


@dataclass(frozen=True, slots=True)
class Pile:
    """Things of one kind that wait. `late` of them are past their day; `oldest` is when the first came, in UTC or as a
    local day."""

    title: str
    what: str
    waiting: int
    endpoint: str
    values: dict
    oldest: datetime | date | None = None
    late: int = 0
    limit: str = ""


def unusual(viewer: Viewer) -> Pile:
    """Unusual reading that nobody has closed."""
    waiting, oldest = db.session.execute(
        select(func.count(), func.min(ReadingFinding.found_at)).where(
            privacy.SEES_FINDING, ReadingFinding.closed_at.is_(None)
        ),
        privacy.binds(viewer),
    ).one()
    return Pile("Unusual reading", "to look into", waiting, "privacy.findings", {}, oldest)


def emergencies(viewer: Viewer) -> Pile:
    """Records that were opened in an emergency, and not reviewed; three working days are given for it (X-7)."""
    waiting, oldest, due = db.session.execute(
        select(
            func.count(),
            func.min(EmergencyAccess.opened_at),
            func.count().filter(EmergencyAccess.review_due_on < clock.today()),
        ).where(EmergencyAccess.reviewed_at.is_(None), emergency.REVIEWS),
        emergency.binds(viewer),
    ).one()
    return Pile(
        "Emergency access",
        "to review",
        waiting,
        "emergency.index",
        {},
        oldest,
        due,
        "within three working days",
    )


def requests(viewer: Viewer) -> Pile:
    """People who asked what is kept about them, and have no answer yet (X-5: one month)."""
    waiting, oldest, late = db.session.execute(
        select(
            func.count(),
            func.min(SubjectRequest.received_on),
            func.count().filter(
                func.coalesce(SubjectRequest.extended_to, SubjectRequest.due_on) < clock.today()
            ),
        ).where(SubjectRequest.stage.in_(OPEN_ACCESS), privacy.SERVES(SubjectRequest.agency_id)),
        privacy.binds(viewer),
    ).one()
    return Pile(
        "Access requests", "to answer", waiting, "rights.requests", {}, oldest, late, "within one month"
    )


#: In the order in which they stand on the page.
PILES: tuple[Callable[[Viewer], Pile], ...] = (emergencies, unusual, requests)


def piles(*, viewer: Viewer) -> list[Pile]:
    """What waits, by kind."""
    return [one(viewer) for one in PILES]


# --- figures of the last weeks ----------------------------------------------------------------------------------------

#: The figures of a week, in the order of their columns.
COLUMNS = {
    "looked": ("Records looked at", (AuditAct.READ,)),
    "refused": ("Refused", (AuditAct.REFUSED,)),
    "printed": ("Printed", (AuditAct.PRINTED,)),
    "exported": ("Saved as a file", (AuditAct.EXPORTED,)),
    "emergency": ("Emergency", (AuditAct.EMERGENCY,)),
    "disclosed": ("Disclosed", (AuditAct.DISCLOSED,)),
}


@dataclass(frozen=True, slots=True)
class Week:
    """What the staff of the agencies that the viewer answers for did in a week: it begins on a Monday."""

    monday: date
    numbers: dict[str, int]


def weeks(*, viewer: Viewer, today: date | None = None) -> list[Week]:
    """The last whole weeks, newest first, as counted each night; and how far the counting has come."""
    today = today or clock.today()
    this_monday = today - timedelta(days=today.weekday())
    first = this_monday - timedelta(weeks=WEEKS)
    rows = db.session.execute(
        select(AuditTally.day, AuditTally.act, func.sum(AuditTally.entries))
        .where(AuditTally.day >= first, AuditTally.day < today, privacy.SERVES(AuditTally.agency_id))
        .group_by(AuditTally.day, AuditTally.act),
        privacy.binds(viewer),
    ).all()
    found = []
    for back in range(WEEKS + 1):
        monday = this_monday - timedelta(weeks=back)
        numbers = {
            key: sum(n for day, act, n in rows if monday <= day < monday + timedelta(days=7) and act in acts)
            for key, (_, acts) in COLUMNS.items()
        }
        found.append(Week(monday, numbers))
    return found


def counted_until() -> date | None:
    """The last day that was counted and looked through; None before the first night."""
    return db.session.scalar(select(func.max(AuditDay.day)))
