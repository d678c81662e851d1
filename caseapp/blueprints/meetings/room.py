"""What the chair's page shows: put together here for the whole page, one row of it, or the answer to a pause in typing."""

import secrets

from flask import request, url_for

from caseapp import clock, dates, ids
from caseapp.blueprints.meetings.forms.room import ActionDecisionForm, WrittenForm
from caseapp.errors import NotVisible
from caseapp.queries import meeting_agenda, meeting_decisions, meeting_places, meeting_room, plan_actions
from caseapp.vocabulary import MeetingKind, MeetingStatus
from caseapp.web import navigation
from caseapp.web.answers import fragment
from caseapp.web.sessions import viewer

#: Points that stay open on the page, whatever is being spoken of; and the one that looks ahead, with a form of its own.
ALWAYS = ("reminder", "person")
LAST = "review"
GOALS = "goal:"


def context(meeting, *, open_action: int | None = None, form=None, **more) -> dict:
    """Everything on the chair's page. `open_action` is the one row that is open, `form` what was typed in it."""
    me = viewer()
    asked = request.args.get("point") or request.form.get("point")  # or with a form that is shown again
    agenda = meeting_agenda.agenda(meeting, viewer=me, rows=_shows_rows(open_action, asked))
    current = _current(agenda, open_action, asked)
    if current.startswith(GOALS) and not agenda.rows:
        agenda = meeting_agenda.agenda(meeting, viewer=me)
    if open_action is not None and open_action not in agenda.actions:
        raise NotVisible
    frame, typed, apart = meeting_room.in_session(meeting)
    places = meeting_places.places(meeting, viewer=me, person=frame.person)
    read_decisions = meeting_decisions.in_short if open_action is None else meeting_decisions.decisions
    decisions = read_decisions(meeting)
    by_action = {one.action_id: one for one in decisions if one.action_id and one.dropped_at is None}
    meeting_url = navigation.link("meetings.show", meeting_id=meeting.id)
    context = {
        "meeting": meeting,
        "case": meeting.case,
        "frame": frame,
        "agenda": agenda,
        "points": [
            (number, point, point.key in ALWAYS or point.key == current)
            for number, point in enumerate(agenda.points, 1)
        ],
        "current": current,
        "places": places,
        "here": [place for place in places if place.here],
        "decisions": decisions,
        "decided": [one for one in decisions if one.number],
        "begun": [one for one in decisions if not one.recorded_at and not one.dropped_at and one.text],
        "dropped": [one for one in decisions if one.dropped_at],
        "by_action": by_action,
        "typed": typed,
        "once": secrets.token_urlsafe(16),
        "view_form": None,
        "end_form": written_form(typed, "end") if current == LAST else None,
        "apart": apart,
        "reports": meeting_room.reports(meeting) if current == "apologies" else [],
        "over": meeting.status is not MeetingStatus.HELD,
        "open_action": open_action,
        "first_name": frame.first_name,
        "saved": last_saved(typed, decisions, meeting),
        "meeting_url": meeting_url,
        "room_url": f"{meeting_url}/room",
        "lead_page": navigation.reach("meetings.lead", meeting_id=meeting.id)
        if meeting.kind is MeetingKind.LEAD_AGENCY
        else None,
    }
    if open_action is not None:
        decision = by_action.get(open_action)
        if form is None:
            form = action_form(meeting, agenda, places, open_action, decision)
        context |= row(meeting, agenda, open_action, decision, form)
    return context | more


def _shows_rows(open_action, asked) -> bool | None:
    """Whether the page will show the actions of a goal in words: known from what is asked for, or left to what is next."""
    if open_action is not None:
        return True
    return asked.startswith(GOALS) if asked else None


def row(meeting, agenda, action_id, decision, form, **more) -> dict:
    """What the open row of one action needs."""
    item = agenda.actions.get(action_id)
    if item is None:
        raise NotVisible
    return {
        "meeting": meeting,
        "item": item,
        "form": form,
        "decision": decision,
        "news": news(item, decision, meeting),
        "act_url": url_for("meetings.room_action", meeting_id=meeting.id, action_id=action_id),
        "room_url": url_for("meetings.room", meeting_id=meeting.id),
        "readers": readers(meeting, item),
        "first_name": agenda.head.first_name if agenda.head else "",
    } | more


def readers(meeting, item) -> str:
    """Who reads the words of a decision about an action, so that they are written for them."""
    owner = item.raw.agency_name
    if owner and item.raw.agency_id != meeting.case.lead_agency_id:
        return f"{owner} reads this, and agencies with the whole plan"
    return "Agencies with the whole plan read this"


def news(item, decision, meeting):
    """What the action's agency wrote since the decision was begun, or since the meeting began: (who, hour, words)."""
    raw = item.raw
    base = decision.base_version if decision and decision.change_id else None
    if base is not None and raw.version == base:
        return None
    if base is None and "changed" not in item.words:
        return None
    at = raw.last_note_at
    if at is None or meeting.begun_at is None or at < meeting.begun_at:
        if base is None:
            return None
        return (raw.agency_name or "Somebody", "", f"It now stands: {raw.status.label}, by {item.row.when}")
    return (raw.agency_name or raw.last_note_by, dates.hour(at), raw.last_note)


def action_form(meeting, agenda, places, action_id, decision) -> ActionDecisionForm:
    """The form of one action's row, filled in with what is kept of its decision."""
    item = agenda.actions.get(action_id)
    if item is None:
        raise NotVisible
    form = ActionDecisionForm(places, item.raw.status, agencies(meeting), key=f"d{ids.written(action_id)}")
    if not form.is_submitted():
        form.show(item.raw)
        form.do.data = "keep"
        if decision is not None:
            form.fill(decision)
    return form


def agencies(meeting) -> list[tuple[int, str]]:
    """Who could do something: the agencies of the case, those without consent saying so."""
    if meeting.case is None or not meeting.case.sees_all:
        return []
    return [
        (one.id, one.name if one.lead or one.consent else f"{one.name} (no consent yet)")
        for one in plan_actions.who_could(meeting.case, viewer=viewer())
    ]


def written_form(typed, group) -> WrittenForm:
    """One part of what is typed about the meeting as a whole."""
    form = WrittenForm(formdata=None, version=typed.version)
    form.version.data = str(typed.version)
    for name in (
        "persons_view",
        "read_back",
        "persons_view_from",
        "not_agreed",
        "person_agrees",
        "next_place",
    ):
        getattr(form, name).data = getattr(typed, name)
    put_day(form.next_review_on, typed.next_review_on)
    if typed.next_at:
        put_day(form.next_on, clock.local_day(typed.next_at))
        form.next_hour.data = dates.hour(typed.next_at)
    form.group.data = group
    form._prefix = f"{group}-"
    for field in form:
        field.id = field.label.field_id = f"{group}-{field.id}"
    return form


def put_day(field, day) -> None:
    """Fill the three boxes of a day."""
    if day:
        field.data, field.parts = day, (str(day.day), str(day.month), str(day.year))


def last_saved(typed, decisions, meeting):
    """When anything was last saved."""
    moments = [one.saved_at or one.made_at for one in decisions]
    moments += [moment for moment in (typed.saved_at, meeting.begun_at) if moment]
    return dates.hour(max(moments)) if moments else ""


def kept(form, key: str, *, version=None, decision_id=None, trouble="", sides=(), by="", news=None):
    """The answer to a pause in typing: that it was saved, or what stands against it; nothing on the page is replaced."""
    return fragment(
        "components/_kept.html",
        key=key,
        at=dates.hour(clock.now()),
        version=version,
        decision=decision_id and ids.written(decision_id),
        trouble=trouble,
        sides=sides,
        by=by,
        news=news,
    )


def back_to(meeting, key: str = "", anchor: str = "") -> str:
    """The chair's page at one point."""
    url = url_for("meetings.room", meeting_id=meeting.id, **({"point": key} if key else {}))
    return f"{url}#{anchor}" if anchor else url


def _current(agenda, open_action, asked) -> str:
    if open_action is not None:
        for point in agenda.points:
            if any(item.raw.id == open_action for item in point.items):
                return point.key
    keys = [point.key for point in agenda.points]
    if asked in keys:
        return asked
    return next((point.key for point in agenda.points if not point.settled_at), keys[-1] if keys else "")
