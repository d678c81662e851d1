"""Many gaps and blocks at once, by those who coordinate: a theme, one entry of the register, the group's agenda, one
reply to all who raised them. Each gap's own log gets its own line (S3-74, S3-76)."""

from datetime import date, datetime

from sqlalchemy import func, select

from caseapp import clock
from caseapp.errors import NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.models import Area, Escalation, GapTheme, GroupItem, GroupSitting, UserArea
from caseapp.policy import escalations as policy
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.escalations import EscalationFile, said
from caseapp.policy.viewer import Viewer
from caseapp.services import audit
from caseapp.services.escalations import joins, moves, news, words
from caseapp.services.transaction import use_case
from caseapp.vocabulary import GapScope, Role, Rung, StepAct

#: No more than this at once: a page of the list, twice over.
MOST = 100


def seen(gap_ids: list[int], actor: Viewer) -> list[EscalationFile]:
    """Those that the actor may sort and that still stand on the ladder. Raises RuleBroken where none is left."""
    found = []
    for gap_id in sorted(set(gap_ids))[:MOST]:
        gap = policy.find_escalation(actor, gap_id)
        if gap is not None and gap.on_ladder and rules.may(actor, Do.SORT_ESCALATION, gap):
            found.append(gap)
    if not found:
        raise RuleBroken("Tick at least one gap or block that is still open", "gaps")
    return found


def seen_or_ended(gap_id: int, actor: Viewer) -> EscalationFile:
    """One that the actor may sort, whether it still stands on the ladder or not. Raises NotVisible."""
    gap = policy.find_escalation(actor, gap_id)
    if gap is None or not rules.may(actor, Do.SORT_ESCALATION, gap):
        raise NotVisible
    return gap


def numbered(number: str, actor: Viewer) -> EscalationFile:
    """The one that is said "GB-118", ended or not, where the actor may sort it. Raises RuleBroken."""
    digits = number.strip().lower().removeprefix("gb-").strip()
    known = digits.isascii() and digits.isdigit() and len(digits) < 10
    gap_id = known and db.session.scalar(select(Escalation.id).where(Escalation.number == int(digits)))
    gap = policy.find_escalation(actor, gap_id) if gap_id else None
    if gap is None or not rules.may(actor, Do.SORT_ESCALATION, gap):
        raise RuleBroken("No gap or block of this number has reached you", "number")
    return gap


@use_case
def give_theme(
    gap_ids: list[int],
    *,
    actor: Viewer,
    at: datetime,
    theme_id: int | None = None,
    new_theme: str = "",
    scope: GapScope | None = None,
) -> int:
    """Give all of them, and what is joined to them, one theme: one that there is or a new one. Returns how many.

    Raises RuleBroken."""
    theme = _theme(theme_id, new_theme, actor, at)
    gaps = seen(gap_ids, actor)
    for gap in gaps:
        row = moves.hold(gap)
        for one in [row, *news.joined_to(row)]:
            one.theme_id = theme.id
            one.scope = scope or one.scope
            moves.step(one, StepAct.THEMED, actor=actor, at=at, level=_level(actor, row), text=theme.name)
    _audit(actor, "gaps and blocks: given a theme", gaps, at, theme=theme.name)
    return len(gaps)


@use_case
def theme_named(name: str, *, actor: Viewer, at: datetime) -> int:
    """The theme of that name, made where there is none yet. Returns its id."""
    return _theme(None, name, actor, at).id


def _theme(theme_id, new_theme, actor, at) -> GapTheme:
    name = " ".join(new_theme.split())
    if name and theme_id:
        raise RuleBroken("Choose a theme or write a new one, not both", "new_theme")
    if name:
        if len(name) > 80:
            raise RuleBroken("At most 80 characters fit here", "new_theme")
        same = db.session.scalar(select(GapTheme).where(func.lower(GapTheme.name) == name.lower()))
        if same is not None:
            same.active = True
            return same
        theme = GapTheme(name=name, created_at=at, created_by_id=actor.user_id)
        db.session.add(theme)
        db.session.flush()
        return theme
    theme = db.session.get(GapTheme, theme_id) if theme_id else None
    if theme is None or not theme.active:
        raise RuleBroken("Choose a theme, or write a new one", "theme")
    return theme


@use_case
def reply(gap_ids: list[int], *, actor: Viewer, at: datetime, text: str) -> int:
    """The same words to everybody who raised one of them or the like, and to the people of the actions they stop. It
    stands in the log of each. Returns how many gaps and blocks were replied to."""
    if not text:
        raise RuleBroken("Write what those who raised them should know", "text")
    gaps = seen(gap_ids, actor)
    for gap in gaps:
        row = moves.hold(gap)
        _name_nobody(gap, row, text=text)
        for one in [row, *news.joined_to(row)]:
            told = news.tell(
                one,
                {one.raised_by_id} | news.action_people(one),
                "a reply to all who raised it",
                at=at,
                actor=actor,
                kind="gap_replied",
            )
            moves.step(
                one,
                StepAct.REPLIED,
                actor=actor,
                at=at,
                level=_level(actor, row),
                text=text,
                to_raisers=True,
                told=told,
            )
        news.on_timeline(row, "reply to all who raised it", actor=actor, at=clock.now(), answer=text)
    _audit(actor, "gaps and blocks: reply to all who raised them", gaps, at)
    return len(gaps)


def _name_nobody(gap: EscalationFile, row: Escalation, **texts: str) -> None:
    """What goes to many names nobody. Only asked of somebody who knows whom it is about: a refusal would tell others."""
    if gap.named:
        words.name_nobody(row.case_id, **texts)


def _level(actor: Viewer, row: Escalation) -> Rung:
    """The rung on which the actor stands."""
    if actor.has(Role.NATIONAL_COORDINATOR) and not actor.has(Role.COORDINATOR):
        return Rung.NATIONAL
    return Rung.GROUP if row.level is Rung.GROUP else Rung.COORDINATOR


@use_case
def join_as_one(gap_ids: list[int], *, actor: Viewer, at: datetime) -> int:
    """Let them go up the ladder as one: the oldest leads, the others go with it. Returns its id."""
    gaps = seen(gap_ids, actor)
    if len(gaps) < 2:
        raise RuleBroken("Tick at least two gaps or blocks that are still open", "gaps")
    ages = dict(
        db.session.execute(
            select(Escalation.id, Escalation.age_from).where(Escalation.id.in_([gap.id for gap in gaps]))
        ).all()
    )
    lead, *others = sorted(gaps, key=lambda gap: (ages[gap.id], gap.number))
    for other in others:
        joins.join(other, lead, actor=actor, at=at)
    return lead.id


# --- the group's agenda ---------------------------------------------------------------------------------------------


@use_case
def put_on_agenda(
    gap_ids: list[int],
    *,
    actor: Viewer,
    at: datetime,
    sitting_id: int | None = None,
    area_id: int | None = None,
    held_on: date | None = None,
    place: str = "",
) -> int:
    """Put them on the agenda of one sitting of the group, one that there is or a new one; what is on it already stays
    where it is. Returns the sitting's id."""
    gaps = seen(gap_ids, actor)
    if sitting_id:
        sitting = own_sitting(sitting_id, actor)
        if sitting.closed_at is not None:
            raise RuleBroken("That agenda is closed. Choose another one, or begin a new one", "sitting")
    else:
        sitting = _new_sitting(area_id, held_on, place, actor, at)
    there = db.session.execute(
        select(GroupItem.escalation_id, GroupItem.position).where(GroupItem.sitting_id == sitting.id)
    ).all()
    on_it, last = {row[0] for row in there}, max((row[1] for row in there), default=0)
    for gap in gaps:
        if gap.id in on_it:
            continue
        last += 1
        db.session.add(GroupItem(sitting_id=sitting.id, escalation_id=gap.id, position=last))
    db.session.flush()
    _audit(actor, "gaps and blocks: put on the group’s agenda", gaps, at, sitting=sitting.id)
    return sitting.id


def _may_serve(area_id: int, actor: Viewer) -> bool:
    if actor.has(Role.NATIONAL_COORDINATOR):
        return True
    mine = select(UserArea.area_id).where(UserArea.user_id == actor.user_id, UserArea.area_id == area_id)
    return actor.has(Role.COORDINATOR) and db.session.scalar(mine) is not None


def own_sitting(sitting_id: int, actor: Viewer) -> GroupSitting:
    """A sitting of a group that the actor serves, held for a change. Raises NotVisible."""
    sitting = db.session.scalar(select(GroupSitting).where(GroupSitting.id == sitting_id).with_for_update())
    if sitting is None or not _may_serve(sitting.area_id, actor):
        raise NotVisible
    return sitting


def _new_sitting(area_id, held_on, place, actor, at) -> GroupSitting:
    if held_on is None:
        raise RuleBroken("Choose an agenda, or say on which day the group meets", "held_on")
    if held_on < clock.local_day(at):
        raise RuleBroken("The day on which the group meets lies ahead", "held_on")
    if area_id is None or not _may_serve(area_id, actor):
        raise RuleBroken("Choose the area whose group meets", "area")
    same = db.session.scalar(
        select(GroupSitting).where(
            GroupSitting.area_id == area_id, GroupSitting.held_on == held_on, GroupSitting.closed_at.is_(None)
        )
    )
    if same is not None:
        return same
    area = db.session.get(Area, area_id)
    sitting = GroupSitting(
        area_id=area_id,
        held_on=held_on,
        title=f"Treatment and rehabilitation group, {area.name}",
        place=place,
        created_at=at,
        created_by_id=actor.user_id,
    )
    db.session.add(sitting)
    db.session.flush()
    return sitting


@use_case
def take_off_agenda(sitting_id: int, item_id: int, *, actor: Viewer, at: datetime) -> None:
    """Take one off an agenda on which nothing was decided about it yet; what is off already is no fault."""
    sitting = own_sitting(sitting_id, actor)
    item = db.session.get(GroupItem, item_id)
    if item is None or item.sitting_id != sitting.id:
        return
    if item.decision or sitting.closed_at is not None:
        raise RuleBroken("The group has decided about it: it stays on this agenda")
    db.session.delete(item)
    audit.record(actor, "group agenda: taken off", at=at, detail={"escalation": item.escalation_id})


@use_case
def move_on_agenda(sitting_id: int, item_id: int, *, up: bool, actor: Viewer, at: datetime) -> None:
    """One place up or down."""
    sitting = own_sitting(sitting_id, actor)
    items = list(
        db.session.scalars(
            select(GroupItem)
            .where(GroupItem.sitting_id == sitting.id)
            .order_by(GroupItem.position, GroupItem.id)
        )
    )
    where = next((at for at, item in enumerate(items) if item.id == item_id), None)
    if where is None:
        return
    other = where - 1 if up else where + 1
    if 0 <= other < len(items):
        items[where], items[other] = items[other], items[where]
    for position, item in enumerate(items, 1):
        item.position = position


@use_case
def decide(
    sitting_id: int, item_id: int, *, actor: Viewer, at: datetime, decision: str, minute: str = ""
) -> int:
    """Write down what the group decided about one. It goes into that gap's log, and everybody who raised it learns of
    it; the ladder itself moves only by its holder's own step."""
    sitting = own_sitting(sitting_id, actor)
    item = db.session.get(GroupItem, item_id)
    if item is None or item.sitting_id != sitting.id:
        raise NotVisible
    if not decision:
        raise RuleBroken("Write what the group decided", "decision")
    if clock.local_day(at) < sitting.held_on:
        raise RuleBroken("The group has not met yet", "decision")
    gap = policy.find_escalation(actor, item.escalation_id)
    if gap is None or not rules.may(actor, Do.SORT_ESCALATION, gap):
        raise NotVisible
    if (item.decision, item.minute) == (decision, minute):
        return item.id
    row = moves.hold(gap)
    _name_nobody(gap, row, decision=decision)
    item.decision, item.minute = decision, minute
    item.decided_at, item.decided_by_id = at, actor.user_id
    told = news.tell(
        row,
        news.raisers(row) | news.action_people(row) | {row.holder_id},
        "the group has decided something about it",
        at=at,
        actor=actor,
        kind="gap_group",
    )
    moves.step(
        row,
        StepAct.GROUP_DECIDED,
        actor=actor,
        at=at,
        level=Rung.GROUP,
        text=decision,
        to_raisers=True,
        told=told,
        meeting_on=sitting.held_on,
        minute=minute,
    )
    _audit(actor, "gap or block: decided in the group", [gap], at)
    return item.id


@use_case
def close_agenda(sitting_id: int, *, actor: Viewer, at: datetime) -> int:
    """The sitting is over: nothing more is put on its agenda."""
    sitting = own_sitting(sitting_id, actor)
    if clock.local_day(at) < sitting.held_on:
        raise RuleBroken("The group has not met yet")
    if sitting.closed_at is None:
        sitting.closed_at = at
        audit.record(actor, "group agenda: closed", at=at, detail={"sitting": sitting.id})
    return sitting.id


def _audit(actor, what, gaps, at, **more):
    numbers = ", ".join(said(gap.number) for gap in gaps[:20])
    audit.record(
        actor, what, at=at, detail={"escalations": [gap.id for gap in gaps], "numbers": numbers, **more}
    )
