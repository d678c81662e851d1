"""Who looked at which records of a world, what the rules found unusual in it, and what a privacy officer did about it.

There is no use case for looking: the guard of a page writes it down. So it is written here as the guard would, for who
could see the case at that time; who could not is refused."""

from datetime import time, timedelta
from types import SimpleNamespace

from sqlalchemy import delete, select

from caseapp import clock, working_days
from caseapp.demo.stage import Stage
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Case, OutboxMessage, ReadingFinding
from caseapp.policy import scopes
from caseapp.policy.do import Do
from caseapp.policy.privacy import find_finding
from caseapp.services import audit, findings, privacy_watch
from caseapp.vocabulary import AuditAct

#: The rules look through so many days of the story.
NIGHTS = 40


def plan(stage: Stage, world) -> None:
    """Let all of it happen at its time, and the rules look through each day in the night after it."""
    if world.looking is None:
        return
    for look in world.looking.records:
        for back in range(look.days + 1):
            day = working_days.add_working_days(clock.local_day(look.at), -back, world.calendar)
            begins = clock.at_local(day, clock.local(look.at).time())
            for number, key in enumerate(look.cases):
                at = begins + timedelta(minutes=look.every * number)
                stage.plan(at, "look", look, lambda look=look, key=key, at=at: _look(stage, look, key, at))
    today = clock.local_day(stage.now)
    for back in range(NIGHTS, 0, -1):
        day = today - timedelta(days=back)
        at = clock.at_local(day + timedelta(days=1), time())
        if at < stage.now:
            night = SimpleNamespace(path="looking")
            stage.plan(at, "night", night, lambda day=day, at=at: _night(day, at))
    stage.plan(stage.now, "account", SimpleNamespace(path="looking"), _nothing_is_mailed)
    for told in world.looking.findings:
        stage.plan(told.at, "night", told, lambda told=told: _look_into(stage, told))


def _look(stage, look, key, at):
    if key not in stage.cases:
        raise RuleBroken("the case was not open yet at that time")
    viewer = stage.viewer(look.by)
    case = scopes.find_case_by_id(viewer, stage.cases[key])
    if case is None:
        reference = db.session.scalar(select(Case.reference).where(Case.id == stage.cases[key]))
        audit.write_refusal(viewer, Do.VIEW_PLAN.value, at=at, reference=reference)
    else:
        audit.write([audit.entry(viewer, AuditAct.READ, Do.VIEW_PLAN.value, at=at, case=case)])


def _night(day, at):
    audit.write_waiting()
    privacy_watch.look_through(day, at=at)


def _look_into(stage, told):
    officer = stage.viewer(told.by)
    finding_id = db.session.scalar(
        select(ReadingFinding.id)
        .where(
            ReadingFinding.user_id == stage.users[told.user],
            ReadingFinding.kind == told.kind,
            ReadingFinding.closed_at.is_(None),
        )
        .order_by(ReadingFinding.found_at)
    )
    finding = finding_id and find_finding(officer, finding_id)
    if finding is None:
        raise RuleBroken("at that time nothing of this kind was open")
    if told.outcome is None:
        findings.note(finding, actor=officer, at=told.at, text=told.text)
    else:
        findings.close(
            finding, actor=officer, at=told.at, outcome=told.outcome, text=told.text, version=finding.version
        )


def _nothing_is_mailed():
    """What the officers were told during the story is old."""
    db.session.execute(delete(OutboxMessage).where(OutboxMessage.dedupe.startswith(f"{findings.KIND}:")))
