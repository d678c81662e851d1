"""What is kept from the person's copy is looked at again (S2-43, X-5). On its day whoever holds the case is reminded; once
the day has passed the line manager too, who alone can decide, and again each week until somebody does.

A notice names nobody and leads to no case. It goes to those alone who may read the disclosure on that day: one about the
protection of a child that a partner made is unknown to the agency that leads the case, and stays so.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Case, CaseAssignment, Disclosure
from caseapp.policy.disclosures import find_disclosure
from caseapp.policy.scopes import TODAY
from caseapp.queries import case_manager
from caseapp.queries.accounts import viewer_for
from caseapp.services.agency_staff import managers
from caseapp.services.escalations.news import live

DUE, LATE = "disclosure_again", "disclosure_again_late"
WORDS = {
    DUE: "A disclosure that is kept from a person’s copy is to be looked at again. See Disclosures.",
    LATE: "A disclosure that is kept from a person’s copy should have been looked at again by now. See Disclosures.",
}
#: Calendar days after which a late one is called to mind again.
AGAIN = 7

_Later = aliased(Disclosure, name="disclosure_later")
_DUE = (
    select(
        Disclosure.id,
        Disclosure.agency_id,
        Disclosure.author_id,
        Disclosure.manager_id,
        Disclosure.withheld_until,
        Case.line_manager_id,
        CaseAssignment.user_id.label("case_manager_id"),
    )
    .select_from(Disclosure)
    .outerjoin(Case, Case.id == Disclosure.case_id)
    .outerjoin(CaseAssignment, case_manager.of_case())
    .where(
        Disclosure.withheld_until <= bindparam("due_today", type_=TODAY.type),
        ~exists().where(_Later.corrects_id == Disclosure.id).correlate(Disclosure),
    )
    .order_by(Disclosure.id)
)


def due(*, at: datetime) -> Iterable[dict]:
    """Reminders of what is to be looked at again on the local day of `at`, or was before; for services.reminders._told."""
    today = clock.local_day(at)
    for row in db.session.execute(_DUE, {"due_today": today}).all():
        late = (today - row.withheld_until).days
        people = _first_who_reads(row, (row.case_manager_id,), (row.author_id,))
        if late or not people:
            people |= _first_who_reads(
                row, (row.manager_id,), (row.line_manager_id,), managers(row.agency_id)
            )
        kind, key = (LATE, f"{row.withheld_until}:{late // AGAIN}") if late else (DUE, row.withheld_until)
        for user_id in sorted(people):
            yield {
                "user_id": user_id,
                "at": at,
                "kind": kind,
                "plain": WORDS[kind],
                "dedupe": f"{kind}:{row.id}:{key}:{user_id}",
            }


def _first_who_reads(row, *groups) -> set[int]:
    """Of the first of these groups in which anybody works here still and may read it now: those."""
    for group in groups:
        found = {one for one in live(set(group) - {None}) if find_disclosure(viewer_for(one), row.id)}
        if found:
            return found
    return set()
