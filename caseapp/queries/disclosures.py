"""What of a person's record was shown to other agencies: to whom, when, on what ground (X-5, GDPR art. 15).

It is read from the access record, which no answer leaves without (X-13), so it holds what was really shown and not
what could have been. Each lead agency answers for its own time (docs/decisions/0032)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Text, and_, bindparam, cast, or_, select

from caseapp import clock, dates
from caseapp.extensions import db
from caseapp.models import AuditEntry, Case, ConsentGrant, User
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.do import Do
from caseapp.policy.former_leads import LOOKS_OF_OUR_TIME
from caseapp.policy.restricted import SAYS_NOTHING_OF_IT
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import audit_grounds
from caseapp.vocabulary import AuditAct

SHOWN = (AuditAct.READ, AuditAct.PRINTED, AuditAct.EXPORTED, AuditAct.LISTED, AuditAct.SEARCHED)

#: Routes that gave the access record no better words than the name of their act.
IN_WORDS = {
    Do.VIEW_PLAN: "The plan, as far as it sees it",
    Do.VIEW_WHOLE_PLAN: "The whole plan",
    Do.PRINT_PART: "Its part of the plan",
    Do.PRINT_PLAN: "The whole plan",
    Do.UPDATE_ACTION: "One of its own actions",
    Do.RAISE_ISSUE: "A question about the plan",
    Do.VIEW_NOTES: "Notes shared with it",
    Do.VIEW_TIMELINE: "What happened in its part",
    Do.VIEW_OWN_CONSENT: "The consent given to it",
}


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What one member of staff was shown on one day, and on what ground; `times` counts how often."""

    day: date
    agency_id: int
    agency: str
    who: str
    what: str
    ground: str
    times: int


_CASE = bindparam("case_id", type_=Id)
_COLUMNS = (
    AuditEntry.at,
    AuditEntry.agency_id,
    AuditEntry.agency_name,
    AuditEntry.user_name,
    AuditEntry.what,
    AuditEntry.act,
    AuditEntry.ground,
    AuditEntry.grant_id,
)
_ON_THE_CASE = (
    select(*_COLUMNS)
    .join(Case, Case.id == AuditEntry.case_id)
    .where(
        Case.id == _CASE,
        AuditEntry.chain == Case.person_id,
        AuditEntry.act.in_(SHOWN),
        # an agency that led then looked at its own record, whoever leads since
        or_(
            and_(AuditEntry.agency_id != Case.lead_agency_id, AuditEntry.ground != "lead agency"),
            AuditEntry.ground == "consent",
        ),
        SAYS_NOTHING_OF_IT,
        scopes.SEES_ALL,
        LOOKS_OF_OUR_TIME,
    )
)
#: Lists and exports name several cases at once; theirs stand in the entry's detail.
_IN_LISTS = (
    select(*_COLUMNS, AuditEntry.detail)
    .join(User, User.id == AuditEntry.user_id)
    .join(Case, Case.id == _CASE)
    .where(
        AuditEntry.case_id.is_(None),
        AuditEntry.act.in_(SHOWN),
        User.agency_id.in_(select(ConsentGrant.agency_id).where(ConsentGrant.case_id == _CASE)),
        AuditEntry.agency_id != Case.lead_agency_id,
        AuditEntry.at >= Case.opened_at,
        cast(AuditEntry.detail, Text).contains(bindparam("case_text")),
        SAYS_NOTHING_OF_IT,
        scopes.SEES_ALL,
        LOOKS_OF_OUR_TIME,
    )
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the list: one agency, and local days from and to, both counted in."""

    agency_id: int | None = None
    since: date | None = None
    until: date | None = None


def disclosures(case: CaseFile, *, viewer: Viewer, wanted: Wanted | None = None) -> list[Disclosed]:
    """What other agencies were shown, newest first: one line for each person, thing, ground and day."""
    wanted = wanted or Wanted()
    binds = {"case_id": case.id, "case_text": str(case.id)} | scopes.binds(viewer)
    periods = _periods(case)
    lines: dict[tuple, int] = {}
    for row in _entries(binds, wanted):
        day = clock.local_day(row.at)
        if (wanted.since and day < wanted.since) or (wanted.until and day > wanted.until):
            continue
        ground = periods.get(row.grant_id) or _ground(row)
        key = (day, row.agency_id, row.agency_name, row.user_name, _words(row), ground)
        lines[key] = lines.get(key, 0) + 1
    found = [Disclosed(*key, times=times) for key, times in lines.items()]
    return sorted(found, key=lambda d: (-d.day.toordinal(), d.agency, d.who, d.what))


def agencies(case: CaseFile, *, viewer: Viewer) -> list[tuple[int, str]]:
    """The agencies that were shown anything, by name."""
    found = {(d.agency_id, d.agency) for d in disclosures(case, viewer=viewer)}
    return sorted(found, key=lambda pair: pair[1])


def _entries(binds, wanted) -> Iterable:
    on_case, in_lists = _ON_THE_CASE, _IN_LISTS
    if wanted.agency_id is not None:
        on_case = on_case.where(AuditEntry.agency_id == wanted.agency_id)
        in_lists = in_lists.where(AuditEntry.agency_id == wanted.agency_id)
    if wanted.since is not None:  # a day of margin: the local day is judged row by row
        moment = datetime.combine(wanted.since - timedelta(days=1), time(), clock.now().tzinfo)
        on_case = on_case.where(AuditEntry.at >= moment)
        in_lists = in_lists.where(AuditEntry.at >= moment)
    yield from db.session.execute(on_case, binds)
    for row in db.session.execute(in_lists, binds):
        if _holds(row.detail, binds["case_id"]):
            yield row


def _holds(detail, case_id):
    cases = detail.get("cases") if isinstance(detail, dict) else None
    return isinstance(cases, list) and any(str(one) == str(case_id) for one in cases)


def _words(row):
    words = IN_WORDS.get(row.what) or row.what[:1].upper() + row.what[1:]
    return words if row.act is AuditAct.READ else f"{words} ({row.act.label.lower()})"


def _periods(case):
    """Each consent in words, by its id."""
    rows = db.session.execute(
        select(
            ConsentGrant.id,
            ConsentGrant.starts_on,
            ConsentGrant.expires_on,
            ConsentGrant.full_plan,
            ConsentGrant.withdrawn_at,
        ).where(ConsentGrant.case_id == case.id)
    )
    words = {}
    for grant_id, starts, expires, full, withdrawn in rows:
        until = clock.local_day(withdrawn) if withdrawn else expires
        held = f"{dates.day(starts)} to {dates.day(until)}" if until else f"from {dates.day(starts)}"
        words[grant_id] = f"Consent {held}, {'the whole plan' if full else 'its own part'}"
    return words


def _ground(row):
    if row.act is not AuditAct.READ:
        return "Consent, for a list of its own work"
    return audit_grounds.in_words(row.ground, row.what)
