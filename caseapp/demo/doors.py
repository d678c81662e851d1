"""Who may not know of a case of the file, who asked to be let in, and what was opened in an emergency."""

from types import SimpleNamespace

from sqlalchemy import delete, select

from caseapp import dates
from caseapp.demo.stage import Stage
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Case, OutboxMessage, Person
from caseapp.policy import scopes
from caseapp.policy.do import Do
from caseapp.policy.emergency import find_emergency_review
from caseapp.services import access_requests, denials, emergency
from caseapp.services.identification import Whom


def plan(stage: Stage, world) -> None:
    """Let all of it happen at its time."""
    told = world.doors
    if told is None:
        return
    for item in told.rights:
        stage.plan(item.at, "door", item, lambda item=item: _right(stage, item))
    for item in told.denials:
        stage.plan(item.at, "door", item, lambda item=item: _denial(stage, item))
    for item in told.requests:
        stage.plan(item.at, "door", item, lambda item=item: _request(stage, item))
    for item in told.emergencies:
        made = []
        stage.plan(item.at, "door", item, lambda item=item, made=made: _emergency(stage, item, made))
        if review := item.review:
            stage.plan(
                review.at, "door", review, lambda review=review, made=made: _review(stage, review, made[0])
            )
    stage.plan(stage.now, "account", SimpleNamespace(path="doors"), _nothing_is_mailed)


def _right(stage, item):
    emergency.give_right(
        actor=stage.viewer(item.by), at=item.at, user_id=stage.users[item.user], reason=item.reason
    )


def _denial(stage, item):
    denials.deny(
        stage.case_for(item.case, item.by, Do.DENY_ACCESS),
        actor=stage.viewer(item.by),
        at=item.at,
        user_id=stage.users[item.user],
        ground=item.ground,
        reason=item.reason,
    )


def _person(stage, key):
    """The person of a case by full name and date of birth, as somebody types them who sees nothing of it."""
    if key not in stage.cases:
        raise RuleBroken("the case was not open yet at that time")
    row = db.session.execute(
        select(Person.given_name, Person.family_name, Person.born_on)
        .join(Case, Case.person_id == Person.id)
        .where(Case.id == stage.cases[key])
    ).one()
    return Whom(f"{row.given_name} {row.family_name}", row.born_on)


def _request(stage, item):
    actor, said = stage.viewer(item.by), {"purpose": item.purpose, "needed_until": item.needed_until}
    case = scopes.find_case_by_id(actor, stage.cases.get(item.case, 0))
    if case is not None:
        access_requests.ask(case, actor=actor, at=item.at, **said)
        return
    whom = _person(stage, item.case)
    access_requests.ask_by_name(
        actor=actor,
        at=item.at,
        whom=whom,
        sought=f"{whom.name}, born {dates.day(whom.born_on)}",
        permission=item.permission,
        **said,
    )


def _emergency(stage, item, made):
    access = emergency.open_record(
        actor=stage.viewer(item.by),
        at=item.at,
        whom=_person(stage, item.case),
        kind=item.kind,
        reason=item.reason,
    )
    if access is None:
        raise RuleBroken("nobody was found by this name and date of birth")
    made.append(access)


def _review(stage, review, access):
    officer = stage.viewer(review.by)
    file = find_emergency_review(officer, access)
    if file is None:
        raise RuleBroken(f"{officer.name} could not review this")
    emergency.review(file, actor=officer, at=review.at, outcome=review.outcome, text=review.text)


def _nothing_is_mailed():
    """What was told during the story is old."""
    db.session.execute(delete(OutboxMessage).where(OutboxMessage.dedupe.startswith("emergency")))
