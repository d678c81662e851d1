"""Each night's duty: count the day's entries of the audit record, and look through them with the rules of unusual
reading. A day is done once (audit_day); days that were missed are made up for, a month at a run."""

from datetime import date, datetime, timedelta

from sqlalchemy import func, insert, select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import AuditDay, AuditTally
from caseapp.queries import settings
from caseapp.queries import unusual_reading as facts
from caseapp.queries.unusual_reading import Near
from caseapp.services import findings
from caseapp.services.unusual_rules import AFTERWARDS, RULES, near

#: Days that are made up for in one run.
DAYS_AT_ONCE = 31
#: Older days are counted, but no longer looked through.
RULES_REACH = 28


def run(*, at: datetime) -> str:
    """Do every local day that is over and not done yet, in the transaction that is open; in words what came of it."""
    today = clock.local_day(at)
    days = found = 0
    for day in _waiting(today):
        found += look_through(day, at=at, rules=(today - day).days <= RULES_REACH)
        days += 1
    return (
        f"{days} days looked through, {found} found" if days != 1 else f"1 day looked through, {found} found"
    )


def look_through(day: date, *, at: datetime, rules: bool = True) -> int:
    """Count one day and put it to the rules. Returns how many findings are new. A day that is done is not counted
    again."""
    read = facts.of_day(day)
    db.session.execute(insert(AuditDay).values(day=day, at=at, entries=read.entries))
    if read.tally:
        db.session.execute(
            insert(AuditTally),
            [
                {"day": day, "agency_id": agency, "act": act, "ground": ground, "entries": count}
                for (agency, act, ground), count in sorted(read.tally.items())
            ],
        )
    return len(findings.add(_found(read), at=at)) if rules else 0


def _found(read):
    limits = {agency_id: settings.values(agency_id) for agency_id in {r.agency_id for r in read.readers}}
    who = Near(read.readers)
    for reader in read.readers:
        for rule in RULES:
            if rule.look and not rule.later:
                yield from rule.look(reader, read.day, limits[reader.agency_id])
        yield from near(reader, who, limits[reader.agency_id])
    before = facts.of_day(read.day - timedelta(days=AFTERWARDS))
    for reader in before.readers:
        own = limits.setdefault(reader.agency_id, None) or settings.values(reader.agency_id)
        limits[reader.agency_id] = own
        for rule in RULES:
            if rule.look and rule.later:
                yield from rule.look(reader, before.day, own)


def _waiting(today):
    """Days that are over and not done, the oldest first."""
    last = db.session.scalar(select(func.max(AuditDay.day)))
    first = last + timedelta(days=1) if last else facts.first_day()
    if first is None:
        return
    for number in range(min((today - first).days, DAYS_AT_ONCE)):
        yield first + timedelta(days=number)
