"""Who looked at what is held about one person, by name: a part of the pack of its own (X-5, X-13). It reads without a viewer’s
scope, as everything_held does, for the same use cases."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Text, and_, cast, or_, select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import AuditEntry, Case
from caseapp.policy.restricted import SAYS_NOTHING_OF_IT
from caseapp.vocabulary import AuditAct


@dataclass(frozen=True, slots=True)
class Access:
    """One act on the record, by whom, of which agency, on what ground; `times` counts how often on that day."""

    day: date
    agency: str
    who: str
    act: AuditAct
    what: str
    ground: str
    times: int
    own: bool


_COLUMNS = (
    AuditEntry.at,
    AuditEntry.agency_id,
    AuditEntry.agency_name,
    AuditEntry.user_name,
    AuditEntry.act,
    AuditEntry.what,
    AuditEntry.ground,
    AuditEntry.case_id,
    AuditEntry.detail,
)


def accesses(person_id: int, case_ids: Iterable[int], *, person_too: bool, agency_id: int) -> list[Access]:
    """Who looked at, changed, printed, exported or was refused the record, newest day first: every recipient by name
    (X-5, X-13). Lists that named a case of the person count too. That somebody read what is kept apart, or opened the form
    of a disclosure, is not among it: it would tell of what the pack may not tell of (X-6); disclosures have their own part."""
    case_ids = sorted(case_ids)
    of_case = AuditEntry.case_id.in_(case_ids)
    about = and_(
        AuditEntry.chain == person_id,  # the chain of this person; case_id alone has no index
        SAYS_NOTHING_OF_IT,
        of_case if not person_too else or_(of_case, AuditEntry.case_id.is_(None)),
    )
    counted: dict[tuple, int] = {}

    def count(row):
        key = (
            clock.local_day(row.at),
            row.agency_name,
            row.user_name or "The system",
            row.act,
            _act_in_words(row.what),
            row.ground,
        )
        whole = (*key, row.agency_id == agency_id)
        counted[whole] = counted.get(whole, 0) + 1

    for row in db.session.execute(select(*_COLUMNS).where(about)):
        count(row)
    first = db.session.scalar(select(Case.opened_at).where(Case.id.in_(case_ids)).order_by(Case.opened_at))
    for case_id in case_ids:
        listed = select(*_COLUMNS).where(
            AuditEntry.case_id.is_(None),
            SAYS_NOTHING_OF_IT,
            AuditEntry.at >= first,
            cast(AuditEntry.detail, Text).contains(str(case_id)),
        )
        for row in db.session.execute(listed):
            if _lists(row.detail, case_id):
                count(row)
    found = [Access(*key[:6], times=times, own=key[6]) for key, times in counted.items()]
    return sorted(found, key=lambda one: (-one.day.toordinal(), one.agency, one.who, one.what))


def _lists(detail, case_id):
    cases = detail.get("cases") if isinstance(detail, dict) else None
    return isinstance(cases, list) and any(str(one) == str(case_id) for one in cases)


def _act_in_words(what):
    from caseapp.queries.disclosures import IN_WORDS

    return IN_WORDS.get(what) or what[:1].upper() + what[1:]
