"""The plan on paper: the whole, one agency's part, the person's own copy. Each says for whom it is, which consent it
rests on, and who printed it when; none holds more than its reader's own page."""

from dataclasses import dataclass
from datetime import datetime

from caseapp import dates
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import plan_page, plan_part
from caseapp.queries.plan_head import Head
from caseapp.queries.plan_page import PlanPage
from caseapp.queries.plan_part import PlanPart
from caseapp.queries.plan_rows import ANSWERED, FINISHED, Row
from caseapp.vocabulary import ActionStatus


@dataclass(frozen=True, slots=True)
class Sheet:
    """What every print has: the basis in two pieces (for whom; on what ground), and who printed it."""

    head: Head
    for_whom: str
    ground: str
    printed: str
    plan: PlanPage | None = None
    part: PlanPart | None = None


def whole(case: CaseFile, *, viewer: Viewer, at: datetime, printer: Viewer | None = None) -> Sheet:
    """The whole plan as `viewer` may read it. `printer` is who prints, if it is for another agency."""
    plan = plan_page.plan(case, viewer=viewer, quiet=True)
    head = plan.head
    if case.sees_all:
        for_whom = f"The whole plan, for the case manager’s file at {head.lead_agency}."
        shared = [
            f"{one.name} ({'full plan' if one.full_plan else 'own part'}, from {dates.day(one.granted_on)}"
            f"{f' until {dates.day(one.until)}' if one.until else ''})"
            for one in plan.agencies
            if one.granted_on
        ]
        ground = (
            f"It rests on the consent that {head.first_name} gave for {_listed(shared)}."
            if shared
            else f"{head.first_name} has not agreed to share it with any other agency."
        )
    else:
        for_whom = f"The whole plan, for {viewer.agency_name} only."
        ground = _consent(head, "the whole plan", viewer.agency_name)
    return Sheet(head, for_whom, ground, _printed(printer or viewer, at), plan=plan)


def part(case: CaseFile, *, viewer: Viewer, at: datetime, printer: Viewer | None = None) -> Sheet:
    """One agency's own part, for that agency."""
    found = plan_part.part(case, viewer=viewer, quiet=True)
    head = found.head
    if case.grant_id is None:
        ground = (
            f"{viewer.agency_name} leads the case. It holds only what the agency itself has been asked to do."
        )
    else:
        ground = _consent(head, "this part", viewer.agency_name)
    return Sheet(
        head, f"{viewer.agency_name}’s part only.", ground, _printed(printer or viewer, at), part=found
    )


@dataclass(frozen=True, slots=True)
class PlainGoal:
    """A goal as the person reads it: who does what, in sentences."""

    words: str
    measure: str
    yours: list[str]
    others: list[str]
    done: list[str]


@dataclass(frozen=True, slots=True)
class PersonsCopy:
    """The person's own copy, in plain language."""

    head: Head
    goals: list[PlainGoal]
    sees: list[str]
    never: list[str]
    reach: str
    printed: str


def person(case: CaseFile, *, viewer: Viewer, at: datetime) -> PersonsCopy:
    """The plan for the person whose plan it is: no reference to anybody's notes, no words of the trade."""
    plan = plan_page.plan(case, viewer=viewer, quiet=True)
    head = plan.head
    goals = []
    for goal in plan.goals:
        if goal.ended and not goal.rows:
            continue
        yours, others, done = [], [], []
        for row in goal.rows:
            if row.raw.status in (ActionStatus.CANCELLED, ActionStatus.DECLINED, ActionStatus.NOT_COMPLETED):
                continue
            if row.raw.status in FINISHED:
                done.append(f"{row.what} – done on {row.when}")
            elif row.raw.by_person:
                yours.append(_yours(row))
            else:
                others.append(_theirs(row))
        goals.append(PlainGoal(goal.words or goal.title, goal.measure, yours, others, done))
    sees = [
        f"{one.name} sees {'the whole plan' if one.full_plan else 'only its own part'}"
        f"{f', until {dates.full_day(one.until)}' if one.until else ''}."
        for one in plan.agencies
        if one.granted_on
    ]
    reach = " · ".join(p for p in (head.cm_phone or head.lead_phone, head.cm_hours) if p)
    never = [one.name for one in plan.agencies if one.never]
    return PersonsCopy(head, goals, sees, never, reach, _printed(viewer, at))


def _yours(row: Row) -> str:
    help_ = (
        f" {row.raw.user_name or row.raw.owner_name or row.raw.agency_name} helps you."
        if row.raw.agency_id
        else ""
    )
    when = f" By {row.when}." if row.raw.due_on else ""
    return (
        f"{row.what}.{when}{help_}" if not row.what.endswith((".", "!", "?")) else f"{row.what}{when}{help_}"
    )


def _theirs(row: Row) -> str:
    name = row.raw.user_name or row.raw.owner_name
    who = (
        f"{name} of {row.raw.agency_name}"
        if name and row.raw.agency_name
        else row.raw.agency_name or "Nobody yet"
    )
    when = f" By {row.when}." if row.raw.due_on else ""
    asked = (
        ""
        if row.raw.status in ANSWERED
        else " They have been asked."
        if row.raw.status is ActionStatus.REQUESTED
        else " This is only an idea so far."
    )
    return (
        f"{who}: {row.what}.{when}{asked}"
        if not row.what.endswith((".", "!", "?"))
        else f"{who}: {row.what}{when}{asked}"
    )


def _consent(head: Head, what: str, agency: str) -> str:
    until = f", until {dates.full_day(head.grant_until)}" if head.grant_until else ""
    return f"It rests on the consent of {dates.full_day(head.granted_on)}, by which {head.first_name} lets {agency} see {what}{until}."


def _printed(who: Viewer, at: datetime) -> str:
    return f"Printed on {dates.moment(at)}, by {who.name}, {who.agency_name}."


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
