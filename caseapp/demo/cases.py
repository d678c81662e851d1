"""A case from its opening to its end: who works on it, which agencies are known, notes, state, closing.

Three things are set without a use case, because the pages know none yet: the reference that the file gives, and the
states `enquiry`, `initial_assessment` and `closing`.
"""

from datetime import UTC, datetime, time

from sqlalchemy import select, update

from caseapp import clock, references
from caseapp.demo import plans, restricted, transfers
from caseapp.demo.reading import Fault
from caseapp.demo.stage import Stage
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Case, CaseAssignment, Goal
from caseapp.policy.do import Do
from caseapp.services import assignments, case_agencies, case_notes, cases
from caseapp.vocabulary import AssignmentRole, CaseStatus, NoteKind

_CASE = Case.__table__

AT_FIRST = frozenset({CaseStatus.ENQUIRY, CaseStatus.INITIAL_ASSESSMENT})
LATER = frozenset({CaseStatus.CLOSING})


class Story:
    """One case of the file, and what its parts share while it is played."""

    def __init__(self, stage: Stage, world, case):
        self.stage, self.world, self.case = stage, world, case
        self.goals: dict[str, int] = {}
        self.actions: dict[str, int] = {}
        self.notes: dict[str, int] = {}
        self.opened_at = case.opened.at
        self.first = next(
            (w for w in case.workers if not w.at and w.role == AssignmentRole.CASE_MANAGER), None
        )
        self.first = self.first or next((w for w in case.workers if not w.at), None)
        self.worker = self.first.user if self.first else case.opened.by

    def manager(self) -> str:
        """Who names workers where the file does not say."""
        users = {u.key: u for u in self.world.users}
        opener = users[self.case.opened.by]
        if "line_manager" in opener.roles:
            return opener.key
        return self.case.line_manager or opener.line_manager or opener.key

    def by(self, item) -> str:
        """Who did it: as the file says, else the case's first worker."""
        return getattr(item, "by", None) or self.worker

    def at(self, item) -> datetime:
        """When it was done: as the file says, else when the case was opened."""
        return getattr(item, "at", None) or self.opened_at

    def does(
        self, what: str, item, act: Do, do, *, by: str | None = None, at: datetime | None = None
    ) -> None:
        """Plan `do(file, actor=, at=)` for the one who does it, who must see the case and be allowed at that time."""
        by, at = by or self.by(item), at or self.at(item)

        def run():
            file = self.stage.case_for(self.case.key, by, act)
            do(file, actor=self.stage.viewer(by), at=at)

        self.stage.plan(at, what, item, run)

    def noon(self, day) -> datetime:
        """Noon of a local day, or now where that is still to come."""
        moment = datetime.combine(day, time(12), clock.local(self.stage.now).tzinfo).astimezone(UTC)
        return max(min(moment, self.stage.now), self.opened_at)


def plan(stage: Stage, world) -> list[Story]:
    """Put every case of the file on the stage."""
    stories = {case.key: Story(stage, world, case) for case in world.cases}
    for story in stories.values():
        case = story.case
        if case.reopens:
            _plan_reopening(story, stories[case.reopens])
        else:
            stage.plan(story.opened_at, "opening", case, lambda story=story: _open(story))
        _workers(story)
        _details(story)
        for agency in case.agencies:
            _agency(story, agency)
        for note in case.notes:
            _note(story, note)
        for wish in case.worker_changes:
            _wish(story, wish)
        plans.plan(story)
        restricted.plan(story)
        transfers.plan(story)
        if case.closing:
            _closing(story, case.closing)
    return list(stories.values())


def faults(stories: list[Story]) -> list[Fault]:
    """Cases and actions that did not end up as the file says."""
    found = []
    stands = dict(db.session.execute(select(Case.id, Case.status)).all())
    for story in stories:
        case = story.case
        status = stands[story.stage.cases[case.key]]
        if case.status and status != case.status:
            found.append(Fault(f"{case.path}.status", f"the case ends up as {status.value}"))
        found += plans.faults(story)
    return found


def _open(story):
    case, stage = story.case, story.stage
    by, first = case.opened.by, story.first
    manages = stage.viewer(by).manages
    takes = first if first and (first.user == by or manages) else None
    held = bool(case.checks_made or case.choice or case.permission_on)
    roles = {AssignmentRole.CASE_MANAGER: "case_manager_id", AssignmentRole.KEY_WORKER: "key_worker_id"}
    who = {roles[takes.role]: stage.users[takes.user]} if takes and takes.role in roles else {}
    file = cases.open_case(
        stage.person_for(case.person, by, Do.OPEN_CASE),
        actor=stage.viewer(by),
        at=story.opened_at,
        protocol_key=case.protocol,
        line_manager_id=stage.users[case.line_manager] if case.line_manager else None,
        intensive_needs=case.intensive_needs,
        first_contact_on=case.first_contact_on,
        referral_on=case.referral_on,
        checks_made=case.checks_made,
        choice=case.choice,
        permission_on=case.permission_on,
        commitment_ends_on=case.commitment_ends_on,
        person_told_on=takes.person_told_on if who else None,
        taken_over=case.taken_over or ("" if held else "Opened before this system"),
        **who,
    )
    _opened(story, file)


def _plan_reopening(story, before):
    case = story.case

    def reopen(file, *, actor, at):
        first = story.first
        takes = first and first.role == AssignmentRole.CASE_MANAGER
        new = cases.reopen(
            file,
            actor=actor,
            at=at,
            reason=case.reopen_reason or "Came back",
            case_manager_id=story.stage.users[first.user] if takes else None,
            first_contact_on=case.first_contact_on,
        )
        _opened(story, new)
        copied = db.session.execute(select(Goal.number, Goal.id).where(Goal.case_id == new.id)).all()
        numbers = {row.number: row.id for row in copied}
        for key, old in before.goals.items():
            number = db.session.scalar(select(Goal.number).where(Goal.id == old))
            if number in numbers:
                story.goals[key] = numbers[number]

    def run():
        by = case.opened.by
        reopen(
            story.stage.case_for(before.case.key, by, Do.REOPEN_CASE),
            actor=story.stage.viewer(by),
            at=story.opened_at,
        )

    story.stage.plan(story.opened_at, "opening", case, run)


def _opened(story, file):
    case = story.case
    story.stage.cases[case.key] = file.id
    if case.reference:
        if not references.is_valid(case.reference):
            raise RuleBroken(
                f"this is no reference: the last two digits must check the rest, as in {references.new_reference()}",
                "reference",
            )
        if db.session.scalar(select(Case.id).where(Case.reference == case.reference)):
            raise RuleBroken("another case has this reference", "reference")
        db.session.execute(update(_CASE).where(_CASE.c.id == file.id).values(reference=case.reference))
    if case.status in AT_FIRST:
        _set_status(file, case.status)


def _set_status(file, status):
    db.session.execute(update(_CASE).where(_CASE.c.id == file.id).values(status=status))


def _workers(story):
    for worker in story.case.workers:
        by = worker.by or story.manager()
        if worker is not story.first or not _with_opening(story):
            story.does(
                "worker",
                worker,
                Do.ALLOCATE,
                lambda file, worker=worker, **when: _assign(story, file, worker, **when),
                by=by,
            )
        if worker.until:
            story.does(
                "worker",
                worker,
                Do.ALLOCATE,
                lambda file, worker=worker, **when: _unassign(story, file, worker, **when),
                by=by,
                at=worker.until,
            )


def _with_opening(story):
    if story.case.reopens:
        return bool(story.first) and story.first.role == AssignmentRole.CASE_MANAGER
    opener = next(u for u in story.world.users if u.key == story.case.opened.by)
    return bool(story.first) and (story.first.user == opener.key or "line_manager" in opener.roles)


def _assign(story, file, worker, **when):
    named = {
        AssignmentRole.CASE_MANAGER: assignments.allocate,
        AssignmentRole.KEY_WORKER: assignments.add_key_worker,
    }
    if worker.role not in named:
        raise RuleBroken("case managers and key workers can be named", "role")
    named[worker.role](
        file,
        user_id=story.stage.users[worker.user],
        reason=worker.reason,
        person_told_on=worker.person_told_on,
        **when,
    )


def _unassign(story, file, worker, **when):
    row = db.session.scalar(
        select(CaseAssignment.id).where(
            CaseAssignment.case_id == file.id,
            CaseAssignment.user_id == story.stage.users[worker.user],
            CaseAssignment.role == worker.role,
            CaseAssignment.to_at.is_(None),
        )
    )
    if row is not None:
        assignments.end(file, assignment_id=row, reason=worker.until_reason, **when)


def _details(story):
    case = story.case
    if case.support_due_on:
        story.does(
            "details",
            case,
            Do.EDIT_CASE,
            lambda file, **when: cases.edit(
                file,
                version=None,
                support_due_on=case.support_due_on,
                support_due_reason=case.support_due_reason,
                **when,
            ),
        )
    at = case.status_at or story.stage.now
    if case.status == CaseStatus.CONTACT_LOST:
        story.does(
            "end",
            case,
            Do.EDIT_CASE,
            lambda file, **when: cases.contact(file, lost=True, how=case.status_reason, **when),
            at=at,
        )
    elif case.status in LATER:
        story.does("end", case, Do.EDIT_CASE, lambda file, **when: _set_status(file, case.status), at=at)


def _agency(story, agency):
    ended = agency.ended

    def add(file, **when):
        row = case_agencies.add(
            file,
            agency_id=story.stage.agencies[agency.agency],
            contact_name=agency.contact_name,
            contact_phone=agency.contact_phone,
            does=agency.does,
            known_on=agency.known_on,
            person_aware_on=agency.person_aware_on,
            **when,
        )
        story.notes[agency.path] = row

    story.does("agency", agency, Do.EDIT_CASE, add)
    if ended:
        story.does(
            "end",
            ended,
            Do.EDIT_CASE,
            lambda file, **when: case_agencies.end(file, row_id=story.notes[agency.path], **when),
            at=ended.at or story.stage.now,
        )


def _note(story, note):
    def write(file, **when):
        if note.corrects and note.corrects not in story.notes:
            raise RuleBroken("no earlier note has this key", "corrects")
        row = case_notes.write(
            file,
            kind=note.kind or NoteKind.CONTACT,
            text=note.text,
            happened_at=note.happened_at,
            place=note.place,
            sector=note.sector,
            corrects_id=story.notes[note.corrects] if note.corrects else None,
            **when,
        )
        if note.key:
            story.notes[note.key] = row
        for agency in note.shared_with:
            case_notes.share(file, note_id=row, agency_id=story.stage.agencies[agency], **when)

    story.does("note", note, Do.WRITE_NOTE, write, at=note.at or note.happened_at)


def _wish(story, wish):
    story.does(
        "note",
        wish,
        Do.EDIT_CASE,
        lambda file, **when: assignments.ask_for_change(file, words=wish.words, **when),
    )
    if wish.answer:
        story.does(
            "note",
            wish.answer,
            Do.ALLOCATE,
            lambda file, **when: assignments.decide_change(
                file, agreed=wish.answer.agreed, reason=wish.answer.reason, **when
            ),
            by=wish.answer.by or story.manager(),
        )


def _closing(story, closing):
    story.does(
        "closing",
        closing,
        Do.CLOSE_CASE,
        lambda file, **when: cases.close(
            file,
            kind=closing.kind,
            reason=closing.reason,
            attempts=closing.attempts,
            aftercare=closing.aftercare,
            person_agrees=closing.person_agrees,
            **when,
        ),
        by=closing.by or story.manager(),
    )
