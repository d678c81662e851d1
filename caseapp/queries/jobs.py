"""When the scheduled duties last ran, so that a silent stop is seen. Holds no person's data: for administrators."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from caseapp.extensions import db
from caseapp.models import JobRun, OutboxMessage

#: Without a run for so long, the page of the system warns.
SILENT_AFTER = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest run of one duty; times in UTC."""

    name: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str

    @property
    def failed(self) -> bool:
        return self.outcome.startswith("failed")


@dataclass(frozen=True, slots=True)
class Mail:
    """The outbox in numbers."""

    waiting: int
    given_up: int
    oldest_waiting: datetime | None


def last_runs() -> list[LastRun]:
    """The newest run of each duty, by name."""
    names = db.session.scalars(select(JobRun.name).distinct()).all()
    found = []
    for name in sorted(names):
        row = db.session.execute(
            select(JobRun.name, JobRun.started_at, JobRun.finished_at, JobRun.outcome)
            .where(JobRun.name == name)
            .order_by(JobRun.started_at.desc(), JobRun.id.desc())
            .limit(1)
        ).one()
        found.append(LastRun(*row))
    return found


def silent_since(now: datetime) -> datetime | bool:
    """When the duties last finished, if that is more than two days ago; True if they never ran; False while all is
    well. For the warning on the administrators' page."""
    last = db.session.scalar(select(func.max(JobRun.finished_at)))
    if last is None:
        return True
    return last if now - last > SILENT_AFTER else False


def mail() -> Mail:
    """What waits in the outbox, and what was given up."""
    waiting = (OutboxMessage.sent_at.is_(None), OutboxMessage.dead_at.is_(None))
    return Mail(
        db.session.scalar(select(func.count()).select_from(OutboxMessage).where(*waiting)),
        db.session.scalar(
            select(func.count()).select_from(OutboxMessage).where(OutboxMessage.dead_at.is_not(None))
        ),
        db.session.scalar(select(func.min(OutboxMessage.created_at)).where(*waiting)),
    )
