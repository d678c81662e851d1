"""The gaps and blocks of a world: who raised what, and every step it took on the ladder."""

from caseapp import clock
from caseapp.demo.stage import Stage
from caseapp.errors import RuleBroken
from caseapp.policy.escalations import find_escalation
from caseapp.policy.scopes import find_case_by_id
from caseapp.services import escalations as acts
from caseapp.services.escalations import duties, raising
from caseapp.vocabulary import EscalationState

TEXTS = (
    "kind",
    "domain",
    "title",
    "service",
    "effect",
    "wanted",
    "description",
    "colleagues_advice",
    "one_to_one",
    "meeting_why",
    "meanwhile",
    "concerned_name",
    "urgent_reason",
)


def plan(stage: Stage, world, stories) -> None:
    """Let all of it happen at its time; then the calendar reminds of what is late by now."""
    made = stage.gaps
    of_case = {story.case.key: story for story in stories}
    for item in world.gaps:
        stage.plan(item.at, "gap", item, lambda item=item: _raise(stage, item, of_case, made))
        for step in item.steps:
            stage.plan(step.at, "gap", step, lambda item=item, step=step: _step(stage, item, step, made))
    if world.gaps:
        last = world.gaps[-1]
        stage.plan(stage.now, "reading", last, lambda: duties.run(at=stage.now))


def _raise(stage, item, of_case, made):
    actor, case, action_id = stage.viewer(item.by), None, None
    if item.case:
        if item.case not in stage.cases:
            raise RuleBroken("the case was not open yet at that time", "case")
        case = find_case_by_id(actor, stage.cases[item.case])
        if case is None:
            raise RuleBroken(f"at that time {actor.name} could not see this case", "case")
        if item.action:
            action_id = of_case[item.case].actions.get(item.action)
            if action_id is None:
                raise RuleBroken(f'no action of this case has the key "{item.action}" at that time', "action")
    if item.same_as and item.same_as not in made:
        raise RuleBroken("that one was not raised yet at that time", "same_as")
    made[item.key] = raising.raise_gap(
        case,
        actor=actor,
        at=item.at,
        action_id=action_id,
        noticed_on=item.noticed_on or clock.local_day(item.at),
        concerned_agency_id=stage.agencies[item.concerned] if item.concerned else None,
        meeting_not_convened=bool(item.meeting_why),
        identity_on=item.identity_on,
        ask_colleagues=item.ask_colleagues,
        same_as=made[item.same_as] if item.same_as else None,
        **{name: getattr(item, name) for name in TEXTS},
    )


def _step(stage, item, step, made):
    if item.key not in made:
        raise RuleBroken("it was not raised yet at that time")
    actor = stage.viewer(step.by)
    gap = find_escalation(actor, made[item.key])
    if gap is None:
        raise RuleBroken(f"at that time {actor.name} could not see this gap or block")
    given = {"actor": actor, "at": step.at}
    group = {"meeting_on": step.meeting_on, "minute": step.minute}
    match step.do:
        case "up":
            acts.pass_up(
                gap,
                **given,
                **group,
                text=step.text,
                tried=step.tried,
                not_enough=step.not_enough,
                urgent_reason=step.urgent_reason,
            )
        case "advise":
            acts.advise(gap, **given, **group, text=step.text)
        case "close":
            outcome = step.outcome or EscalationState.RESOLVED
            acts.close(gap, **given, **group, text=step.text, outcome=outcome)
        case "pause":
            acts.pause(gap, **given, reason=step.text, until_on=step.until_on)
        case "accept":
            acts.accept(gap, **given)
        case "take_back" | "reopen" | "withdraw":
            getattr(acts, step.do)(gap, **given, reason=step.text)
        case _:
            getattr(acts, step.do)(gap, **given, text=step.text)
