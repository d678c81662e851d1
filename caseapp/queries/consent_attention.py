"""What the case manager should see to about consent: what ends, what is missing, what is unsigned."""

from dataclasses import dataclass
from datetime import date, timedelta

from caseapp import clock, dates
from caseapp.queries.consent import AgencyConsent


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing to see to; `anchor` is the id of the agency whose block mends it."""

    text: str
    anchor: int


def attention(
    agencies: list[AgencyConsent], *, lead_id: int, warn_days: int, today: date | None = None
) -> list[Attention]:
    """What ends within so many calendar days, what has ended with work left, who acts without consent, which
    signature is due; soonest first within each kind."""
    today = today or clock.today()
    soon = today + timedelta(days=warn_days)
    ending, missing, unsigned, unseen = [], [], [], []
    for entry in agencies:
        if entry.excluded:
            if entry.actions:
                missing.append((entry, f"never to be told, but has {_actions(entry.actions)}"))
            continue
        for grant in entry.in_force:
            if grant.expires_on and grant.expires_on <= soon:
                ending.append((grant.expires_on, entry, f"consent ends {in_days(grant.expires_on, today)}"))
            if grant.spoken and grant.written_due_on:
                late = grant.written_due_on < today
                words = "signature was due" if late else "signature due by"
                unsigned.append(
                    (grant.written_due_on, entry, f"{words} {dates.short_day(grant.written_due_on)}")
                )
        if entry.agency_id == lead_id:
            continue
        if entry.unseen:
            unseen.append((entry, f"{_actions(entry.unseen)} about something kept from it"))
        if not entry.sharing and not entry.to_come:
            if entry.actions:
                missing.append((entry, f"{_actions(entry.actions)}, but no consent: it sees nothing"))
            elif not entry.refused:
                missing.append((entry, "no consent, no action"))
    lines = [(entry, text) for _day, entry, text in sorted(ending, key=lambda row: row[0])]
    lines += missing
    lines += [(entry, text) for _day, entry, text in sorted(unsigned, key=lambda row: row[0])]
    lines += unseen
    return [Attention(f"{entry.agency}: {text}", entry.agency_id) for entry, text in lines]


def in_days(day: date, today: date) -> str:
    """today, tomorrow, in 6 days: calendar days, for consent runs on them."""
    days = (day - today).days
    return "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"


def _actions(count):
    return "1 action" if count == 1 else f"{count} actions"
