"""What importing a sheet would do, row by row, before anything is written; and exactly what is then written."""

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from caseapp import protocols, references
from caseapp.policy.viewer import Viewer
from caseapp.queries import imports as reads
from caseapp.queries.imports import KnownPerson, Standing
from caseapp.queries.people_search import code
from caseapp.services.imports_questions import NOBODY, Asking, Question
from caseapp.sheets import ActionEntry, CaseEntry, GoalEntry, PersonEntry, Sheet, fold_name
from caseapp.vocabulary import ActionKind, ActionStatus

S = ActionStatus

#: A referral of this kind waits for the talk with the prescribing clinic (S2-45).
_DETOX = re.compile(
    r"\b(refer\w*|admission|admit\w*|apply|application)\b.*\b(detox\w*|rehab\w*)", re.IGNORECASE
)


class Outcome(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    SAME = "same"
    ASK = "ask"
    LEFT = "left_out"
    ERROR = "error"

    @property
    def label(self) -> str:
        return {
            "new": "To import",
            "same": "Nothing new",
            "ask": "A choice is missing",
            "left_out": "Left out",
            "error": "Error",
        }[self.value]


@dataclass
class RowPlan:
    """One row: what will happen, in words. `why` and `column` say what keeps it from being imported."""

    number: int
    person: str
    outcome: Outcome
    says: list[str] = field(default_factory=list)
    why: str = ""
    column: str = ""

    @property
    def text(self) -> str:
        """All of it in one line, for comparing."""
        return f"{self.outcome.label}: {'; '.join(self.says)} {self.why}".strip()


@dataclass
class NewAction:
    entry: ActionEntry
    agency_id: int | None
    worker_id: int | None
    owner_name: str
    kind: ActionKind
    status: ActionStatus


@dataclass
class GoalPlan:
    """A goal that is there (`known_id`) or is added to `domain`, with the actions to add."""

    entry: GoalEntry
    known_id: int | None
    domain: str
    actions: list[NewAction] = field(default_factory=list)


@dataclass
class CasePlan:
    """A person that is known or is registered, and a case that is open or is opened."""

    person: PersonEntry
    entry: CaseEntry
    known: KnownPerson | None
    case_manager_id: int | None = None
    key_worker_id: int | None = None
    number: str = ""
    goals: list[GoalPlan] = field(default_factory=list)

    @property
    def opens(self) -> bool:
        return self.known is None or self.known.case_id is None

    @property
    def first_contact_on(self) -> date | None:
        return self.entry.opened_on


@dataclass
class Plan:
    """The whole of it. `print` is a short mark of everything that it says: another plan has another one."""

    rows: list[RowPlan]
    cases: list[CasePlan]
    questions: list[Question]
    sheet: Sheet
    protocol_key: str

    @property
    def open_questions(self) -> list[Question]:
        return [q for q in self.questions if q.open]

    @property
    def changes(self) -> bool:
        return bool(self.cases)

    @property
    def print(self) -> str:
        text = "\n".join(f"{row.number} {row.text}" for row in self.rows) + self.protocol_key
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    @property
    def counts(self) -> dict[str, int]:
        """How much will be written, and what will not."""
        goals = [goal for case in self.cases for goal in case.goals]
        rows = [row.outcome for row in self.rows]
        return {
            "new_people": sum(case.known is None for case in self.cases),
            "known_people": sum(case.known is not None for case in self.cases),
            "cases": sum(case.opens for case in self.cases),
            "goals": sum(goal.known_id is None for goal in goals),
            "actions": sum(len(goal.actions) for goal in goals),
            "same": rows.count(Outcome.SAME),
            "left_out": rows.count(Outcome.LEFT),
            "errors": rows.count(Outcome.ERROR),
        }


def plan(sheet: Sheet, *, viewer: Viewer, choices: dict, today: date) -> Plan:
    """What importing the sheet would do now, for this line manager, with the answers given so far. Reads only."""
    protocol_key = choices["protocol"]
    protocol = protocols.get(protocol_key)
    asking = Asking(choices, reads.agencies(), reads.workers(viewer=viewer), protocol)
    stands = reads.standing(((p.name, p.date_of_birth) for p in sheet.people), viewer=viewer)
    work = _Work(viewer, protocol, asking, stands, today)
    for person in sheet.people:
        work.person(person)
    work.lines(sheet)
    rows = [work.rows[number] for number in sorted(work.rows)]
    questions = sorted(
        (q for q in asking.found.values() if not q.sure), key=lambda q: (q.kind, not q.open, q.rows[0])
    )
    return Plan(rows, work.cases, questions, sheet, protocol_key)


class _Work:
    def __init__(self, viewer, protocol, asking: Asking, stands: Standing, today):
        self.viewer, self.protocol, self.asking, self.stands, self.today = (
            viewer,
            protocol,
            asking,
            stands,
            today,
        )
        self.rows: dict[int, RowPlan] = {}
        self.cases: list[CasePlan] = []

    def person(self, person: PersonEntry) -> None:
        mine = None
        for case in person.cases:
            lead = self.asking.agency(case.lead_agency_text, case.rows[0])
            if lead.open:
                self._all(
                    person, case, Outcome.ASK, f"Say first which agency “{lead.text}” is", "Lead agency"
                )
            elif lead.answer != str(self.viewer.agency_id):
                leads = lead.label or f"“{lead.text}”"
                why = f"{leads} leads this case: only its own line manager can import it"
                self._all(person, case, Outcome.LEFT, why, "Lead agency")
            elif mine is not None:
                why = f"A person has one open case, and rows {_rows(mine.rows)} are it"
                self._all(person, case, Outcome.LEFT, why, "Ref")
            else:
                mine = case
                self._case(person, case)

    def _case(self, person, case):
        known = self.stands.people.get((fold_name(person.name), person.date_of_birth), [])
        if len(known) > 1:
            why = "Two people with this name and date of birth are on record here: enter these by hand"
            self._all(person, case, Outcome.LEFT, why, "Client name")
            return
        someone = known[0] if known else None
        if someone and someone.case_id is None and someone.had_case:
            why = "The case with us was closed: reopen it on its own page first"
            self._all(person, case, Outcome.LEFT, why)
            return
        plan = CasePlan(person, case, someone)
        if plan.opens:
            self._workers(plan)
        if (
            case.ref
            and code(case.ref)
            and code(case.ref) not in self.stands.numbers.get(someone.id if someone else 0, ())
        ):
            plan.number = case.ref
        for goal in case.goals:
            self._goal(plan, goal)
        for number in case.rows:  # rows without a goal say only that the person and the case are there
            self._row(number, plan, Outcome.NEW if plan.opens else Outcome.SAME)
        news = plan.opens or plan.number or any(g.known_id is None or g.actions for g in plan.goals)
        if news:
            self._head(plan)
            self.cases.append(plan)

    def _head(self, plan):
        """The first row of a case tells of person and case."""
        number = min(plan.entry.rows)
        said = ["New person" if plan.known is None else "Known person"]
        if plan.opens:
            names = dict(self.asking.workers)
            who = names.get(plan.case_manager_id) or names.get(plan.key_worker_id)
            said.append(f"Case opened, {who}" if who else "Case opened, waits for allocation")
            if plan.case_manager_id and plan.key_worker_id:
                said.append(f"Key worker {names[plan.key_worker_id]}")
        else:
            said.append(f"Case {references.say(plan.known.reference)}")
        if plan.number:
            said.append(f"Number {plan.number} kept")
        row = self.rows[number]
        row.says[:0] = said
        if row.outcome is Outcome.SAME and (plan.opens or plan.number):
            row.outcome = Outcome.NEW

    def _workers(self, plan):
        entry, row = plan.entry, plan.entry.rows[0]
        for text, name in (
            (entry.case_manager_text, "case_manager_id"),
            (entry.key_worker_text, "key_worker_id"),
        ):
            if text:
                answer = self.asking.worker(text, row).answer
                setattr(plan, name, int(answer) if answer and answer != NOBODY else None)
        if plan.case_manager_id == plan.key_worker_id:
            plan.key_worker_id = None

    def _goal(self, plan, entry):
        known_id, domain = None, ""
        case_id = None if plan.opens else plan.known.case_id
        if case_id:
            known_id = self.stands.goals.get(case_id, {}).get(fold_name(entry.title))
        if known_id:
            domain = self.stands.domains[known_id]
        else:
            question = self.asking.domain(entry.domain_text, entry.title, entry.row)
            if question.open or question.answer == NOBODY:
                for action in entry.actions:  # asked in the same round
                    self.asking.agency(action.agency_text, action.row)
                why = f"Say first which part of life “{question.text}” belongs to"
                self._goal_rows(plan, entry, Outcome.ASK, why, "Domain" if entry.domain_text else "Goal")
                return
            domain = question.answer
            if case_id and domain not in self._domains_of(plan.known):
                why = "This case follows another procedure: add the goal on its own page"
                self._goal_rows(plan, entry, Outcome.LEFT, why, "Goal")
                return
        goal = GoalPlan(entry, known_id, domain)
        plan.goals.append(goal)
        row = self._row(entry.row, plan, Outcome.SAME if known_id else Outcome.NEW)
        if not known_id:
            row.says.append("Goal added")
        for action in entry.actions:
            self._action(plan, goal, action)

    def _action(self, plan, goal, entry):
        question = self.asking.agency(entry.agency_text, entry.row)
        if question.open:
            why = f"Say first which agency “{question.text}” is"
            self._row(entry.row, plan, Outcome.ASK, why, "Who")
            return
        agency_id = None if question.answer == NOBODY else int(question.answer)
        case_id = None if plan.opens else plan.known.case_id
        what = fold_name(entry.what)
        if goal.known_id:
            same = {(goal.known_id, what, agency_id), (goal.known_id, what, fold_name(entry.agency_text))}
            if same & self.stands.actions:
                self._row(entry.row, plan, Outcome.SAME)
                return
            if goal.known_id in self.stands.ended:
                self._row(
                    entry.row, plan, Outcome.LEFT, "This goal has ended: take it up again first", "Goal"
                )
                return
        if case_id and agency_id and self._kept_from(plan, case_id, agency_id, goal.domain, entry):
            return
        action = self._new_action(entry, agency_id, question)
        goal.actions.append(action)
        row = self._row(entry.row, plan, Outcome.NEW)
        row.outcome = Outcome.NEW
        row.says.append(self._said(action, question))

    def _kept_from(self, plan, case_id, agency_id, domain, entry):
        name = dict(self.asking.agencies)[agency_id]
        if (case_id, agency_id) in self.stands.excluded:
            self._row(entry.row, plan, Outcome.LEFT, f"{name} is never to be told", "Who")
            return True
        if (case_id, agency_id, domain) in self.stands.withheld:
            self._row(entry.row, plan, Outcome.LEFT, f"This part of life is kept from {name}", "Who")
            return True
        return False

    def _new_action(self, entry, agency_id, question):
        own = agency_id == self.viewer.agency_id
        status = ActionStatus(entry.status)
        kind = ActionKind.DETOX_REFERRAL if _DETOX.search(entry.what) else ActionKind.INTERVENTION
        worker_id, name = None, entry.worker_text
        if own and entry.worker_text:
            answer = self.asking.worker(entry.worker_text, entry.row).answer
            if answer and answer != NOBODY:
                worker_id, name = int(answer), ""
        if agency_id is None:
            name = question.text
        if status in (S.REQUESTED, S.ACCEPTED, S.IN_PROGRESS, S.BLOCKED):
            undated = entry.due_on is None and self.protocol.plan.full_action_columns
            if not own or undated or kind is ActionKind.DETOX_REFERRAL:
                status = S.PROPOSED
        return NewAction(entry, agency_id, worker_id, name[:120], kind, status)

    def _said(self, action, question):
        status = ActionStatus(action.entry.status)
        said = f"Action added: {action.status.label.lower()}"
        if action.status is S.PROPOSED:
            if action.agency_id is None:
                return f"{said}, nobody has it yet"
            if action.agency_id != self.viewer.agency_id:
                return f"{said}, shown to {question.label} only with consent"
            if action.kind is ActionKind.DETOX_REFERRAL:
                return f"{said}, until the talk with the clinic"
            if status is not S.PROPOSED:
                return f"{said}, until it has a date"
        return said

    def _domains_of(self, known):
        return {item.key for item in protocols.get(known.protocol_key, known.protocol_version).domains}

    # --- rows ---------------------------------------------------------------------------------------------------

    def _row(self, number, plan, outcome, why="", column=""):
        row = self.rows.get(number)
        if row is None:
            row = self.rows[number] = RowPlan(number, plan.person.name, outcome)
        if why:
            row.outcome, row.why, row.column = outcome, why, column
        return row

    def _goal_rows(self, plan, entry, outcome, why, column):
        for number in {entry.row, *(action.row for action in entry.actions)}:
            self._row(number, plan, outcome, why, column)

    def _all(self, person, case, outcome, why, column=""):
        for number in case.rows:
            self.rows[number] = RowPlan(number, person.name, outcome, why=why, column=column)

    def lines(self, sheet):
        """Rows that are in no person: errors, duplicates, repeated headings."""
        for line in sheet.lines:
            if line.outcome == "duplicate":
                self.rows[line.row] = RowPlan(
                    line.row, line.person, Outcome.SAME, [f"The same as row {line.of}"]
                )
            elif line.outcome == "left out":
                self.rows[line.row] = RowPlan(line.row, line.person, Outcome.LEFT, why="The headings again")
            elif line.outcome == "error":
                self.rows[line.row] = RowPlan(
                    line.row, line.person, Outcome.ERROR, why="See the list of errors"
                )
        told: dict[int, list] = defaultdict(list)
        for error in sheet.errors:
            told[error.row].append(error)
        for number, errors in told.items():
            row = self.rows.setdefault(number, RowPlan(number, "", Outcome.ERROR))
            row.outcome, row.says = Outcome.ERROR, []
            row.column = ", ".join(dict.fromkeys(e.column for e in errors if e.column))
            row.why = " ".join(dict.fromkeys(e.message for e in errors))


def _rows(numbers):
    return ", ".join(map(str, numbers[:3])) + (" …" if len(numbers) > 3 else "")
