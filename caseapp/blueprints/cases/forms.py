"""The forms of a case: their shape. Whether it makes sense, services.cases and its neighbours say."""

from datetime import time

from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired

from caseapp import clock, protocols
from caseapp.vocabulary import Closing, NoteKind, Sector
from caseapp.web import sealed
from caseapp.web.forms import DayField, Form, at_most, needed


class Choice(SelectField):
    """A drop-down whose choices are set by the view: (id, words). `data` is an id, or None for the empty line."""

    def __init__(self, label, validators=(), *, empty=None, **kwargs):
        super().__init__(label, list(validators), coerce=_number, validate_choice=False, **kwargs)
        self.empty, self.choices = empty, {}

    def offer(self, choices):
        self.choices = {} if self.empty is None else {"": self.empty}
        self.choices |= {str(i): words for i, words in choices}
        return self

    def pre_validate(self, form):
        if self.data is not None and str(self.data) not in self.choices:
            raise ValidationError("Choose one from the list")


def _number(text):
    text = str(text or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 1 << 63 else None


class OpenForm(Form):
    protocol_key = RadioField(
        "Which procedure does this case follow?", [InputRequired("Choose the procedure")]
    )
    complex = RadioField(
        "Are the needs complex and long-term?",
        [InputRequired("Say whether the needs are complex and long-term")],
        choices={"yes": "Yes: it opens as case managed", "no": "No: it opens as key working"},
    )
    intensive_needs = TextAreaField("Which needs, in a sentence", [at_most(300)])
    referral_on = DayField("Referred on")
    first_contact_on = DayField("First contact on")
    permission_on = DayField("Permission to ask other services, given on")
    checks_made = TextAreaField("Where you asked for a case manager or key worker, and what you heard")
    choice = TextAreaField("Which agencies were explained, and what was chosen")
    worker_id = Choice("Who takes it", empty="Nobody yet: it waits for allocation")
    line_manager_id = Choice("Line manager who helps with impediments", [needed("Choose the line manager")])
    commitment_ends_on = DayField("The promise of the lead agency holds until")
    person_told_on = DayField("Told who works with them, on")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        current = protocols.all_current()
        self.protocol_key.choices = {p.key: p.name for p in current}
        self.summaries = {p.key: p.summary for p in current}


class EditForm(Form):
    version = HiddenField()
    referral_on = DayField("Referred on")
    first_contact_on = DayField("First contact on")
    permission_on = DayField("Permission to ask other services, given on")
    intensive_needs = TextAreaField("Complex and long-term needs", [at_most(300)])
    lead_settled = TextAreaField("How the lead agency was settled")
    commitment_ends_on = DayField("The promise of the lead agency holds until")
    support_due_on = DayField("Support is due by")
    support_due_reason = StringField("From which need or risk this day follows")


class ContactForm(Form):
    how = TextAreaField("What happened", [needed("Say what happened"), at_most(2000)])


class CaseManagerForm(Form):
    seen = HiddenField()
    user_id = Choice("Case manager", [needed("Choose the case manager")], empty="Choose a worker")
    reason = StringField("Why the case manager changes")
    person_told_on = DayField("Told on")


class KeyWorkerForm(Form):
    user_id = Choice("Key worker", [needed("Choose the key worker")], empty="Choose a worker")
    reason = StringField("Why")
    person_told_on = DayField("Told on")


class LineManagerForm(Form):
    user_id = Choice("Line manager", [needed("Choose the line manager")])


class EndPartForm(Form):
    reason = StringField("Why this part ends", [needed("Say why this part ends")])


class ToldForm(Form):
    on = DayField("Told on", [needed("Say on which day")])


class WishForm(Form):
    words = TextAreaField(
        "What was asked, in their own words if you can", [needed("Write down what was asked"), at_most(2000)]
    )


class DecideForm(Form):
    decision = RadioField(
        "Decision",
        [InputRequired("Choose a decision")],
        choices={"agreed": "Agreed: another worker will be named", "declined": "Declined"},
    )
    reason = TextAreaField(
        "What you decided and why", [needed("Say what you decided and why"), at_most(2000)]
    )


class AgencyForm(Form):
    version = HiddenField()
    agency_id = Choice("Agency", empty="Choose an agency")
    contact_name = StringField("Named contact", [at_most(120)])
    contact_phone = StringField("Phone", [at_most(80)])
    does = StringField("What it does with the person")
    known_on = DayField("Known since")
    person_aware_on = DayField("Told of its role, and that you are in contact, on")


class NoteForm(Form):
    kind = RadioField("What kind of note", [InputRequired("Choose a kind")], choices=dict(NoteKind.choices()))
    day = DayField("Day", [needed("Say on which day it happened")])
    hour = StringField("Time", [at_most(8)])
    place = StringField("Place")
    sector = SelectField("With which sector", choices={"": "None in particular", **dict(Sector.choices())})
    text = TextAreaField("What happened", [needed("Write what happened")])

    def validate_hour(self, field):
        if field.data and _hour(field.data) is None:
            raise ValidationError("Write the time as 9:30 or 14:05")

    @property
    def happened_at(self):
        """The moment in UTC; without a time of day, now for today and noon for an earlier day."""
        if self.hour.data:
            return clock.at_local(self.day.data, _hour(self.hour.data))
        return clock.now() if self.day.data == clock.today() else clock.at_local(self.day.data, time(12, 0))


def _hour(text):
    parts = text.replace(".", ":").split(":")
    if (
        len(parts) != 2
        or not all(p.isascii() and p.isdigit() and len(p) <= 2 for p in parts)
        or len(parts[1]) != 2
    ):
        return None
    hour, minute = int(parts[0]), int(parts[1])
    return time(hour, minute) if hour < 24 and minute < 60 else None


class ShareForm(Form):
    agency_id = Choice("Agency", [needed("Choose an agency")], empty="Choose an agency")


class NoteFilter(Form):
    kind = SelectField("Kind", choices={"": "All", **dict(NoteKind.choices())}, validate_choice=False)
    sector = SelectField("Sector", choices={"": "All", **dict(Sector.choices())}, validate_choice=False)
    author = Choice("Written by", empty="Everybody")
    words = StringField("Words", filters=[sealed.opened])

    class Meta(Form.Meta):
        csrf = False


class TimelineFilter(Form):
    group = SelectField("What", validate_choice=False)
    agency = Choice("Agency", empty="All")

    class Meta(Form.Meta):
        csrf = False


class AuditFilter(Form):
    who = SelectField("Who", validate_choice=False)
    agency = SelectField("Agency", validate_choice=False)
    act = SelectField("What was done", validate_choice=False)
    since = DayField("From")
    until = DayField("To")

    class Meta(Form.Meta):
        csrf = False


class CloseForm(Form):
    kind = RadioField(
        "How does it end?", [InputRequired("Choose how the case ends")], choices=dict(Closing.choices())
    )
    person_agrees = BooleanField("The person and the case manager both agree that the goals are reached")
    reason = StringField("Why", [needed("Say why the case closes")])
    attempts = TextAreaField("What was tried: by mail, by phone, through other services", [at_most(4000)])
    aftercare = TextAreaField("Aftercare and open door", [at_most(4000)])
    sure = BooleanField(
        "I have read what closing does", [needed("Tick this once you have read what closing does")]
    )


class ReopenForm(Form):
    reason = StringField("Why", [needed("Say why the case is reopened")])
    case_manager_id = Choice("Case manager", empty="Nobody yet: it waits for allocation")
    first_contact_on = DayField("Contact again on")
