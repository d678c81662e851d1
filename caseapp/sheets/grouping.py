"""Typed rows to people, cases, goals and actions. A row that contradicts the others is an error on that row."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date

from caseapp.sheets.agencies import fold_agency
from caseapp.sheets.rows import Findings, TypedRow
from caseapp.sheets.shapes import ActionEntry, CaseEntry, GoalEntry, Line, PersonEntry
from caseapp.sheets.text import best_writing, fold_name, quoted, said

PersonKey = tuple[str, date]


def group(rows: list[TypedRow], findings: Findings) -> tuple[tuple[PersonEntry, ...], list[Line]]:
    """The people of the sheet in its order, and what became of each of these rows.

    A person is a folded name with a date of birth. Rows that disagree with the majority about whose Ref it is
    or which agency leads are noted as errors and left out.
    """
    lines: dict[int, Line] = {row.number: Line(row.number, "error", row.name) for row in rows}
    rows = _with_births(rows, findings)
    rows = _with_agreeing_refs(rows, findings)
    by_person: dict[PersonKey, list[TypedRow]] = defaultdict(list)
    for row in rows:
        by_person[_key(row)].append(row)
    _tell_namesakes(by_person, findings)
    people = (_person(own, findings, lines) for own in by_person.values())
    return tuple(person for person in people if person is not None), list(lines.values())


def _key(row: TypedRow) -> PersonKey:
    return fold_name(row.name), row.date_of_birth


def _fold(text: str) -> str:
    return fold_name(text) or text


def _majority(values: list):
    """The most frequent value; of several, the one that stands first. None when there is none."""
    counted = Counter(values)
    return max(counted, key=counted.get, default=None)


def _with_births(rows: list[TypedRow], findings: Findings) -> list[TypedRow]:
    """A row without a date of birth takes it from rows of the same name and Ref; otherwise it is an error."""
    births = defaultdict(set)
    for row in rows:
        if row.date_of_birth and row.ref:
            births[fold_name(row.name), _fold(row.ref)].add(row.date_of_birth)
    complete = []
    for row in rows:
        if row.date_of_birth is None:
            known = births[fold_name(row.name), _fold(row.ref)] if row.ref else ()
            if len(known) != 1:
                findings.error(row.number, "date_of_birth", "", "The date of birth is missing.")
                continue
            row = replace(row, date_of_birth=next(iter(known)))
            findings.guess(
                row.number, "Empty: taken from the rows with the same name and Ref.", "date_of_birth"
            )
        complete.append(row)
    return complete


def _with_agreeing_refs(rows: list[TypedRow], findings: Findings) -> list[TypedRow]:
    by_ref = defaultdict(list)
    for row in rows:
        if row.ref:
            by_ref[_fold(row.ref)].append(row)
    odd = set()
    for own in by_ref.values():
        right = _majority([_key(row) for row in own])
        first = next(row for row in own if _key(row) == right)
        for row in own:
            if _key(row) == right:
                continue
            odd.add(row.number)
            whose = f"Ref {quoted(row.ref)} is {quoted(first.name)}, born {said(first.date_of_birth)}, in row {first.number}"
            if fold_name(row.name) == right[0]:
                text, column = said(row.date_of_birth), "date_of_birth"
                findings.error(row.number, column, text, f"{whose}; here the same Ref is born {text}.")
            else:
                findings.error(row.number, "ref", row.ref, f"{whose}; here it is {quoted(row.name)}.")
    return [row for row in rows if row.number not in odd]


def _tell_namesakes(by_person: dict[PersonKey, list[TypedRow]], findings: Findings) -> None:
    births = defaultdict(list)
    for name, born in by_person:
        births[name].append(born)
    for name, days in births.items():
        if len(days) > 1:
            listed = " and ".join(said(day) for day in days)
            written = quoted(by_person[name, days[0]][0].name)
            for day in days:
                message = f"Read as {len(days)} people called {written}, born {listed}."
                findings.guess(by_person[name, day][0].number, message, "name")


def _person(rows: list[TypedRow], findings: Findings, lines: dict[int, Line]) -> PersonEntry | None:
    name = best_writing([row.name for row in rows])
    refs = {_fold(row.ref): row.ref for row in reversed(rows) if row.ref}
    refs = {fold: refs[fold] for fold in dict.fromkeys(_fold(row.ref) for row in rows if row.ref)}
    cases = []
    for ref, own in _by_case(rows, refs, findings):
        case = _case(ref, own, name, findings, lines)
        if case is not None:
            cases.append(case)
    if not cases:
        return None
    if len(cases) > 1:
        listed = ", ".join(quoted(case.ref) for case in cases)
        findings.guess(
            rows[0].number, f"{quoted(name)} has several refs ({listed}): read as {len(cases)} cases.", "ref"
        )
    numbers = sorted(number for case in cases for number in case.rows)
    taken = [row for row in rows if row.number in set(numbers)]
    return PersonEntry(
        name=name,
        date_of_birth=rows[0].date_of_birth,
        phone=_agreed("phone", taken, findings),
        refs=tuple(case.ref for case in cases if case.ref),
        rows=tuple(numbers),
        cases=tuple(cases),
    )


def _by_case(
    rows: list[TypedRow], refs: dict[str, str], findings: Findings
) -> list[tuple[str, list[TypedRow]]]:
    """One case for each Ref; rows without one belong to the only one, or to the one of like lead and opening."""
    if len(refs) <= 1:
        return [(next(iter(refs.values()), ""), rows)]
    by_ref = {fold: [row for row in rows if row.ref and _fold(row.ref) == fold] for fold in refs}
    for row in rows:
        if row.ref:
            continue
        like = [
            fold
            for fold, own in by_ref.items()
            if any(
                (fold_agency(row.lead_agency), row.opened) == (fold_agency(each.lead_agency), each.opened)
                for each in own
            )
        ]
        if len(like) == 1:
            by_ref[like[0]].append(row)
        else:
            listed = " and ".join(quoted(ref) for ref in refs.values())
            findings.error(
                row.number, "ref", "", f"This person has the refs {listed}. Write which one this row is for."
            )
    return [(refs[fold], sorted(own, key=lambda row: row.number)) for fold, own in by_ref.items()]


def _case(
    ref: str, rows: list[TypedRow], name: str, findings: Findings, lines: dict[int, Line]
) -> CaseEntry | None:
    leads = [row for row in rows if row.lead_agency]
    if not leads:
        findings.error(rows[0].number, "lead_agency", "", "The lead agency is missing.")
        return None
    right = _majority([fold_agency(row.lead_agency) for row in leads])
    first = next(row for row in leads if fold_agency(row.lead_agency) == right)
    taken = []
    for row in rows:
        if row.lead_agency and fold_agency(row.lead_agency) != right:
            message = (
                f"In row {first.number} the lead agency of the same case is “{quoted(first.lead_agency)}”, "
                f"here “{quoted(row.lead_agency)}”. A case has one."
            )
            findings.error(row.number, "lead_agency", row.lead_agency, message)
        else:
            taken.append(row)
    goals = _goals(taken, name, findings, lines)
    return CaseEntry(
        ref=ref,
        lead_agency_text=first.lead_agency,
        case_manager_text=_agreed("case_manager", taken, findings),
        key_worker_text=_agreed("key_worker", taken, findings),
        opened_on=_agreed("opened", taken, findings),
        goals=goals,
        rows=tuple(row.number for row in taken),
    )


def _agreed(field: str, rows: list[TypedRow], findings: Findings):
    """What most rows say of a case-level value ("" or None when none does); a notice on those that differ."""
    says = [(row, getattr(row, field)) for row in rows if getattr(row, field)]
    if not says:
        return None if field == "opened" else ""
    right = _majority([_comparable(value) for _, value in says])
    value = next(value for _, value in says if _comparable(value) == right)
    shown = said(value) if isinstance(value, date) else quoted(value)
    for row, other in says:
        if _comparable(other) != right:
            text = said(other) if isinstance(other, date) else other
            findings.guess(
                row.number, f"Other rows of the same case say “{shown}”; that is taken.", field, text
            )
    return value


def _comparable(value):
    return _fold(value) if isinstance(value, str) else value


def _goals(
    rows: list[TypedRow], name: str, findings: Findings, lines: dict[int, Line]
) -> tuple[GoalEntry, ...]:
    goals: dict[str, dict] = {}
    seen: dict[tuple, int] = {}
    alike: dict[tuple, int] = {}
    for row in rows:
        identity = (_fold(row.goal), _fold(row.action), fold_agency(row.agency))
        details = (*identity, _fold(row.worker), row.due, row.status, row.note)
        if details in seen:
            lines[row.number] = Line(row.number, "duplicate", name, seen[details])
            findings.guess(row.number, "The same as an earlier row: counted once.")
            continue
        seen[details] = row.number
        lines[row.number] = Line(row.number, "taken", name)
        if not row.goal:
            findings.guess(
                row.number, "No goal and no action in this row: only the person and the case are taken."
            )
            continue
        goal = goals.setdefault(
            identity[0], {"title": row.goal, "domain": "", "actions": [], "row": row.number}
        )
        goal["domain"] = goal["domain"] or row.domain
        if not row.action:
            findings.guess(row.number, "A goal without an action.")
            continue
        if identity in alike:
            message = f"The same action of the same agency as in row {alike[identity]}, with other details: both are taken."
            findings.guess(row.number, message, "action", row.action)
        alike.setdefault(identity, row.number)
        goal["actions"].append(
            ActionEntry(row.action, row.agency, row.worker, row.due, row.status, row.note, row.number)
        )
    return tuple(
        GoalEntry(goal["title"], goal["domain"], tuple(goal["actions"]), goal["row"])
        for goal in goals.values()
    )
