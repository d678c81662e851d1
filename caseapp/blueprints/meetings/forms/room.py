"""What is typed in a meeting: about the whole of it, about one point, and what was decided."""

import json
from datetime import date

from flask import request
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import CheckboxInput, ListWidget

from caseapp import clock, ids
from caseapp.blueprints.meetings.forms.fields import HourField, Pick, Versioned, hour_of, picks
from caseapp.services.action_progress import ALLOWED
from caseapp.services.meetings import minutes_apply as plan
from caseapp.services.meetings.decisions import Said, stands
from caseapp.vocabulary import ActionStatus, ChangeKind, Presence
from caseapp.web.forms import DayField, Form, at_most, clean


class Ticks(SelectMultipleField):
    """A tick for each of several people."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label, **kwargs):
        super().__init__(label, validate_choice=False, **kwargs)
        self.choices = []

    @property
    def picked(self) -> frozenset[int]:
        known = {choice.value for choice in self.choices}
        return frozenset(ids.read(one) for one in self.data or () if one in known)


class ReminderForm(Form):
    """The tick beside the confidentiality reminder."""

    read = HiddenField()


class WrittenForm(Versioned):
    """What is typed about the meeting as a whole; only the fields that the page shows are sent."""

    persons_view = TextAreaField("In their own words")
    read_back = BooleanField("Read back, and they agree with it")
    persons_view_from = StringField("Not there? Say who speaks for them, or why nothing is known")
    not_agreed = TextAreaField("What was not agreed, and what happens until then")
    person_agrees = BooleanField("Agrees with the whole plan as it stands after this meeting")
    next_review_on = DayField("Next review")
    next_on = DayField("Next meeting")
    next_hour = HourField("At")
    next_place = StringField("Where")

    #: Which fields belong together on the page; the others were not shown and stay as they are.
    GROUPS = {
        "view": ("persons_view", "read_back", "persons_view_from"),
        "end": ("not_agreed", "person_agrees", "next_review_on", "next_at", "next_place"),
    }
    group = HiddenField()

    def typed(self) -> dict:
        """The columns of services.meetings.room.write that this page has shown."""
        values = {
            "persons_view": self.persons_view.data or "",
            "read_back": bool(self.read_back.data),
            "persons_view_from": self.persons_view_from.data or "",
            "not_agreed": self.not_agreed.data or "",
            "person_agrees": bool(self.person_agrees.data),
            "next_review_on": self.next_review_on.data,
            "next_at": _moment(self.next_on.data, self.next_hour.data),
            "next_place": self.next_place.data or "",
        }
        return {name: values[name] for name in self.GROUPS.get(self.group.data, ())}


def _moment(day: date | None, hour: str):
    at = hour_of(hour or "")
    return clock.at_local(day, at) if day and at is not None else None


class PointForm(Versioned):
    """One point: a note, and what becomes of it."""

    key = HiddenField()
    note = TextAreaField("Note")
    do = HiddenField()


class PlacesForm(Form):
    """Who is there; the marks are read by the view, one for each place."""

    def marks(self, places) -> dict[int, Presence | None]:
        found = {}
        for place in places:
            value = request.form.get(f"place-{ids.written(place.id)}")
            if value in set(Presence):
                found[place.id] = Presence(value)
        return found


class ComerForm(Form):
    """Somebody whom nobody had invited; or who sits beside the person."""

    name = StringField("Name", [at_most(120)])
    agency = Pick("From", empty="No agency")
    role = StringField("Who is that? (doctor, sister, advocate …)", [at_most(80)])
    supporter = BooleanField("Sits beside the person")


class ApartForm(Form):
    reason = TextAreaField("Why is this part held without the person?")


class ApartTextForm(Form):
    text = TextAreaField("What was said")
    do = HiddenField()


#: What can be decided about an action, in the order of the page.
DO = {
    plan.KEEP: "Keep as it is",
    plan.DATE: "New date",
    plan.AGENCY: "Other agency",
    plan.WORDS: "Other words",
    "accepted": "Accepted",
    "going": "Under way",
    "blocked": "Blocked",
    "done": "Done",
    "not_done": "Not done",
    plan.STOP: "Stop",
}


class DecisionForm(Versioned):
    """What every decision says: the words, why, who agreed and who did not."""

    decision = HiddenField()
    text = TextAreaField("What was decided")
    reason = TextAreaField("Why")
    everybody = BooleanField("Everybody here")
    agrees = Ticks("Agreed by")
    disagrees = Ticks("Does not agree")
    against = TextAreaField("What they want instead")
    to_gaps = BooleanField("A barrier: raise it in gaps and blocks")
    do_now = HiddenField()

    def __init__(self, places, *args, key: str = "", **kwargs):
        super().__init__(*args, **kwargs)
        self.here = [place for place in places if place.here]
        marked = [place for place in places if place.here or place.report_at or place.call_at]
        offered = picks((ids.written(place.id), _named(place)) for place in marked)
        self.agrees.choices = self.disagrees.choices = offered
        if key:
            self._prefix = f"{key}-"
            for field in self:
                field.id = field.label.field_id = f"{key}-{field.id}"

    @property
    def decision_id(self) -> int | None:
        try:
            return ids.read(self.decision.data or "")
        except ValueError:
            return None

    def agreed(self) -> frozenset[int]:
        if self.everybody.data:
            return frozenset(place.id for place in self.here)
        return self.agrees.picked

    def said(self, kind=None, change=None, first=None, for_all=False) -> Said:
        return Said(
            text=self.text.data or "",
            reason=self.reason.data or "",
            agrees=self.agreed(),
            disagrees=self.disagrees.picked,
            against=self.against.data or "",
            for_all=for_all,
            to_gaps=bool(self.to_gaps.data),
            kind=kind,
            change=change or {},
            first=first or {},
        )

    def fill(self, decision) -> None:
        """Put a decision that is kept into the form."""
        self.decision.data = ids.written(decision.id)
        self.version.data = str(decision.version)
        self.text.data, self.reason.data = decision.text, decision.reason
        self.agrees.data = [ids.written(one) for one in decision.agrees]
        self.disagrees.data = [ids.written(one) for one in decision.disagrees]
        self.against.data, self.to_gaps.data = decision.against, decision.to_gaps


def _named(place) -> str:
    return place.name if place.kind.value == "person" or not place.agency else f"{place.name}, {place.agency}"


def _is_day(text: str | None) -> bool:
    try:
        return text is None or bool(date.fromisoformat(text))
    except ValueError:
        return False


#: What of an action stands side by side where its agency changed it meanwhile.
SHOWN = {"status": "Status", "due_on": "By when", "who": "Who", "what": "Words", "note": "Note"}


class ActionDecisionForm(DecisionForm):
    """A decision about one action of the plan, in its row."""

    base = HiddenField()
    do = RadioField("Decision", validate_choice=False)
    due_on = DayField("New date")
    agency = Pick("Agency", empty="Choose")
    what = TextAreaField("New words")

    FIELDS = {"owner_agency_id": "agency", "status": "do", "note": "text", "ended_on": "do"}

    def __init__(self, places, status, agencies, *args, **kwargs):
        super().__init__(places, *args, **kwargs)
        reach = {plan.STATUS[do] for do in plan.STATUS} & ALLOWED[status]
        self.do.choices = picks(
            (do, label) for do, label in DO.items() if do not in plan.STATUS or plan.STATUS[do] in reach
        )
        self.agency.offer(agencies)
        #: What the page says of the action, as JSON: nobody types it, so it has no limit of its own.
        self.stood = request.form.get("stood", "")

    @property
    def seen_base(self) -> int | None:
        text = self.base.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def show(self, action) -> None:
        """Carry with the page which version of the action it shows, and what that says."""
        self.base.data = str(action.version)
        shown = stands(action, agency=action.agency_name, worker=action.user_name or action.owner_name)
        self.stood = json.dumps(shown, ensure_ascii=False)

    @property
    def seen_stood(self) -> dict[str, str]:
        """What the writer's page said of the action; nothing where that cannot be read."""
        try:
            said = json.loads(self.stood or "{}")
        except (ValueError, RecursionError):
            return {}
        if not isinstance(said, dict):
            return {}
        texts = {name: clean(said[name]) for name in SHOWN if isinstance(said.get(name), str)}
        return texts if texts.get("status") in set(ActionStatus) and _is_day(texts.get("due_on")) else {}

    def change(self) -> dict:
        do = self.do.data if self.do.data in DO else plan.KEEP
        content = {"do": do}
        if do in (plan.DATE, plan.AGENCY, "going", "accepted") and self.due_on.data:
            content["due_on"] = self.due_on.data.isoformat()
        if do == plan.AGENCY and self.agency.picked:
            content["owner_agency_id"] = self.agency.picked
        if do in (plan.WORDS, plan.DATE, plan.AGENCY) and self.what.data:
            content["what"] = self.what.data
        return content

    def fill(self, decision) -> None:
        super().fill(decision)
        content = decision.content or {}
        self.do.data = content.get("do", plan.KEEP)
        self.what.data = content.get("what", "")
        if content.get("due_on"):
            day = date.fromisoformat(content["due_on"])
            self.due_on.data = day
            self.due_on.parts = (str(day.day), str(day.month), str(day.year))
        if content.get("owner_agency_id"):
            self.agency.data = ids.written(content["owner_agency_id"])

    def reject(self, message, field=None):
        super().reject(message, self.FIELDS.get(field, field))


class NewForm(DecisionForm):
    """A decision that stands on its own: in words; with a new action, a new goal, or the end of a goal."""

    KINDS = {
        "words": None,
        "action": ChangeKind.ACTION_ADDED,
        "goal": ChangeKind.GOAL_ADDED,
        "end": ChangeKind.GOAL_CHANGED,
    }
    kind = HiddenField()
    goal = HiddenField()
    point = HiddenField()
    for_all = BooleanField("Every agency at the table reads this decision")
    what = TextAreaField("What is to be done")
    agency = Pick("Who does it", empty="Nobody found yet")
    by_person = BooleanField("The person does it, alone or with that agency’s help")
    due_on = DayField("By when")
    domain = SelectField("Part of life", validate_choice=False)
    words = TextAreaField("What the person wants, in their own words")
    measure = TextAreaField("How all will know that it is reached")
    target_on = DayField("By when")
    do = RadioField(
        "What becomes of the goal",
        choices=picks(
            (
                (plan.COMPLETE, "It is reached"),
                (plan.HOLD, "It waits for a time"),
                (plan.DROP, "It is given up, its open actions stop"),
            )
        ),
        validate_choice=False,
    )
    person_agreed = BooleanField("The person agrees to give it up")

    FIELDS = {
        "owner_agency_id": "agency",
        "goal_id": "what",
        "title": "words",
        "stop_actions": "do",
        "note": "text",
    }

    def __init__(self, places, agencies, domains, *args, **kwargs):
        super().__init__(places, *args, **kwargs)
        self.agency.offer(agencies)
        self.domain.choices = picks(domains)

    @property
    def chosen(self) -> str:
        return self.kind.data if self.kind.data in self.KINDS else "words"

    @property
    def goal_id(self) -> int | None:
        try:
            return ids.read(self.goal.data or "")
        except ValueError:
            return None

    def task(self) -> dict:
        return {
            "what": self.what.data or "",
            "owner_agency_id": self.agency.picked,
            "by_person": bool(self.by_person.data),
            "due_on": self.due_on.data.isoformat() if self.due_on.data else None,
        }

    def said_now(self) -> Said:
        kind = self.KINDS[self.chosen]
        change, first = {}, {}
        if kind is ChangeKind.ACTION_ADDED:
            change = self.task()
        elif kind is ChangeKind.GOAL_ADDED:
            change = {
                "domain": self.domain.data or "",
                "words": self.words.data or "",
                "measure": self.measure.data or "",
                "target_on": self.target_on.data.isoformat() if self.target_on.data else None,
                "made_with_person": True,
            }
            first = self.task()
        elif kind is ChangeKind.GOAL_CHANGED:
            change = {"do": self.do.data or plan.COMPLETE, "person_agreed": bool(self.person_agreed.data)}
        return self.said(kind, change, first, for_all=bool(self.for_all.data))

    def fill(self, decision) -> None:
        super().fill(decision)
        kinds = {kind: name for name, kind in self.KINDS.items()}
        self.kind.data = kinds.get(decision.kind, "words")
        self.for_all.data = decision.for_all
        self.point.data = decision.point_key
        if decision.goal_id:
            self.goal.data = ids.written(decision.goal_id)
        content = dict(decision.content or {})
        task = content if decision.kind is ChangeKind.ACTION_ADDED else dict(decision.first or {})
        self.what.data, self.by_person.data = task.get("what", ""), bool(task.get("by_person"))
        if task.get("owner_agency_id"):
            self.agency.data = ids.written(task["owner_agency_id"])
        _put(self.due_on, task.get("due_on"))
        self.domain.data = content.get("domain", self.domain.data)
        self.words.data, self.measure.data = content.get("words", ""), content.get("measure", "")
        _put(self.target_on, content.get("target_on"))
        self.do.data = content.get("do", self.do.data)
        self.person_agreed.data = bool(content.get("person_agreed"))

    def reject(self, message, field=None):
        super().reject(message, self.FIELDS.get(field, field))


def _put(field: DayField, text: str | None) -> None:
    if text:
        day = date.fromisoformat(text)
        field.data, field.parts = day, (str(day.day), str(day.month), str(day.year))
