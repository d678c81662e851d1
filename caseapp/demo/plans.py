"""The plan of one case: needs, goals, actions with all that was done, issues, reviews, agreements."""

from sqlalchemy import select

from caseapp import clock
from caseapp.demo import consents, meetings
from caseapp.demo.reading import Fault
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Action, GoalStep, PlanIssue
from caseapp.policy.do import Do
from caseapp.services import (
    action_progress,
    actions,
    agreements,
    goal_steps,
    goals,
    issues,
    needs,
    plan_head,
    reviews,
)
from caseapp.vocabulary import ActionStatus, GoalStatus

S = ActionStatus

_NEED = ("domain", "level", "priority", "situation", "functioning", "words", "wants_help")
_HEAD = (
    "strengths",
    "strengths_around",
    "contingency",
    "no_contingency_reason",
    "budget_minor",
    "budget_source",
)
_GOAL = (
    "domain",
    "words",
    "title",
    "measure",
    "priority",
    "target_on",
    "made_with_person",
    "made_without_reason",
)
_REVIEW = (
    "held_on",
    "with_person",
    "without_reason",
    "works",
    "changed",
    "persons_view",
    "place",
    "carers",
    "next_on",
    "next_reason",
)
#: Where the owner's step leads; the others are functions of their own.
_MOVES = {
    "start": S.IN_PROGRESS,
    "unblock": S.IN_PROGRESS,
    "reopen": S.IN_PROGRESS,
    "block": S.BLOCKED,
    "done": S.COMPLETED,
    "not_done": S.NOT_COMPLETED,
    "note": None,
}


def plan(story) -> None:
    """Put consents and plan of one case on the stage."""
    case = story.case
    for exclusion in case.exclusions:
        consents.exclusion(story, exclusion)
    for one in case.consents:
        consents.consent(story, one)
    for need in case.needs:
        values = {name: getattr(need, name) for name in _NEED}
        story.does(
            "need",
            need,
            Do.EDIT_PLAN,
            lambda file, values=values, **when: needs.assess(file, **values, **when),
        )
    if case.plan:
        head = {name: value for name in _HEAD if (value := getattr(case.plan, name))}
        story.does(
            "plan", case.plan, Do.EDIT_PLAN, lambda file, **when: plan_head.write(file, **head, **when)
        )
    for goal in case.goals:
        _goal(story, goal)
    for action in case.actions:
        _action(story, action)
    for issue in case.issues:
        _issue(story, issue)
    for review in case.reviews:
        values = {name: getattr(review, name) for name in _REVIEW}
        story.does(
            "review",
            review,
            Do.REVIEW_PLAN,
            lambda file, values=values, **when: reviews.hold(file, **values, **when),
            at=review.at or story.noon(review.held_on),
        )
    for agreement in case.agreements:
        _agreement(story, agreement)
    for meeting in case.meetings:
        meetings.meeting(story, meeting)


def faults(story) -> list[Fault]:
    """Actions that do not stand as the file says."""
    found = []
    for number, action in enumerate(story.case.actions):
        if action.status:
            stands = db.session.scalar(
                select(Action.status).where(Action.id == story.actions[_name(action, number)])
            )
            if stands != action.status:
                found.append(Fault(f"{action.path}.status", f"the action ends up as {stands.value}"))
    return found


def _goal(story, goal):
    def add(file, **when):
        if goal.key in story.goals:
            raise RuleBroken("another goal of this case has this key", "key")
        aim = {name: getattr(goal, name) for name in _GOAL}
        aim |= {f"smart_{name}": True for name in goal.smart}
        if goal.achievement and not goal.ended:
            aim["achievement"] = goal.achievement
        steps = tuple(step.text for step in goal.steps)
        story.goals[goal.key] = goals.add(file, steps=steps, **aim, **when)

    story.does("goal", goal, Do.EDIT_PLAN, add)
    for position, step in enumerate(goal.steps, 1):
        if step.done_on:
            story.does(
                "end",
                step,
                Do.EDIT_PLAN,
                lambda file, position=position, step=step, **when: goal_steps.finish_step(
                    file,
                    goal_id=story.goals[goal.key],
                    step_id=db.session.scalar(
                        select(GoalStep.id).where(
                            GoalStep.goal_id == story.goals[goal.key], GoalStep.position == position
                        )
                    ),
                    done_on=step.done_on,
                    **when,
                ),
                at=max(story.noon(step.done_on), story.at(goal)),
            )
    if goal.ended:
        story.does("end", goal.ended, Do.EDIT_PLAN, lambda file, **when: _end_goal(story, file, goal, **when))


def _end_goal(story, file, goal, **when):
    end, goal_id = goal.ended, story.goals[goal.key]
    how = {"achievement": goal.achievement} if goal.achievement else {}
    if end.status == GoalStatus.COMPLETED:
        goals.complete(file, goal_id=goal_id, note=end.reason, **how, **when)
    elif end.status == GoalStatus.ON_HOLD:
        goals.hold(file, goal_id=goal_id, reason=end.reason, **when)
    else:
        goals.drop(
            file,
            goal_id=goal_id,
            reason=end.reason,
            person_agreed=end.person_agreed,
            stop_actions=end.stop_actions,
            **how,
            **when,
        )


def _name(action, number):
    return action.key or f"#{number}"


def _action(story, action):
    stage = story.stage
    name = _name(action, story.case.actions.index(action))

    def add(file, **when):
        if action.goal not in story.goals:
            raise RuleBroken(f'no goal of this case has the key "{action.goal}" at that time', "goal")
        if name in story.actions:
            raise RuleBroken("another action of this case has this key", "key")
        story.actions[name] = actions.add(
            file,
            goal_id=story.goals[action.goal],
            what=action.what,
            kind=action.kind,
            owner_agency_id=stage.agencies[action.agency] if action.agency else None,
            owner_user_id=stage.users[action.worker] if action.worker else None,
            owner_name=action.worker_name,
            by_person=action.by_person,
            start_on=action.start_on,
            due_on=action.due_on,
            review_on=action.review_on,
            advocacy=action.advocacy,
            advocacy_until=action.advocacy_until,
            **when,
        )

    story.does("action", action, Do.EDIT_PLAN, add)
    for deed in action.history:
        leads = deed.do in ("clinic_talk", "change", "remind", "stop")
        story.does(
            "deed",
            deed,
            Do.EDIT_PLAN if leads else Do.UPDATE_ACTION,
            lambda file, deed=deed, **when: _deed(story, file, name, deed, **when),
            by=deed.by or (story.worker if leads else action.worker or story.worker),
        )


def _deed(story, file, name, deed, **when):
    stage, action_id = story.stage, story.actions.get(name)
    if action_id is None:
        raise RuleBroken("this is before the action itself was written", "at")
    version = db.session.scalar(select(Action.version).where(Action.id == action_id))
    worker = stage.users[deed.worker] if deed.worker else None
    if deed.do == "accept":
        action_progress.accept(file, action_id, version=version, worker_id=worker, **when)
    elif deed.do == "decline":
        action_progress.decline(file, action_id, version=version, reason=deed.text, **when)
    elif deed.do in _MOVES:
        action_progress.progress(
            file,
            action_id,
            version=version,
            status=_MOVES[deed.do],
            note=deed.text,
            ended_on=deed.on,
            worker_id=worker,
            **when,
        )
    elif deed.do == "clinic_talk":
        actions.record_clinic_talk(
            file, action_id=action_id, on=deed.on, with_whom=deed.with_whom, said=deed.text, **when
        )
    elif deed.do == "remind":
        actions.remind(file, action_id=action_id, **when)
    elif deed.do == "stop":
        actions.cancel(file, action_id=action_id, reason=deed.text, **when)
    else:
        new = {
            "what": deed.what,
            "due_on": deed.due_on,
            "owner_user_id": worker,
            "owner_name": deed.worker_name,
        }
        new["owner_agency_id"] = stage.agencies[deed.agency] if deed.agency else None
        new = {column: value for column, value in new.items() if value}
        if new.get("owner_agency_id") and "owner_user_id" not in new:
            new["owner_user_id"] = None
        story.actions[name] = actions.amend(file, action_id=action_id, **new, **when)


def _issue(story, issue):
    made = {}

    def raise_issue(file, **when):
        if issue.action and issue.action not in story.actions:
            raise RuleBroken("no action of this case has this key at that time", "action")
        made["id"] = issues.raise_issue(
            file, text=issue.text, action_id=story.actions[issue.action] if issue.action else None, **when
        )

    story.does("issue", issue, Do.RAISE_ISSUE, raise_issue)
    if issue.answer:
        story.does(
            "issue",
            issue.answer,
            Do.ANSWER_ISSUE,
            lambda file, **when: issues.answer(
                file,
                made["id"],
                answer=issue.answer.text,
                version=db.session.scalar(select(PlanIssue.version).where(PlanIssue.id == made["id"])),
                **when,
            ),
        )


def _agreement(story, agreement):
    def said(words, at):
        day = words.on or clock.local_day(at)
        return {"agreed_on": day, "route": words.route, "who": words.who, "note": words.note}

    def agree(file, *, actor, at):
        agreements.agree(
            file,
            actor=actor,
            at=at,
            person=said(agreement.person, at),
            agencies=[
                said(answer, at) | {"agency_id": story.stage.agencies[answer.agency], "agreed": answer.agreed}
                for answer in agreement.agencies
            ],
            reason=agreement.reason,
        )

    story.does("agreement", agreement, Do.AGREE_PLAN, agree)
