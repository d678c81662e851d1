"""Who looked at what is held about one person, by name: a part of the pack of its own (X-5, X-13). It reads without a viewer’s
scope, as everything_held does, for the same use cases."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Text, and_, cast, exists, false, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import AuditEntry, Case
from caseapp.policy import former_leads
from caseapp.policy.restricted import SAYS_NOTHING_OF_IT
from caseapp.queries import audit_grounds
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


#: The chain of the person is given with it: case_id alone has no index.
_OF_CASES = (
    select(*_COLUMNS)
    .join(Case, Case.id == AuditEntry.case_id)
    .where(SAYS_NOTHING_OF_IT, former_leads.LOOKS_OF_OUR_TIME)
)
_Later = aliased(Case, name="held_later_case")
_OF_NO_CASE = (
    select(*_COLUMNS)
    .select_from(AuditEntry)
    .outerjoin(
        Case,
        and_(
            Case.person_id == AuditEntry.chain,
            ~exists()
            .where(_Later.person_id == Case.person_id, _Later.episode > Case.episode)
            .correlate(Case),
        ),
    )
    .where(AuditEntry.case_id.is_(None), SAYS_NOTHING_OF_IT)
)


def accesses(
    person_id: int,
    case_ids: Iterable[int],
    *,
    person_too: bool,
    agency_id: int,
    former: Iterable[int] = (),
) -> list[Access]:
    """Who looked at, changed, printed, exported or was refused the record, newest day first: every recipient by name
    (X-5, X-13). Lists that named a case of the person count too. That somebody read what is kept apart, or opened the form
    of a disclosure, is not among it: it would tell of what the pack may not tell of (X-6); disclosures have their own part.

    Each lead agency answers for the looks of its own time, also on `former` cases, which it handed over."""
    case_ids = sorted({*case_ids, *former})
    ours = former_leads.binds_of(agency_id)
    statements = [
        _OF_CASES.where(AuditEntry.chain == person_id, AuditEntry.case_id.in_(case_ids)),
        _OF_NO_CASE.where(AuditEntry.chain == person_id, _of_person(person_id, case_ids, person_too)),
    ]
    counted: dict[tuple, int] = {}

    def count(row):
        key = (
            clock.local_day(row.at),
            row.agency_name,
            row.user_name or "The system",
            row.act,
            _act_in_words(row.what),
            row.ground or audit_grounds.in_words("", row.what),
        )
        whole = (*key, row.agency_id == agency_id)
        counted[whole] = counted.get(whole, 0) + 1

    for statement in statements:
        for row in db.session.execute(statement, ours):
            count(row)
    first = db.session.scalar(select(Case.opened_at).where(Case.id.in_(case_ids)).order_by(Case.opened_at))
    for case_id in case_ids:
        listed = (
            select(*_COLUMNS)
            .select_from(AuditEntry)
            .join(Case, Case.id == case_id)
            .where(
                AuditEntry.case_id.is_(None),
                SAYS_NOTHING_OF_IT,
                AuditEntry.at >= first,
                cast(AuditEntry.detail, Text).contains(str(case_id)),
                former_leads.LOOKS_OF_OUR_TIME,
            )
        )
        for row in db.session.execute(listed, ours):
            if _lists(row.detail, case_id):
                count(row)
    found = [Access(*key[:6], times=times, own=key[6]) for key, times in counted.items()]
    return sorted(found, key=lambda one: (-one.day.toordinal(), one.agency, one.who, one.what))


def _of_person(person_id, case_ids, person_too):
    """Looks at the person, on no case in particular, beside their newest case: those of the time in which the agency led
    it, and the agency's own; never what another that led before does since with what it kept."""
    if person_too:
        return or_(Case.id.is_(None), former_leads.PERSONS_LOOKS_OF_OUR_TIME)
    if not case_ids:
        return false()
    return and_(Case.id.in_(case_ids), former_leads.LED_BEFORE, former_leads.LOOKS_OF_OUR_TIME)


def _lists(detail, case_id):
    cases = detail.get("cases") if isinstance(detail, dict) else None
    return isinstance(cases, list) and any(str(one) == str(case_id) for one in cases)


def _act_in_words(what):
    from caseapp.queries.disclosures import IN_WORDS

    return IN_WORDS.get(what) or what[:1].upper() + what[1:]
