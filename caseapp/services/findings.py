"""Findings of unusual reading: written by the rules, looked into by a privacy officer, never deleted (X-7, X-13).

Nobody whom a finding is about is told by the system, nor is their line manager: the officer speaks with whom they choose.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.errors import RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Agency, Notification, ReadingFinding, ReadingFindingStep, User
from caseapp.policy.privacy import OFFICER, FindingFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, last_hand, outbox
from caseapp.services.transaction import use_case
from caseapp.services.unusual_rules import Found
from caseapp.vocabulary import AgencyKind, FindingOutcome, FindingStepKind

_TABLE = ReadingFinding.__table__
_STEPS = ReadingFindingStep.__table__
_INSERT = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}

KIND = "privacy_finding"
PLAIN = "There is unusual reading to look into."
#: So many entries are named by a finding; the rest lie between its first and its last.
ENTRIES_MOST = 200


def add(found: Iterable[Found], *, at: datetime) -> list[int]:
    """Write down what is not yet there, in the transaction that is open, and tell the privacy officers that there is
    something. Returns the ids of what is new."""
    new, about = [], set()
    for one in found:
        finding_id = _write(one, at)
        if finding_id is not None:
            new.append(finding_id)
            about.add((one.reader.agency_id, one.reader.user_id))
    tell(about, at=at)
    return new


def _write(one: Found, at):
    finding_id = new_id()
    moments = [act.at for act in one.acts] or [at]
    detail = (one.detail or {}) | {"entries": [act.id for act in one.acts[:ENTRIES_MOST]]}
    made = _INSERT[db.engine.dialect.name](_TABLE).values(
        id=finding_id,
        version=1,
        kind=one.kind,
        user_id=one.reader.user_id,
        agency_id=one.reader.agency_id,
        day=clock.local_day(moments[0]),
        from_at=min(moments),
        to_at=max(moments),
        found_at=at,
        why=one.why[:300],
        count=one.count,
        person_id=one.person_id,
        detail=detail,
        dedupe=one.key,
    )
    made = made.on_conflict_do_nothing(index_elements=["dedupe"]).returning(_TABLE.c.id)
    if db.session.execute(made).first() is None:
        return None
    db.session.execute(
        insert(_STEPS).values(
            id=new_id(), finding_id=finding_id, at=at, kind=FindingStepKind.FOUND, text=one.why
        )
    )
    return finding_id


def tell(about: set[tuple[int, int]], *, at: datetime) -> None:
    """Leave word for the officers who see something new of (agency, member of staff), once a day each: that there is
    something to look into, and nothing more. Whom alone it is about is told nothing."""
    day = clock.local_day(at)
    told = {
        officer
        for agency_id, user_id in about
        for officer in officers_of([agency_id])
        if officer[0] != user_id
    }
    for user_id, email in sorted(told):
        if not outbox.enqueue(
            f"{KIND}:{user_id}:{day}",
            to=email,
            subject="Something to look into at Caseapp",
            body="Good day,\n\nthere is something on the privacy officer's pages to look into. Sign in to Caseapp to "
            "see it. This mail says no more on purpose.\n",
            at=at,
        ):
            continue
        db.session.execute(
            insert(Notification).values(
                id=new_id(),
                user_id=user_id,
                at=at,
                kind=KIND,
                plain=PLAIN,
                mailed_at=at,
                dedupe=f"{KIND}:{user_id}:{day}",
            )
        )


def officers_of(agencies: Iterable[int]) -> list[tuple[int, str]]:
    """The privacy officers who answer for any of these agencies: their own, and those of the coordination bodies of the
    same area. Id and mail address."""
    served = aliased(Agency)
    rows = db.session.execute(
        select(User.id, User.email)
        .join(Agency, Agency.id == User.agency_id)
        .where(
            User.disabled_at.is_(None),
            User.roles.op("&")(int(OFFICER)) != 0,
            or_(
                Agency.id.in_(agencies),
                (Agency.kind == AgencyKind.COORDINATION)
                & Agency.area_id.in_(select(served.area_id).where(served.id.in_(agencies))),
            ),
        )
        .order_by(User.id)
    )
    return [tuple(row) for row in rows]


# --- what an officer does ----------------------------------------------------------------------------------------------


@use_case
def note(finding: FindingFile, *, actor: Viewer, at: datetime, text: str) -> int:
    """Add to the history of a finding, open or closed."""
    if not text.strip():
        raise RuleBroken("Write what you found out or did", field="text")
    _step(finding, FindingStepKind.NOTED, actor, at, text=text)
    audit.record(actor, "finding: noted", at=at, about_id=finding.user_id, detail={"finding": finding.id})
    return finding.id


@use_case
def close(
    finding: FindingFile,
    *,
    actor: Viewer,
    at: datetime,
    outcome: FindingOutcome,
    text: str,
    version: int,
) -> int:
    """Close it with an outcome and a word why. A breach wants the steps that were taken. Raises Stale where somebody
    was first."""
    if not text.strip():
        raise RuleBroken(
            "Write which steps you took: who was told, and when"
            if outcome is FindingOutcome.BREACH
            else "Write in a sentence what you found out",
            field="text",
        )
    _change(finding, version, actor, closed_at=at, closed_by_id=actor.user_id, outcome=outcome)
    _step(finding, FindingStepKind.CLOSED, actor, at, outcome=outcome, text=text)
    audit.record(
        actor,
        f"finding: closed, {outcome.label.lower()}",
        at=at,
        about_id=finding.user_id,
        detail={"finding": finding.id},
    )
    return finding.id


@use_case
def reopen(finding: FindingFile, *, actor: Viewer, at: datetime, reason: str, version: int) -> int:
    """Open a closed finding again, with a reason; how it was closed stays in its history."""
    if not reason.strip():
        raise RuleBroken("Say why it is opened again", field="reason")
    _change(finding, version, actor, closed_at=None, closed_by_id=None, outcome=None)
    _step(finding, FindingStepKind.REOPENED, actor, at, text=reason)
    audit.record(
        actor, "finding: opened again", at=at, about_id=finding.user_id, detail={"finding": finding.id}
    )
    return finding.id


def _change(finding, version, actor, **values):
    done = db.session.execute(
        update(_TABLE)
        .where(
            _TABLE.c.id == finding.id,
            _TABLE.c.version == version,
            _TABLE.c.closed_at.is_(None) if values["closed_at"] else _TABLE.c.closed_at.is_not(None),
        )
        .values(version=_TABLE.c.version + 1, **values)
        .returning(_TABLE.c.id)
    ).first()
    if done is None:
        hand = last_hand.by_step(
            ReadingFindingStep,
            ReadingFindingStep.by_id,
            ReadingFindingStep.finding_id == finding.id,
            actor=actor,
            across=True,
        )
        raise Stale({}, **hand)


def _step(finding, kind, actor, at, *, outcome=None, text=""):
    db.session.execute(
        insert(_STEPS).values(
            id=new_id(),
            finding_id=finding.id,
            at=at,
            by_id=actor.user_id,
            kind=kind,
            outcome=outcome,
            text=text,
        )
    )
