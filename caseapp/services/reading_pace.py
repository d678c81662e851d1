"""Reading many people's records at once is slowed, then stopped, and reported (ASVS 2.4.1).

What counts is in the audit record itself, so all workers and processes count together and a restart forgets nothing.
Asking it on each reading would cost each page, so each worker asks at every fifth person whose record it shows an account,
and at once where a file was saved; until it asks it knows from the account's row, which every request reads anyway, whether the account has
to show again who it is (`reading_proof_after`) or reads no more (`reading_held_until`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from caseapp.extensions import db, read
from caseapp.models import AuditEntry, User
from caseapp.models.base import UTC, Id
from caseapp.queries import settings
from caseapp.queries.unusual_reading import READING, Act, Reader
from caseapp.services import findings
from caseapp.services.transaction import unit_of_work
from caseapp.services.unusual_rules import Found
from caseapp.vocabulary import AuditAct, FindingKind

SPAN = timedelta(minutes=10)
#: At every so-manieth person whose record it shows an account, a worker asks the audit record.
EVERY = 5

_E = AuditEntry.__table__
_USER = User.__table__
_RECENT = (
    select(_E.c.id, _E.c.at, _E.c.act, _E.c.case_id, _E.c.person_id, _E.c.detail)
    .where(
        _E.c.user_id == bindparam("user_id", type_=Id),
        _E.c.at > bindparam("since", type_=UTC),
        _E.c.act.in_(sorted(READING)),
    )
    .order_by(_E.c.at)
)
_HOLD = select(_USER.c.reading_proof_after, _USER.c.reading_held_until).where(
    _USER.c.id == bindparam("user_id", type_=Id)
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How many different people's records an account has had within SPAN, those named in files included."""

    records: int
    acts: tuple[Act, ...]


def pace(user_id: int, *, at: datetime, since: datetime | None = None) -> Pace:
    """Counted in the audit record, over ten minutes, or since a later moment."""
    begins = max(at - SPAN, since) if since else at - SPAN
    rows = read(_RECENT, {"user_id": user_id, "since": begins}).all()
    people = {row.person_id for row in rows if row.person_id}
    in_files = {
        case_id
        for row in rows
        if row.act == AuditAct.EXPORTED and isinstance(row.detail, dict)
        for case_id in row.detail.get("cases") or ()
    }
    acts = tuple(Act(row.id, row.at, row.act, row.case_id, row.person_id) for row in rows)
    return Pace(len(people) + len(in_files), acts)


def measure(user_id: int, agency_id: int, *, proved_at: datetime | None, at: datetime) -> None:
    """Look at how fast an account reads; ask it to show who it is from the first limit on, stop it at the second, and
    write the finding down at once. Commits where it does. What is read after a password was given counts anew for the first limit."""
    now = pace(user_id, at=at)
    soft, hard = settings.value(agency_id, "reading_ask_again"), settings.value(agency_id, "reading_stop")
    if now.records < min(soft, hard):
        return
    proof_after, held_until = read(_HOLD, {"user_id": user_id}).one()
    if now.records >= hard:
        if held_until is None or held_until <= at:
            with unit_of_work():
                _stop(user_id, agency_id, now, hard, at)
        return
    if proved_at is None or proof_after is None or proved_at <= proof_after:
        fresh = now.records
    else:
        fresh = pace(user_id, at=at, since=proved_at).records
    if fresh >= soft and (proof_after is None or proved_at is None or proved_at > proof_after):
        with unit_of_work():
            db.session.execute(update(_USER).where(_USER.c.id == user_id).values(reading_proof_after=at))


def _stop(user_id, agency_id, now, hard, at):
    minutes = settings.value(agency_id, "reading_stop_minutes")
    db.session.execute(
        update(_USER)
        .where(_USER.c.id == user_id)
        .values(reading_held_until=at + timedelta(minutes=minutes), reading_proof_after=at)
    )
    reader = Reader(user_id, agency_id, list(now.acts))
    findings.add(
        [
            Found(
                FindingKind.AT_ONCE,
                reader,
                list(now.acts),
                f"Had {now.records:,} people’s records within ten minutes, files included. Nothing more was shown for {minutes} "
                "minutes.",
                now.records,
                f"at_once:{user_id}:{at:%Y%m%d%H%M}",
                detail={"limit": hard, "minutes": minutes},
            )
        ],
        at=at,
    )
