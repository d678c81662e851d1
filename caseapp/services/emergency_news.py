"""Who is told of an emergency access, and what rises where nobody has reviewed it (X-7). No notice and no mail names
the person, the case or the reason: what there is to read, is read after signing in."""

from datetime import datetime

from sqlalchemy import select

from caseapp import clock, working_days
from caseapp.extensions import db
from caseapp.models import Case, EmergencyAccess, User
from caseapp.policy.viewer import Viewer
from caseapp.queries.agency_limits import Limits
from caseapp.services import events, outbox, shut_out
from caseapp.services.findings import officers_of
from caseapp.vocabulary import EmergencyOutcome, Role

KIND = "emergency"
OPENED = "A record was opened in an emergency. Please review it within three working days"
LATE = "The review of an emergency access is late"
IN_VAIN = "Emergency access was tried several times and nobody was found. See the record of who looked"
NOT_JUSTIFIED = "An emergency access by a member of your staff was found not to be justified"
MAIL = """Good day,

{say}.

This mail names nobody on purpose. Sign in to Caseapp to read more. Nobody reads answers to this address.
"""


def line_manager(case_id: int) -> tuple[int, ...]:
    """The case's line manager, unless they may not know of the person."""
    found = db.session.scalar(select(Case.line_manager_id).where(Case.id == case_id))
    return (found,) if found and found not in shut_out.of_case(case_id) else ()


def opened(access: EmergencyAccess, *, person_id: int, at: datetime) -> None:
    """At once to the privacy officers of both agencies: in the news and by mail. Where neither has one, to the
    administrators of the agency that leads the case."""
    agencies = [access.lead_agency_id, access.agency_id]
    out = shut_out.of_person(person_id) | {access.user_id}
    people = [one for one in officers_of(agencies) if one[0] not in out]
    people = people or [one for one in _administrators(access.lead_agency_id) if one[0] not in out]
    _say(people, OPENED, "A record was opened in an emergency", f"emergency:{access.id}", at)


def tried_in_vain(actor: Viewer, *, at: datetime) -> None:
    """To the privacy officers of whoever tried, or else to their administrators, once a day."""
    people = [one for one in officers_of([actor.agency_id]) if one[0] != actor.user_id]
    people = people or [one for one in _administrators(actor.agency_id) if one[0] != actor.user_id]
    key = f"emergency-in-vain:{actor.user_id}:{clock.local_day(at)}"
    _say(people, IN_VAIN, "Emergency access was tried several times", key, at)


def reviewed(access: EmergencyAccess, *, actor: Viewer, at: datetime) -> None:
    """The case manager hears what came of it; where it was not justified, so do the administrators of the agency whose
    member of staff it was."""
    words = access.outcome.label.lower()
    events.notify(
        (events.case_workers(access.case_id) | set(line_manager(access.case_id)))
        - {actor.user_id}
        - shut_out.of_case(access.case_id),
        KIND,
        at=at,
        case_id=access.case_id,
        plain=f"The emergency access to this case was reviewed: {words}",
    )
    if access.outcome is EmergencyOutcome.NOT_JUSTIFIED:
        people = [one for one in _administrators(access.agency_id) if one[0] != access.user_id]
        key = f"emergency-not-justified:{access.id}:{at:%Y%m%d%H%M}"
        _say(people, NOT_JUSTIFIED, "An emergency access was not justified", key, at)


def run(*, at: datetime) -> str:
    """A duty of each run: what is past its day and not reviewed rises to the officers again and to the administrators of
    both agencies, and again each third working day. What was done, in words."""
    today, limits, told = clock.local_day(at), Limits(), 0
    rows = db.session.execute(
        select(
            EmergencyAccess.id,
            EmergencyAccess.user_id,
            EmergencyAccess.case_id,
            EmergencyAccess.agency_id,
            EmergencyAccess.lead_agency_id,
            EmergencyAccess.review_due_on,
        ).where(EmergencyAccess.reviewed_at.is_(None), EmergencyAccess.review_due_on < today)
    ).all()
    for row in rows:
        calendar = limits.get(row.lead_agency_id, "working_day_calendar")
        late = working_days.working_days_between(row.review_due_on, today, calendar)
        agencies = [row.lead_agency_id, row.agency_id]
        out = shut_out.of_case(row.case_id) | {row.user_id}
        people = {
            *officers_of(agencies),
            *(one for agency in set(agencies) for one in _administrators(agency)),
        }
        key = f"emergency-late:{row.id}:{max(late - 1, 0) // 3}"
        told += _say([one for one in sorted(people) if one[0] not in out], LATE, LATE, key, at)
    return f"{told} told"


def _say(people, plain, subject, key, at) -> int:
    """One notice and one mail for each, once for each key."""
    told = 0
    for user_id, email in sorted(set(people)):
        try:
            new = outbox.enqueue(
                f"{key}:{user_id}", to=email, subject=subject, body=MAIL.format(say=plain), at=at
            )
        except ValueError:
            new = True  # an address to which no mail can go: the news tells
        if new:
            events.notify({user_id}, KIND, at=at, plain=plain)
            told += 1
    return told


def _administrators(agency_id):
    return [
        tuple(row)
        for row in db.session.execute(
            select(User.id, User.email).where(
                User.agency_id == agency_id,
                User.disabled_at.is_(None),
                User.roles.op("&")(int(Role.AGENCY_ADMIN)) != 0,
            )
        )
    ]
