"""The grievances of a world: between agencies, and persons' own, each with what became of it."""

from caseapp import clock
from caseapp.demo.stage import Stage
from caseapp.errors import RuleBroken
from caseapp.policy.grievances import find_person_grievance, find_provider_grievance
from caseapp.policy.scopes import find_case_by_id
from caseapp.services import grievances, person_grievances


def plan(stage: Stage, world) -> None:
    """Let all of it happen at its time."""
    if world.grievances is None:
        return
    for told in world.grievances.between:
        made: list[int] = []
        stage.plan(told.at, "gap", told, lambda told=told, made=made: made.append(_between(stage, told)))
        for step in told.steps:
            stage.plan(step.at, "gap", step, lambda step=step, made=made: _between_step(stage, made, step))
    for told in world.grievances.of_persons:
        made = []
        stage.plan(told.at, "gap", told, lambda told=told, made=made: made.append(_of_person(stage, told)))
        for step in told.steps:
            stage.plan(step.at, "gap", step, lambda step=step, made=made: _person_step(stage, made, step))


def _between(stage, told):
    return grievances.raise_grievance(
        actor=stage.viewer(told.by),
        at=told.at,
        about_agency_id=stage.agencies[told.about],
        title=told.title,
        what=told.what,
        wanted=told.wanted,
        happened_on=told.happened_on or clock.local_day(told.at),
    )


def _seen(find, stage, made, step):
    if not made:
        raise RuleBroken("it was not written down yet at that time")
    actor = stage.viewer(step.by)
    found = find(actor, made[0])
    if found is None:
        raise RuleBroken(f"{actor.name} may not read this grievance", "by")
    return found, {"actor": actor, "at": step.at, "text": step.text}


def _between_step(stage, made, step):
    found, given = _seen(find_provider_grievance, stage, made, step)
    match step.do:
        case "talked":
            grievances.talked(found, **given, on=step.on or clock.local_day(step.at))
        case "answer":
            grievances.answer(found, **given)
        case "procedure":
            grievances.to_procedure(found, **given)
        case _:
            grievances.end(found, **given, how=step.do)


def _of_person(stage, told):
    if told.case not in stage.cases:
        raise RuleBroken("the case was not open yet at that time", "case")
    actor = stage.viewer(told.by)
    case = find_case_by_id(actor, stage.cases[told.case])
    if case is None:
        raise RuleBroken(f"at that time {actor.name} could not see this case", "case")
    return person_grievances.receive(
        case,
        actor=actor,
        at=told.at,
        agency_id=stage.agencies[told.about],
        about_user_id=stage.users[told.about_worker] if told.about_worker else None,
        words=told.words,
        wanted=told.wanted,
        answer_how=told.answer_how,
        helper=told.helper,
        received_on=told.received_on or clock.local_day(told.at),
    )


def _person_step(stage, made, step):
    found, given = _seen(find_person_grievance, stage, made, step)
    if step.do == "answer":
        person_grievances.answer(found, **given, person_told_on=step.told_on)
    else:
        person_grievances.speak(found, **given, how=step.do)
