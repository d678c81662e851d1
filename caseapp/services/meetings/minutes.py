"""Issuing minutes (C8, S2-40): the decisions become one new version of the plan and the minutes are frozen, all in one
transaction. What an agency did to its own action meanwhile is never overwritten: then nothing is issued and it is shown.
"""

from datetime import datetime

from sqlalchemy import select, update

from caseapp import clock, dates
from caseapp.errors import NotAllowed, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Attendee,
    CarePlan,
    ConsentGrant,
    Meeting,
    MeetingChange,
    MeetingDecision,
    Minutes,
    MinutesCopy,
    PlanVersion,
)
from caseapp.policy import rules, scopes
from caseapp.policy.do import Do
from caseapp.policy.meetings import MeetingFile, not_withdrawn_since, standing
from caseapp.policy.viewer import Viewer
from caseapp.queries import meeting_agenda, meeting_minutes_content, plan_diff, plan_versions
from caseapp.services import agreements, events, reviews
from caseapp.services.case_hold import first_name
from caseapp.services.meetings import minutes_apply as plan_changes
from caseapp.services.meetings.decisions import drafts_of
from caseapp.services.meetings.hold import ISSUED
from caseapp.services.meetings.records import meeting_of, move, must_stand_at, record, step, tell
from caseapp.services.meetings.room import record_of
from caseapp.services.plan_records import plan_of
from caseapp.services.transaction import use_case
from caseapp.vocabulary import (
    AgreementRoute,
    AttendeeKind,
    ChangeKind,
    MeetingKind,
    MeetingStatus,
    PlanStatus,
    Presence,
)

HERE = (Presence.THERE, Presence.BY_PHONE)
KIND = "minutes_issued"


@use_case
def issue(file: MeetingFile, *, actor: Viewer, at: datetime) -> int:
    """Apply what was decided as one version of the plan, freeze the minutes, and send each agency word of its copy.

    Raises Stale where an action or goal was changed since its decision was written: nothing is issued then. Raises
    RuleBroken with what is missing, or with the sentence by which the plan refuses a decision. Returns the minutes'
    id."""
    if not rules.may(actor, Do.ISSUE_MINUTES, file):
        raise NotAllowed
    meeting = meeting_of(file)
    if meeting.status in ISSUED:
        raise RuleBroken("These minutes have been issued already.")
    must_stand_at(
        meeting, MeetingStatus.MINUTES_DRAFT, say="Close the meeting first; then its minutes can be issued."
    )
    _refuse_unfinished(meeting)
    typed = record_of(meeting)
    before = after = None
    applied = plan_changes.Applied()
    drafts = []
    if meeting_agenda.has_plan(file):
        if not file.case.sees_all:
            raise NotAllowed
        drafts = drafts_of(meeting)
        before, after, applied = _change_plan(file, meeting, typed, drafts, actor, at)
    content = _content(file, drafts, applied, actor)
    minutes = Minutes(
        id=new_id(),
        meeting_id=meeting.id,
        case_id=meeting.case_id,
        issued_at=at,
        issued_by_id=actor.user_id,
        version_before=before,
        version_after=after,
        content=content,
    )
    db.session.add(minutes)
    db.session.flush()
    if drafts:
        table = MeetingChange.__table__
        db.session.execute(
            update(table)
            .where(table.c.id.in_([draft.id for draft in drafts]))
            .values(applied_at=at, version=table.c.version + 1)
        )
        for draft in drafts:
            if draft.kind is ChangeKind.ACTION_ADDED:  # so that what became of it can be followed
                db.session.execute(
                    update(table).where(table.c.id == draft.id).values(action_id=applied.actions[draft.id])
                )
    move(meeting, MeetingStatus.ISSUED, at)
    meeting.issued_at = at
    meeting.decisions_sent_at = meeting.decisions_sent_at or at
    db.session.flush()
    _send(file, meeting, minutes, actor, at)
    step(meeting, "issued", "The minutes were issued", actor=actor, at=at, for_all=True)
    record(file, "minutes of a meeting issued", actor=actor, at=at)
    return minutes.id


def _refuse_unfinished(meeting: Meeting) -> None:
    begun = db.session.scalars(
        select(MeetingDecision.id).where(
            MeetingDecision.meeting_id == meeting.id,
            MeetingDecision.recorded_at.is_(None),
            MeetingDecision.dropped_at.is_(None),
            MeetingDecision.text != "",
        )
    ).all()
    if begun:
        some = "One decision is" if len(begun) == 1 else f"{len(begun)} decisions are"
        raise RuleBroken(f"{some} begun and not recorded yet: record it or take it back.")


def _change_plan(file, meeting, typed, drafts, actor, at):
    """Returns the numbers of the versions before and after, and what was made of the drafts."""
    case = file.case
    plan = plan_of(case)
    if plan_changes.overtaken(case, drafts):
        raise Stale({})
    before = plan.agreed_version
    applied = plan_changes.apply(case, drafts, actor=actor, at=at)
    held_on = clock.local_day(meeting.begun_at)
    due = reviews.next_due(case, plan, held_on)
    review_on = typed.next_review_on
    if review_on and review_on > due and meeting.kind is not MeetingKind.REVIEW:
        raise RuleBroken(
            f"The next review is due by {dates.day(due)}. Choose that day or an earlier one.",
            "next_review_on",
        )
    if meeting.kind is MeetingKind.REVIEW:
        _hold_review(case, meeting, typed, held_on, due, actor, at)
    after = _version(file, meeting, typed, plan, before, held_on, actor, at)
    plan = db.session.get(CarePlan, case.id, populate_existing=True)
    if review_on and plan.next_review_on != review_on:
        plan.next_review_on = review_on
        events.happened(case, "review_planned", f"Next review: {dates.day(review_on)}", actor=actor, at=at)
    db.session.flush()
    return before, after, applied


def _hold_review(case, meeting, typed, held_on, due, actor, at):
    there = _person_was_there(meeting)
    reviews.hold(
        case,
        actor=actor,
        at=at,
        held_on=held_on,
        works=typed.not_agreed or "Spoken of goal by goal; the minutes of the meeting say what was decided.",
        changed="See the minutes of the meeting.",
        persons_view=typed.persons_view,
        with_person=there,
        without_reason="" if there else typed.persons_view_from or "Not at the meeting",
        next_on=typed.next_review_on,
        next_reason="Decided at the meeting" if typed.next_review_on and typed.next_review_on > due else "",
    )


def _version(file, meeting, typed, plan, before, held_on, actor, at) -> int:
    """The plan as it now stands, kept as the next version; the number that stood where nothing has changed."""
    case = file.case
    content = plan_versions.snapshot(case, viewer=actor)
    last = db.session.scalar(
        select(PlanVersion.content).where(PlanVersion.case_id == case.id, PlanVersion.number == before)
    )
    if last is not None and not plan_diff.compare(last, content) and not typed.person_agrees:
        return before
    reason = f"{meeting.kind.label} of {dates.day(held_on)}"
    if typed.person_agrees:
        if not _person_was_there(meeting):
            raise RuleBroken(
                "The person was not at the meeting, so cannot have agreed to the plan there.", "person_agrees"
            )
        person = {
            "agreed_on": held_on,
            "route": AgreementRoute.MEETING,
            "who": first_name(case.person_id),
        }
        return agreements.agree(case, actor=actor, at=at, person=person, reason=reason)
    number = before + 1
    db.session.add(
        PlanVersion(
            case_id=case.id,
            number=number,
            agreed_at=at,
            recorded_by_id=actor.user_id,
            reason=f"{reason}; not agreed by the person yet",
            content=content,
        )
    )
    plan.agreed_version, plan.agreed_at = number, at
    if plan.status is PlanStatus.AGREED:
        plan.status = PlanStatus.IN_REVIEW
    db.session.flush()
    events.happened(case, "plan_minuted", f"Version {number} of the plan: {reason}", actor=actor, at=at)
    return number


def _person_was_there(meeting) -> bool:
    return bool(
        db.session.scalar(
            select(Attendee.id).where(
                Attendee.meeting_id == meeting.id,
                Attendee.kind == AttendeeKind.PERSON,
                Attendee.presence.in_(HERE),
                Attendee.removed_at.is_(None),
            )
        )
    )


def _content(file, drafts, applied, actor) -> dict:
    """The frozen content; each decision names the actions and goals that it made, which say who may read it."""
    content = meeting_minutes_content.content(meeting_minutes_content.held(file, viewer=actor))
    made: dict[int, list] = {}
    goals: dict[int, list] = {}
    for draft in drafts:
        if draft.id in applied.actions:
            made.setdefault(draft.decision_id, []).append(applied.actions[draft.id])
        if draft.id in applied.goals:
            goals.setdefault(draft.decision_id, []).append(applied.goals[draft.id])
    for one in content["decisions"]:
        one["actions"] = sorted({*one["actions"], *made.get(one["id"], ())})
        one["goals"] = goals.get(one["id"], [])
        if one["goal_id"] is None and one["goals"]:
            one["goal_id"] = one["goals"][0]
    return content


def entitled(file: MeetingFile, at: datetime) -> list:
    """The agencies at the table that may have a copy now: (agency_id, grant_id, full_plan). An agency whose consent has
    ended is not among them, though it was there (F5)."""
    today = clock.local_day(at)
    if file.case is None:
        rows = db.session.execute(
            select(Attendee.agency_id).where(Attendee.meeting_id == file.id, standing(Attendee)).distinct()
        )
        return [(agency_id, None, True) for (agency_id,) in rows]
    if file.kind is MeetingKind.CONFERENCE:
        return []
    return [
        tuple(row)
        for row in db.session.execute(
            select(ConsentGrant.agency_id, ConsentGrant.id, ConsentGrant.full_plan)
            .join(Attendee, Attendee.agency_id == ConsentGrant.agency_id)
            .where(
                Attendee.meeting_id == file.id,
                standing(Attendee),
                not_withdrawn_since(Attendee, file.case.id),
                ConsentGrant.case_id == file.case.id,
                scopes.in_force(ConsentGrant, today),
                ConsentGrant.agency_id != file.case.lead_agency_id,
            )
            .distinct()
            .order_by(ConsentGrant.agency_id)
        )
    ]


def _send(file, meeting, minutes, actor, at):
    """A copy for each agency that may have one, and word of it; the person's own is handed over by the case manager."""
    if file.case is not None:
        db.session.add(MinutesCopy(minutes_id=minutes.id, sent_at=at))
    summary = f"Minutes of the meeting of {dates.day(clock.local_day(meeting.begun_at))}"
    for agency_id, grant_id, whole in entitled(file, at):
        db.session.add(
            MinutesCopy(
                minutes_id=minutes.id, agency_id=agency_id, grant_id=grant_id, whole=bool(whole), sent_at=at
            )
        )
        if agency_id != actor.agency_id:
            tell(file, meeting, KIND, summary, actor=actor, at=at, agency_id=agency_id, to_agency=True)
    if file.case is not None:
        tell(file, meeting, KIND, f"{summary} issued", actor=actor, at=at, to_case_workers=True)
    db.session.flush()


@use_case
def send_decisions(file: MeetingFile, *, actor: Viewer, at: datetime) -> None:
    """Let each agency read what was decided before the minutes are written (B7): its own part, by its own rights."""
    if not rules.may(actor, Do.ISSUE_MINUTES, file):
        raise NotAllowed
    meeting = meeting_of(file)
    must_stand_at(meeting, MeetingStatus.MINUTES_DRAFT, say="Close the meeting first.")
    if meeting.decisions_sent_at is not None:
        return
    meeting.decisions_sent_at = at
    db.session.flush()
    summary = f"Decisions of the meeting of {dates.day(clock.local_day(meeting.begun_at))}"
    for agency_id, _, _ in entitled(file, at):
        if agency_id != actor.agency_id:
            tell(
                file,
                meeting,
                "decisions_sent",
                summary,
                actor=actor,
                at=at,
                agency_id=agency_id,
                to_agency=True,
            )
    step(meeting, "decisions_sent", "The decisions were sent", actor=actor, at=at, for_all=True)
    record(file, "decisions of a meeting sent", actor=actor, at=at)
