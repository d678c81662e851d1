"""What the case manager fills in about an action: what, who, by when; the talk with the clinic; stopping it."""

from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from caseapp import clock, ids
from caseapp.blueprints.plan.forms.editing import Versioned, picks
from caseapp.vocabulary import ActionKind, Advocacy
from caseapp.web.forms import DayField, at_most, needed

AGENCY, WITH_HELP, ALONE, NOBODY = "agency", "with_help", "alone", "nobody"


class ActionTextForm(Versioned):
    """An action as it is proposed, or changed (B4). Who does it takes three fields: one of four ways, the agency, and
    the worker, from a list or by name."""

    goal = SelectField("Goal it serves", [needed("Choose a goal")], validate_choice=False)
    what = TextAreaField("What is to be done", [needed("Say what is to be done")])
    kind = SelectField("Kind", choices=picks(ActionKind.choices()), validate_choice=False)
    who = RadioField("Who does it?", [needed("Say who does it")], validate_choice=False)
    agency = SelectField("Agency", validate_choice=False)
    worker = SelectField("Worker", validate_choice=False)
    owner_name = StringField("Or the name of a worker who has no account", [at_most(120)])
    start_on = DayField("Start")
    due_on = DayField("By when")
    review_on = DayField("Look again on")
    advocacy = RadioField("Who speaks?", choices=picks(Advocacy.choices()), validate_choice=False)
    advocacy_until = DayField("You speak until")

    def __init__(self, first_name, goals, agencies, workers, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.goal.choices = picks(
            [
                ("", "Choose"),
                *((ids.written(g.id), f"{g.number}. {_short(g.words or g.title)}") for g in goals),
            ]
        )
        self.who.choices = picks(
            (
                (AGENCY, "An agency"),
                (WITH_HELP, f"{first_name}, with an agency’s help"),
                (ALONE, f"{first_name} alone"),
                (NOBODY, "Nobody found yet"),
            )
        )
        self.agency.choices = picks(
            [
                ("", "Choose"),
                *(
                    (ids.written(a.id), a.name if a.lead or a.consent else f"{a.name} (no consent yet)")
                    for a in agencies
                ),
            ]
        )
        named = {a.id: a.name for a in agencies}
        order = list(named)
        self.worker.choices = [SelectChoice("", "Nobody named yet")] + [
            SelectChoice(ids.written(one.id), one.name, optgroup=named[one.agency_id])
            for one in sorted(workers, key=lambda one: order.index(one.agency_id))
        ]

    def validate_kind(self, field):
        if field.data not in set(ActionKind):
            raise ValidationError("Choose the kind")

    def validate_who(self, field):
        if field.data and field.data not in (AGENCY, WITH_HELP, ALONE, NOBODY):
            raise ValidationError("Say who does it")

    def validate_agency(self, field):
        if self.who.data in (AGENCY, WITH_HELP) and not field.data:
            raise ValidationError("Choose the agency")

    def validate_advocacy(self, field):
        if field.data and field.data not in set(Advocacy):
            raise ValidationError("Say who speaks")

    def task(self) -> dict:
        """The fields of services.action_words.Task."""
        agency = self.who.data in (AGENCY, WITH_HELP)
        return {
            "goal_id": read_id(self.goal.data) or 0,
            "what": self.what.data,
            "kind": self.kind.data,
            "owner_agency_id": (read_id(self.agency.data) or 0) if agency else None,
            "owner_user_id": read_id(self.worker.data) if agency else None,
            "owner_name": (self.owner_name.data or "") if agency else "",
            "by_person": self.who.data in (WITH_HELP, ALONE),
            "start_on": self.start_on.data,
            "due_on": self.due_on.data,
            "review_on": self.review_on.data,
            "advocacy": self.advocacy.data or Advocacy.PERSON,
            "advocacy_until": self.advocacy_until.data,
        }

    #: The service's fields as this form names them, for errors that come back.
    FIELDS = {"goal_id": "goal", "owner_agency_id": "agency", "owner_user_id": "worker", "by_person": "who"}

    def reject(self, message, field=None):
        super().reject(message, self.FIELDS.get(field, field))


def as_filled_in(action) -> dict:
    """The form's fields for an action as it stands; `action` has the columns of services.action_words.Task."""
    by_person, agency = action["by_person"], action["owner_agency_id"]
    return {
        "goal": ids.written(action["goal_id"]),
        "what": action["what"],
        "kind": str(action["kind"]),
        "who": WITH_HELP if by_person and agency else ALONE if by_person else AGENCY if agency else NOBODY,
        "agency": ids.written(agency) if agency else "",
        "worker": ids.written(action["owner_user_id"]) if action["owner_user_id"] else "",
        "owner_name": action["owner_name"],
        "start_on": action["start_on"],
        "due_on": action["due_on"],
        "review_on": action["review_on"],
        "advocacy": str(action["advocacy"]),
        "advocacy_until": action["advocacy_until"],
    }


class ClinicTalkForm(Versioned):
    """The talk with the prescribing clinic (S2-45)."""

    on = DayField("When did you talk?", [needed("Say when you talked")], default=clock.today)
    with_whom = StringField("With whom?", [needed("Say with whom you talked"), at_most(120)])
    said = TextAreaField("What did the clinic say?", [needed("Say what the clinic said")])


class StopForm(Versioned):
    """The case manager stops an action."""

    reason = TextAreaField("Why does it stop?", [needed("Say why it stops")])


def read_id(text) -> int | None:
    """The id behind a form's choice; None for none, 0 for what is no id at all."""
    if not text:
        return None
    try:
        return ids.read(text)
    except ValueError:
        return 0


def _short(text: str, most: int = 70) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
