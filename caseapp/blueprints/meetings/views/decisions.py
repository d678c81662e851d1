"""What is decided: in the row of an action, or on a page of its own where it stands for itself."""

from datetime import date

from flask import request, url_for

from caseapp import clock, dates, ids
from caseapp.blueprints.meetings import bp
from caseapp.blueprints.meetings import room as rooms
from caseapp.blueprints.meetings.forms.room import SHOWN, ActionDecisionForm, NewForm
from caseapp.errors import NotVisible
from caseapp.policy.do import Do
from caseapp.queries import (
    meeting_agenda,
    meeting_decisions,
    meeting_places,
    meeting_room,
    meeting_room_needs,
)
from caseapp.services.meetings import decisions as service
from caseapp.vocabulary import ActionStatus, ChangeKind, GoalStatus
from caseapp.web.access import on_meeting
from caseapp.web.answers import either, page, refused, saved, wants_fragment
from caseapp.web.forms import Form
from caseapp.web.sessions import viewer


def _by() -> dict:
    return {"actor": viewer(), "at": clock.now()}


@bp.get("/meetings/<id:meeting_id>/room/actions/<id:action_id>")
@on_meeting(Do.RUN_MEETING, reads="a meeting in session")
def room_action(meeting, action_id):
    """The row of an action, open; as a fragment, or as the whole page with that row open."""
    if meeting.begun_at is None:
        raise NotVisible
    if wants_fragment() and "row" in request.args:
        return either("meetings/room.html", "meetings/_row.html", **_row_context(meeting, action_id))
    return either(
        "meetings/room.html", "meetings/_decide.html", **rooms.context(meeting, open_action=action_id)
    )


def _row_context(meeting, action_id):
    context = rooms.context(meeting, open_action=action_id)
    return context | {"a": context["item"], "focus": True}


@bp.post("/meetings/<id:meeting_id>/room/actions/<id:action_id>")
@on_meeting(Do.RUN_MEETING)
def record_decision(meeting, action_id):
    """Typed (a pause, no button) or recorded (the button)."""
    if meeting.begun_at is None:
        raise NotVisible
    agenda = meeting_agenda.agenda(meeting, viewer=viewer())
    frame = meeting_room.frame(meeting)
    places = meeting_places.places(meeting, viewer=viewer(), person=frame.person)
    form = rooms.action_form(meeting, agenda, places, action_id, None)
    typing = wants_fragment()
    do = request.form.get("do_now", "")
    if typing:
        form.once.data = None
    item = agenda.actions[action_id]
    said = form.said(ChangeKind.ACTION_CHANGED, form.change())
    done = (typing or form.validate_on_submit()) and form.accepts(
        service.save,
        meeting,
        said,
        **_by(),
        point_key=f"goal:{item.raw.goal_id}",
        action_id=action_id,
        base=form.seen_base,
        stood=form.seen_stood,
        over=do == "over",
        version=form.seen_version,
        recorded=do in ("record", "over") and not typing,
    )
    written = ids.written(action_id)
    decision = next(
        (d for d in meeting_decisions.decisions(meeting) if d.action_id == action_id and not d.dropped_at),
        None,
    )
    if typing:
        news = rooms.news(item, decision, meeting)
        key = f"d{written}"
        if done:
            return rooms.kept(form, key, version=decision.version, decision_id=decision.id, news=news)
        if form.stale:
            return _kept_beside(form, key)
        return rooms.kept(form, key, trouble=". ".join(form.form_errors))
    if done:
        say = f"Decision {decision.number} is recorded." if decision and decision.number else "Saved."
        return saved(rooms.back_to(meeting, f"goal:{item.raw.goal_id}", f"d-{written}"), say=say)
    more = {}
    if form.stale:
        more = _conflict(form, decision)
    return refused("meetings/room.html", **rooms.context(meeting, open_action=action_id, form=form) | more)


def _kept_beside(form, key):
    """The answer to a pause in typing where somebody else wrote the same decision: what is saved, beside what is typed."""
    sides = [
        (form[name].label.text, value) for name, value in form.stale.saved.items() if name in form and value
    ]
    return rooms.kept(form, key, sides=sides, by=form.stale.by or "Somebody")


def _conflict(form, decision) -> dict:
    """Both sides of a conflict: what stands now beside what stood when the decision was written, or where two wrote the
    same decision, beside what was typed here. Only what differs; nothing where something else was changed."""
    stale = form.stale
    of_plan = "status" in stale.saved
    if of_plan:
        mine, labels = (decision and decision.base) or getattr(form, "seen_stood", {}), SHOWN
    else:
        mine, labels = {name: form[name].data for name in stale.saved}, {}
        form.version.data = str(stale.version)
    rows = [
        (
            labels.get(name) or form[name].label.text,
            _words(form, name, saved),
            _words(form, name, mine.get(name)),
        )
        for name, saved in stale.saved.items()
        if name in mine or not mine
    ]
    return {
        "conflict": [row for row in rows if row[1] != row[2]],
        "conflict_by": stale.by or "Somebody",
        "conflict_at": dates.hour(stale.at) if stale.at else "",
        "of_action": of_plan,
    }


def _words(form, name, value) -> str:
    if name == "status" and value:
        return (ActionStatus if isinstance(form, ActionDecisionForm) else GoalStatus)(value).label
    if name == "due_on" and value:
        return dates.day(date.fromisoformat(value))
    return value or ""


@bp.post("/meetings/<id:meeting_id>/room/actions/<id:action_id>/theirs")
@on_meeting(Do.RUN_MEETING)
def take_theirs(meeting, action_id):
    """Use what the agency wrote meanwhile."""
    form = Form()
    if form.validate_on_submit() and form.accepts(service.take_theirs, meeting, action_id, **_by()):
        return saved(
            url_for("meetings.room_action", meeting_id=meeting.id, action_id=action_id)
            + f"#d-{ids.written(action_id)}",
            say="Their update is the ground of this decision now. Look at it, then record it.",
        )
    return refused("meetings/room.html", **rooms.context(meeting, open_action=action_id) | {"trouble": form})


# --- decisions that stand on their own ---------------------------------------------------------------------------


def _new_form(meeting):
    agenda = meeting_agenda.agenda(meeting, viewer=viewer(), rows=False)
    frame = meeting_room.frame(meeting)
    places = meeting_places.places(meeting, viewer=viewer(), person=frame.person)
    domains = meeting_room_needs.domains(meeting)
    form = NewForm(places, rooms.agencies(meeting), domains)
    return form, agenda, frame, places


def _new_context(meeting, form, agenda, frame, decision=None, **more):
    goal = next((p for p in agenda.points if p.key == f"goal:{form.goal_id}"), None) if form.goal_id else None
    if form.goal_id and goal is None and form.chosen in ("action", "end"):
        raise NotVisible
    return {
        "meeting": meeting,
        "case": meeting.case,
        "frame": frame,
        "form": form,
        "goal": goal,
        "decision": decision,
        "first_name": frame.first_name,
        "has_plan": meeting_agenda.has_plan(meeting) and meeting.case.sees_all,
        "room_url": rooms.back_to(meeting, form.point.data or ""),
        "here": form.here,
    } | more


@bp.get("/meetings/<id:meeting_id>/room/decisions/new")
@on_meeting(Do.RUN_MEETING, reads="a meeting in session")
def new_decision(meeting):
    if meeting.begun_at is None:
        raise NotVisible
    form, agenda, frame, _ = _new_form(meeting)
    form.kind.data = request.args.get("kind", "words")
    form.goal.data = request.args.get("goal", "")
    form.point.data = request.args.get("point", "")
    form.domain.data = request.args.get("domain", "")
    form.do.data = "complete"
    return page("meetings/decision.html", **_new_context(meeting, form, agenda, frame))


@bp.post("/meetings/<id:meeting_id>/room/decisions/new")
@on_meeting(Do.RUN_MEETING)
def add_decision(meeting):
    return _save_own(meeting, None)


@bp.get("/meetings/<id:meeting_id>/room/decisions/<id:decision_id>")
@on_meeting(Do.RUN_MEETING, reads="a decision of a meeting")
def edit_decision(meeting, decision_id):
    decision = _decision(meeting, decision_id)
    if decision.kind is ChangeKind.ACTION_CHANGED:
        return page("meetings/room.html", **rooms.context(meeting, open_action=decision.action_id))
    form, agenda, frame, _ = _new_form(meeting)
    form.fill(decision)
    return page("meetings/decision.html", **_new_context(meeting, form, agenda, frame, decision))


@bp.post("/meetings/<id:meeting_id>/room/decisions/<id:decision_id>")
@on_meeting(Do.RUN_MEETING)
def change_decision(meeting, decision_id):
    decision = _decision(meeting, decision_id)
    if decision.kind is ChangeKind.ACTION_CHANGED:
        raise NotVisible
    return _save_own(meeting, decision)


def _decision(meeting, decision_id):
    found = next((one for one in meeting_decisions.decisions(meeting) if one.id == decision_id), None)
    if found is None:
        raise NotVisible
    return found


def _save_own(meeting, decision):
    if meeting.begun_at is None:
        raise NotVisible
    form, agenda, frame, _ = _new_form(meeting)
    typing, do = wants_fragment(), request.form.get("do_now", "")
    decision_id = decision.id if decision else form.decision_id
    page_key = form.page_key
    if typing:
        form.once.data = None
    goal_id = form.goal_id if form.chosen in ("action", "end") else None
    context = _new_context(meeting, form, agenda, frame, decision)
    done = (typing or form.validate_on_submit()) and form.accepts(
        service.save,
        meeting,
        form.said_now(),
        **_by(),
        decision_id=decision_id,
        page=page_key,
        point_key=(form.point.data or "")[:60],
        goal_id=goal_id,
        over=do == "over",
        version=form.seen_version,
        recorded=do in ("record", "over") and not typing,
    )
    if typing:
        if done:
            now = _decision(meeting, form.result_id)
            return rooms.kept(form, "new", version=now.version, decision_id=now.id)
        if form.stale:
            return _kept_beside(form, "new")
        return rooms.kept(form, "new", trouble=". ".join(form.form_errors))
    if done:
        now = _decision(meeting, form.result_id)
        say = f"Decision {now.number} is recorded." if now.number else "Saved. It is not recorded yet."
        return saved(rooms.back_to(meeting, form.point.data or "", "decs"), say=say)
    if form.stale:
        context |= _conflict(form, decision)
    return refused("meetings/decision.html", **context)


@bp.post("/meetings/<id:meeting_id>/room/decisions/<id:decision_id>/drop")
@on_meeting(Do.RUN_MEETING)
def drop_decision(meeting, decision_id):
    form = Form()
    if form.validate_on_submit() and form.accepts(service.drop, meeting, decision_id, **_by()):
        return saved(
            rooms.back_to(meeting, anchor="decs"), say="The decision is taken back. It can be put back."
        )
    return refused("meetings/room.html", **rooms.context(meeting) | {"form": form})


@bp.post("/meetings/<id:meeting_id>/room/decisions/<id:decision_id>/back")
@on_meeting(Do.RUN_MEETING)
def put_back_decision(meeting, decision_id):
    form = Form()
    if form.validate_on_submit() and form.accepts(service.put_back, meeting, decision_id, **_by()):
        return saved(rooms.back_to(meeting, anchor="decs"), say="The decision stands again.")
    return refused("meetings/room.html", **rooms.context(meeting) | {"form": form})
