"""The meetings of one case: called, agreed, arranged, answered, held, each at its time and by whoever did it."""

from sqlalchemy import select

from caseapp import clock
from caseapp.demo.stage import Stage
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Attendee
from caseapp.policy.do import Do
from caseapp.policy.meetings import find_meeting
from caseapp.services.meetings import (
    answers,
    arranging,
    attendance,
    calling,
    decisions,
    invitations,
    minutes,
    minutes_apply,
    room,
)
from caseapp.services.meetings.decisions import Said
from caseapp.vocabulary import Answer, AttendeeKind, ChangeKind, Presence


class _Told:
    """One meeting of the file while it is played."""

    def __init__(self, stage: Stage, story, item):
        self.stage, self.story, self.item, self.id = stage, story, item, None

    def does(self, part, by: str, at, act) -> None:
        """Plan `act(file, actor=, at=)` by somebody who must see the meeting then."""

        def run():
            viewer = self.stage.viewer(by)
            file = self.id and find_meeting(viewer, self.id)
            if not file:
                raise RuleBroken(f"at that time {viewer.name} could not see this meeting")
            act(file, actor=viewer, at=at)

        self.stage.plan(at, "meeting", part, run)

    def seat(self, user: str) -> int:
        """The place of a user, or of the user's agency where nobody is named."""
        viewer = self.stage.viewer(user)
        rows = db.session.scalars(
            select(Attendee).where(
                Attendee.meeting_id == self.id,
                Attendee.agency_id == viewer.agency_id,
                Attendee.removed_at.is_(None),
            )
        ).all()
        mine = [row for row in rows if viewer.user_id in (row.user_id, row.substitute_id)]
        free = [row for row in rows if row.user_id is None]
        if not (mine or free or rows):
            raise RuleBroken(f"{viewer.name} was not invited to this meeting")
        return (mine or free or rows)[0].id


def meeting(story, item) -> None:
    """Put one meeting of the file on the stage."""
    told = _Told(story.stage, story, item)

    def propose(case, *, actor, at):
        told.id = calling.propose(
            case,
            actor=actor,
            at=at,
            kind=item.kind,
            aim=item.aim,
            triggers=dict.fromkeys(item.triggers, item.note),
            why_not_phone=item.why_not_phone,
        )

    story.does("meeting", item, Do.CALL_MEETING, propose)
    if item.agreed:
        agreed = item.agreed
        told.does(
            agreed,
            agreed.by,
            agreed.at,
            lambda file, **when: calling.decide(file, agreed=True, note=agreed.note, **when),
        )
    if item.arranged:
        _arranged(told, item.arranged)
    for one in item.answers:
        _answer(told, one)
    if item.held:
        _held(told, item.held)


def _arranged(told, part):
    def arrange(file, **when):
        users, agencies = told.stage.users, told.stage.agencies
        plan = arranging.Plan(
            starts_at=clock.at_local(part.on, part.starts),
            ends_at=part.ends and clock.at_local(part.on, part.ends),
            place=part.place,
            link=part.link,
            message=part.message,
            chair_id=users[part.chair],
            minutes_by_id=users[part.minutes_by] if part.minutes_by else None,
            person_invited_on=part.person_invited_on,
            person_invited_how=part.person_invited_how,
        )
        guests = tuple(
            invitations.Guest(agencies[one.agency], users[one.user] if one.user else None)
            for one in part.guests
        )
        arranging.arrange(file, plan, guests=guests, **when)

    told.does(part, told.item.by, part.at, arrange)


def _answer(told, one):
    def answer(file, **when):
        seat = told.seat(one.by)
        answers.answer(
            file,
            seat,
            answer=one.answer,
            note=one.note,
            substitute_id=told.stage.users[one.substitute] if one.substitute else None,
            handover_on=one.handover_on,
            handover_note=one.handover_note,
            **when,
        )
        if one.answer is Answer.DECLINED and one.contribution:
            answers.report(
                file,
                seat,
                contribution=one.contribution,
                issues=one.issues,
                proposals=one.proposals,
                availability=one.availability,
                send=True,
                **when,
            )

    told.does(one, one.by, one.at, answer)
    if one.call_at:
        told.does(
            one,
            told.item.by,
            one.call_at,
            lambda file, **when: answers.called(
                file, told.seat(one.by), call_at=one.call_at, note=one.call_note, **when
            ),
        )


def _held(told, part):
    chair = told.item.arranged.chair

    def begin(file, *, actor, at):
        room.begin(file, actor=actor, at=at)
        file = find_meeting(actor, told.id)
        when = {"actor": actor, "at": at}
        room.read_reminder(file, read=True, **when)
        here = {told.stage.users[key] for key in part.there}
        marks = {}
        for row in db.session.scalars(select(Attendee).where(Attendee.meeting_id == told.id)):
            came = row.kind is AttendeeKind.PERSON or here & {row.user_id, row.substitute_id}
            marks[row.id] = Presence.THERE if came else Presence.ABSENT
        attendance.mark_all(file, marks=marks, **when)
        room.write(file, persons_view=part.persons_view, read_back=True, not_agreed=part.not_agreed, **when)

    def close(file, *, actor, at):
        for one in part.decisions:
            _decision(told, file, one, actor=actor, at=at)
        room.close(file, actor=actor, at=at)

    told.does(part, chair, part.begun_at, begin)
    told.does(part, chair, part.closed_at, close)
    if part.issued_at:
        told.does(part, told.item.by, part.issued_at, lambda file, **when: minutes.issue(file, **when))


def _decision(told, file, one, *, actor, at):
    """Words alone, a new day for an action, or an action that is added."""
    story, more, kind = told.story, {}, None
    change = {"due_on": one.due_on and one.due_on.isoformat()}
    if one.action:
        more["action_id"] = _known(story.actions, one.action, "action")
        kind, change = ChangeKind.ACTION_CHANGED, change | {"do": minutes_apply.DATE}
    elif one.what:
        more["goal_id"] = _known(story.goals, one.goal, "goal")
        owner = told.stage.agencies[one.agency] if one.agency else actor.agency_id
        kind, change = ChangeKind.ACTION_ADDED, change | {"what": one.what, "owner_agency_id": owner}
    said = Said(
        text=one.text,
        reason=one.reason,
        for_all=True,
        agrees=frozenset(told.seat(user) for user in one.agreed_by),
        kind=kind,
        change=change if kind else {},
    )
    decisions.save(file, said, actor=actor, at=at, recorded=True, **more)


def _known(ids, key, what):
    if key not in ids:
        raise RuleBroken(f'no {what} of this case has the key "{key}" at that time', what)
    return ids[key]
