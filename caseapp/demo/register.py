"""The register of a world: raisings joined into entries, the group's agendas, editions for all agencies."""

from sqlalchemy import select

from caseapp import clock
from caseapp.demo.stage import Stage
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Attendee, GroupItem, RegisterEntry
from caseapp.policy.meetings import find_meeting
from caseapp.queries import quarters
from caseapp.services import quarter_figures, register, triage
from caseapp.services.meetings import answers, arranging, groups, invitations
from caseapp.vocabulary import Answer, EscalationState


def plan(stage: Stage, world) -> None:
    """Let all of it happen at its time. The figures of each quarter that ended meanwhile are kept as they then stood."""
    if world.register is None:
        return
    for quarter in quarters.closed(stage.now):
        _, ended = quarter.moments
        if any(case.opened.at < ended for case in world.cases):
            stage.plan(ended, "reading", world.register, lambda at=ended: quarter_figures.keep(at=at))
    for entry in world.register.entries:
        stage.plan(entry.at, "register", entry, lambda entry=entry: _entry(stage, entry))
    for agenda in world.register.agendas:
        sitting: list[int] = []
        stage.plan(
            agenda.at,
            "register",
            agenda,
            lambda agenda=agenda, sitting=sitting: sitting.append(_agenda(stage, agenda)),
        )
        for decision in agenda.decisions:
            stage.plan(
                decision.at,
                "register",
                decision,
                lambda agenda=agenda, sitting=sitting, one=decision: _decide(stage, agenda, sitting[0], one),
            )
        if agenda.called:
            stage.plan(
                agenda.called.at,
                "register",
                agenda.called,
                lambda agenda=agenda, sitting=sitting: _call_together(stage, agenda, sitting[0]),
            )
        if agenda.closed_at:
            stage.plan(
                agenda.closed_at,
                "register",
                agenda,
                lambda agenda=agenda, sitting=sitting: triage.close_agenda(
                    sitting[0], actor=stage.viewer(agenda.by), at=agenda.closed_at
                ),
            )
    for edition in world.register.editions:
        stage.plan(edition.at, "register", edition, lambda edition=edition: _publish(stage, edition))


def _gaps(stage, keys):
    for key in keys:
        if key not in stage.gaps:
            raise RuleBroken(f'"{key}" was not raised yet at that time', "gaps")
    return [stage.gaps[key] for key in keys]


def _entry(stage, told):
    given = {"actor": stage.viewer(told.by), "at": told.at}
    first, *more = gaps = _gaps(stage, told.gaps)
    standing = [gap for gap in gaps if triage.seen_or_ended(gap, given["actor"]).on_ladder]
    if told.theme and standing:
        triage.give_theme(standing, new_theme=told.theme, **given)
    entry_id = register.begin(first, title=told.title, **given)
    for gap in more:
        register.add(entry_id, number=str(triage.seen_or_ended(gap, given["actor"]).number), **given)
    entry = db.session.get(RegisterEntry, entry_id)
    register.edit(
        entry_id,
        version=entry.version,
        title=told.title,
        kind=entry.kind,
        theme_id=triage.theme_named(told.theme, **given) if told.theme else None,
        scope=entry.scope,
        asked=told.asked,
        answered=told.answered,
        state=told.state or EscalationState.OPEN,
        **given,
    )


def _agenda(stage, told) -> int:
    return triage.put_on_agenda(
        _gaps(stage, told.gaps),
        actor=stage.viewer(told.by),
        at=told.at,
        area_id=stage.areas[told.area],
        held_on=told.held_on,
        place=told.place,
    )


def _call_together(stage, agenda, sitting):
    """One meeting carries the sitting; it is arranged for its day, and those of `coming` say so."""
    told, given = agenda.called, {"actor": stage.viewer(agenda.by), "at": agenda.called.at}
    meeting_id = groups.call_together(sitting, title=told.title, aim=told.aim, **given)
    plan = arranging.Plan(
        starts_at=clock.at_local(agenda.held_on, told.starts),
        ends_at=told.ends and clock.at_local(agenda.held_on, told.ends),
        place=agenda.place,
        chair_id=given["actor"].user_id,
    )
    guests = tuple(
        invitations.Guest(stage.agencies[one.agency], stage.users[one.user] if one.user else None)
        for one in told.guests
    )
    arranging.arrange(find_meeting(given["actor"], meeting_id), plan, guests=guests, **given)
    for user in told.coming:
        viewer = stage.viewer(user)
        seat = db.session.scalar(
            select(Attendee.id).where(
                Attendee.meeting_id == meeting_id, Attendee.agency_id == viewer.agency_id
            )
        )
        answers.answer(find_meeting(viewer, meeting_id), seat, answer=Answer.COMING, actor=viewer, at=told.at)


def _decide(stage, agenda, sitting, told):
    (gap,) = _gaps(stage, [told.gap])
    item = db.session.scalar(
        select(GroupItem.id).where(GroupItem.sitting_id == sitting, GroupItem.escalation_id == gap)
    )
    if item is None:
        raise RuleBroken("it is not on this agenda", "gap")
    triage.decide(
        sitting,
        item,
        actor=stage.viewer(agenda.by),
        at=told.at,
        decision=told.text,
        minute=told.minute,
    )


def _publish(stage, told):
    entries = list(db.session.scalars(select(RegisterEntry.id)))
    register.publish(entries, actor=stage.viewer(told.by), at=told.at)
