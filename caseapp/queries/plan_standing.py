"""Where each agency in a plan stands: what it may see and until when, and whether it does what the plan says (S2-48)."""

from dataclasses import dataclass, field
from datetime import date

from caseapp import dates, ids
from caseapp.queries import plan_rows
from caseapp.vocabulary import OPEN_ACTIONS, ActionStatus, AgencyKind

_CANCELLED = ActionStatus.CANCELLED
#: What is counted by itself, and in which field of a Standing.
_COUNTED = {
    ActionStatus.REQUESTED: "unanswered",
    ActionStatus.DECLINED: "declined",
    ActionStatus.BLOCKED: "blocked",
}


@dataclass(slots=True)
class Standing:
    """An agency in the plan: what it may see and until when, and whether it does what the plan says (S2-48)."""

    id: int
    name: str
    lead: bool = False
    known: bool = False
    never: bool = False
    clinic: bool = False
    contact: str = ""
    granted_on: date | None = None
    until: date | None = None
    full_plan: bool = False
    workers: list[str] = field(default_factory=list)
    actions: int = 0
    open: int = 0
    late: int = 0
    unanswered: int = 0
    declined: int = 0
    blocked: int = 0
    anchor: str = ""
    sees: str = ""
    ending: str = ""
    count: str = ""
    mend: tuple | None = None
    alarm: str = ""
    waits: str = ""


def standings(head, aside, actions, today) -> list[Standing]:
    """Every agency that is known, has consent, is never to be told, or is to do something; the lead first."""
    found: dict[int, Standing] = {
        head.lead_agency_id: Standing(head.lead_agency_id, head.lead_agency, lead=True)
    }

    def one(agency_id, name):
        if agency_id not in found:
            found[agency_id] = Standing(agency_id, name)
        return found[agency_id]

    for row in aside.get("known", ()):
        agency = one(row.agency_id, row.name)
        agency.known, agency.contact = True, row.text or ""
        agency.clinic = agency.clinic or row.more == AgencyKind.PRESCRIBING_CLINIC
    for row in aside.get("grant", ()):
        agency = one(row.agency_id, row.name)
        agency.granted_on, agency.until, agency.full_plan = row.day, row.until, bool(row.flag)
        agency.contact = agency.contact or row.text or ""
        agency.clinic = agency.clinic or row.more == AgencyKind.PRESCRIBING_CLINIC
    for row in aside.get("never", ()):
        one(row.agency_id, row.name).never = True
    for a in actions:
        if a.agency_id is None:
            continue
        agency, status = one(a.agency_id, a.agency_name), a.status
        name = plan_rows.worker_name(a)
        if name and name not in agency.workers:
            agency.workers.append(name)
        if status in OPEN_ACTIONS:
            agency.open += 1
            agency.late += plan_rows.is_late(a, today)
        if status in _COUNTED:
            counted = _COUNTED[status]
            setattr(agency, counted, getattr(agency, counted) + 1)
        if status is not _CANCELLED:
            agency.actions += 1
    lead, *others = found.values()
    return [lead, *sorted(others, key=lambda a: (a.granted_on is None, a.name.casefold()))]


def say(one: Standing, head, faults, today) -> None:
    """Put an agency's standing into words."""
    one.anchor = f"ag-{ids.written(one.id)}"
    one.mend = faults.agencies.get(one.id)
    if one.lead:
        one.sees = "Leads the case"
    elif one.granted_on:
        part = "the full plan" if one.full_plan else "its own part"
        one.sees = f"Sees {part}{f', until {dates.day(one.until)}' if one.until else ''}"
        if one.until and (one.until - today).days <= head.consent_days:
            one.ending = f"Consent ends {dates.day(one.until)}"
    elif one.never:
        one.sees = "Never to be told"
    if one.actions:
        one.count = "1 action" if one.actions == 1 else f"{one.actions} actions"
    one.alarm = ", ".join(w for n, w in ((one.late, f"{one.late} late"), (one.blocked, "blocked")) if n)
    one.waits = ", ".join(
        w
        for n, w in (
            (one.unanswered, f"{one.unanswered} not answered"),
            (one.declined, f"{one.declined} declined"),
        )
        if n
    )
