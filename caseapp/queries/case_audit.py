"""Who has looked at a case, changed it, or was refused (X-5, X-13), for the case manager and the line manager."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import and_, func, or_, select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import AuditEntry, Case
from caseapp.policy import scopes
from caseapp.policy.former_leads import LOOKS_OF_OUR_TIME
from caseapp.policy.restricted import SAYS_NOTHING_OF_IT
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import audit_grounds
from caseapp.vocabulary import AuditAct

PAGE = 50

_ID = re.compile(r": (action|goal) [0-9]{9,}$")

#: An export holds at most this many rows.
MOST = 20_000


@dataclass(frozen=True, slots=True)
class Look:
    """One act on the record. `who` is empty for nobody signed in; `ground` says in words why they could."""

    at: datetime
    who: str
    agency: str
    act: AuditAct
    what: str
    ground: str


_COLUMNS = (
    AuditEntry.at,
    AuditEntry.user_name,
    AuditEntry.agency_name,
    AuditEntry.act,
    AuditEntry.what,
    AuditEntry.ground,
    AuditEntry.grant_id,
    AuditEntry.user_id,
    AuditEntry.case_id,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: of one member of staff, of one agency (by name: entries outlive what they name), of one act, on
    local days from and to, both counted in."""

    who: int | None = None
    agency: str = ""
    act: str = ""
    since: date | None = None
    until: date | None = None


#: What the words of the guards mean to people; everything else is shown as it was written.
SAID = {
    "plan:view": "the plan",
    "plan:view-whole": "the whole plan",
    "plan:see-as": "the plan, as an agency sees it",
    "plan:print-part": "a print of one part of the plan",
    "plan:print-whole": "a print of the whole plan",
    "plan:print-persons-copy": "a print of the person’s own copy",
    "plan:edit": "the plan, to change it",
    "plan:agree": "the agreement of the plan",
    "plan:review": "a review of the plan",
    "action:update": "an action",
    "issue:raise": "an issue with the plan",
    "issue:answer": "an issue with the plan",
    "case:view": "the case page",
    "case:edit": "the case, to change it",
    "case:write-note": "a case note, to write it",
    "case:view-notes": "the case notes",
    "case:allocate": "who works on the case",
    "case:close": "the closing of the case",
    "case:reopen": "the reopening of the case",
    "case:timeline": "the timeline",
    "case:audit": "who has looked",
    "consent:view": "the consents",
    "consent:view-own": "the own agency’s consent",
    "consent:record": "a consent, to record it",
    "consent:disclosures": "what was shared with whom",
    "person:view": "the person’s page",
    "person:edit": "the person’s page, to change it",
    "person:open-case": "the opening of a case",
}


def looks(
    case: CaseFile,
    *,
    viewer: Viewer,
    wanted: Wanted | None = None,
    page: int = 1,
    size: int = PAGE,
) -> tuple[list[Look], int]:
    """One page of the audit record of this case, newest first, and how many entries there are. Looks from before another
    agency handed the case over are that agency's (docs/decisions/0032)."""
    which = list(_narrowed(wanted or Wanted()))
    binds = scopes.binds(viewer)
    total = db.session.scalar(_of(case, viewer, func.count()).where(*which), binds)
    rows = db.session.execute(
        _of(case, viewer, *_COLUMNS)
        .where(*which)
        .order_by(AuditEntry.number.desc())
        .limit(size)
        .offset((page - 1) * size),
        binds,
    ).all()
    grounds = audit_grounds.grounds(case, {row.user_id for row in rows if row.user_id})
    return [Look(*row[:4], _said(row.what), grounds.of(row)) for row in rows], total


def _said(what):
    """What it was, in words: an id at the end says nothing to anybody."""
    return SAID.get(what) or _ID.sub("", what)


def _narrowed(wanted):
    if wanted.who is not None:
        yield AuditEntry.user_id == wanted.who
    if wanted.agency:
        yield AuditEntry.agency_name == wanted.agency
    if wanted.act in set(AuditAct):
        yield AuditEntry.act == wanted.act
    if wanted.since:
        yield AuditEntry.at >= clock.at_local(wanted.since, time())
    if wanted.until:
        yield AuditEntry.at < clock.at_local(wanted.until + timedelta(days=1), time())


def staff(case: CaseFile, *, viewer: Viewer) -> list[tuple[int, str, str]]:
    """Who stands in the record: (id, name, agency), by name."""
    rows = db.session.execute(
        _of(case, viewer, AuditEntry.user_id, AuditEntry.user_name, AuditEntry.agency_name)
        .where(AuditEntry.user_id.is_not(None))
        .distinct(),
        scopes.binds(viewer),
    )
    found = {row.user_id: (row.user_name, row.agency_name) for row in rows}
    return sorted(((one, *names) for one, names in found.items()), key=lambda one: one[1:])


def _of(case, viewer, *columns):
    """Entries about the case; and about its person where the own agency looked. Who else works with the person is
    theirs to know, not ours. What was read or done in the restricted section has a list of its own readers (X-6)."""
    return (
        select(*columns)
        .select_from(AuditEntry)
        .join(Case, Case.id == case.id)
        .where(
            AuditEntry.chain == case.person_id,
            SAYS_NOTHING_OF_IT,
            or_(
                AuditEntry.case_id == case.id,
                and_(AuditEntry.case_id.is_(None), AuditEntry.agency_id == viewer.agency_id),
            ),
            LOOKS_OF_OUR_TIME,
        )
    )
