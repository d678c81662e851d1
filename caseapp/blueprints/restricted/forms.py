"""Forms of the restricted section and of disclosures without consent."""

from datetime import time

from wtforms import BooleanField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import ValidationError

from caseapp import clock, disclosure_grounds
from caseapp.vocabulary import DisclosureHow, DisclosureTold, RestrictedKind
from caseapp.web.choices import IdSelect, Ticks, number
from caseapp.web.forms import DayField, Form, at_most, needed


class IdTicks(Ticks):
    """Tick boxes for records; `picked` are the ids of those that were ticked, what is no id left out."""

    def __init__(self, label, **kwargs):
        super().__init__(label, choices={}, validate_choice=False, **kwargs)

    def offer(self, pairs):
        self.choices = {str(one): words for one, words in pairs}

    @property
    def picked(self) -> tuple[int, ...]:
        return tuple(one for one in map(number, self.data or ()) if one is not None)


# --- the section -------------------------------------------------------------------------------------------------


class EntryForm(Form):
    kind = RadioField("What it is", [needed("Choose what it is")], choices=dict(RestrictedKind.choices()))
    given_by = StringField("Who gave it", [needed("Say who gave it"), at_most(200)])
    received_on = DayField("Received on", [needed("Give the day on which it was received")])
    text = TextAreaField("What was said or given", [needed("Write what was said or given")])
    why = TextAreaField("Why it is kept apart", [needed("Say why it is kept apart"), at_most(1000)])
    known_to = TextAreaField("Who else knows", [at_most(1000)])
    third_party = BooleanField("It is about somebody else, or came from them")
    narrow = BooleanField("Not for everybody on the list")
    readers = IdTicks("Who reads it, beside the line manager and you")

    def said(self) -> dict:
        """As the use case takes it."""
        names = ("kind", "given_by", "received_on", "text", "why", "known_to", "third_party")
        return {name: self[name].data for name in names}


class SearchForm(Form):
    words = StringField("Words", [at_most(120)])


class ReaderForm(Form):
    user_id = IdSelect("Worker", [needed("Choose a worker")])
    reason = TextAreaField(
        "Why they need to read it", [needed("Say why they need to read it"), at_most(1000)]
    )
    until_on = DayField("Last day")


class EndForm(Form):
    reason = TextAreaField("Why it ends", [needed("Say why it ends"), at_most(1000)])


class HandoverForm(Form):
    to_agency_id = IdSelect("The agency that is to lead", [needed("Choose the agency that is to lead")])
    entries = IdTicks("What is handed over", validators=[needed("Choose what is handed over")])
    social_worker = StringField(
        "The social worker who agreed, and their office",
        [needed("Name the social worker who agreed, and their office"), at_most(200)],
    )
    agreed_on = DayField("They agreed on", [needed("Say on which day they agreed")])
    agreed_how = TextAreaField(
        "How they agreed, and to what", [needed("Say how they agreed, and to what"), at_most(1000)]
    )


class TakeBackForm(Form):
    """One button."""


# --- disclosures ---------------------------------------------------------------------------------------------------


def _hour(text):
    parts = (text or "").replace(".", ":").split(":")
    if len(parts) != 2 or not all(p.isascii() and p.isdigit() and len(p) <= 2 for p in parts):
        return None
    hour, minute = int(parts[0]), int(parts[1])
    return time(hour, minute) if hour < 24 and minute < 60 and len(parts[1]) == 2 else None


class DisclosureForm(Form):
    ground = RadioField("On what ground", [needed("Choose the ground")], choices={}, validate_choice=False)
    ground_note = StringField("The law, the order or the request", [at_most(300)])
    child_protection = BooleanField("It is about the protection of a child")
    recipient_name = StringField(
        "Who was told", [needed("Name the person who was told: an office alone is not enough"), at_most(160)]
    )
    recipient_office = StringField(
        "Their organisation and office", [needed("Name their organisation and office"), at_most(200)]
    )
    their_reference = StringField("Their reference", [at_most(80)])
    categories = Ticks("What it was about", choices={}, validate_choice=False)
    text = TextAreaField("What was told", [needed("Say what was told")])
    day = DayField("On which day", [needed("Say on which day")])
    hour = StringField("At what time", [at_most(8)])
    how = RadioField("How", [needed("Say how")], choices=dict(DisclosureHow.choices()))
    decided_by = StringField("Who decided", [needed("Say who decided"), at_most(160)])
    told = RadioField(
        "Was the person told?",
        [needed("Say whether the person was told")],
        choices=dict(DisclosureTold.choices()),
    )
    told_on = DayField("Told on")
    not_told_reason = TextAreaField("Why not", [at_most(1000)])
    withheld = BooleanField("Leave it out of the person’s copy for now")
    withheld_reason = TextAreaField("What harm could come of it", [at_most(1000)])
    withheld_until = DayField("Look at it again on")

    def offer(self, jurisdiction: str) -> dict:
        """Offer the grounds of a jurisdiction; gives the hints to them."""
        grounds = disclosure_grounds.load()
        offered = grounds.of(jurisdiction)
        self.ground.choices = {one.key: one.words for one in offered}
        self.categories.choices = grounds.categories
        return {one.key: one.hint for one in offered if one.hint}

    def validate_hour(self, field):
        if field.data and _hour(field.data) is None:
            raise ValidationError("Write the time as 9:30 or 14:05")

    def disclosed_at(self, at):
        """The moment in UTC; without a time of day, `at` (now) for today and noon for an earlier day."""
        if self.day.data is None:
            return None
        if self.hour.data:
            return clock.at_local(self.day.data, _hour(self.hour.data))
        return at if self.day.data == clock.local_day(at) else clock.at_local(self.day.data, time(12, 0))

    def said(self, at) -> dict:
        """As services.disclosures.Made takes it; `at` is the moment in UTC at which it was sent."""
        names = (
            *("ground", "ground_note", "child_protection", "recipient_name", "recipient_office"),
            *("their_reference", "text", "how", "decided_by", "told", "told_on", "not_told_reason"),
            *("withheld", "withheld_reason", "withheld_until"),
        )
        said = {name: self[name].data for name in names}
        return said | {"disclosed_at": self.disclosed_at(at), "categories": tuple(self.categories.data or ())}


class SeenForm(Form):
    note = TextAreaField("A word to it", [at_most(1000)])


class WithholdForm(Form):
    version = HiddenField()
    keep = RadioField(
        "From now on",
        [needed("Choose one")],
        choices={"yes": "Leave it out for now", "no": "Show it from now on"},
    )
    withheld_reason = TextAreaField("Why", [needed("Say why"), at_most(1000)])
    withheld_until = DayField("Look at it again on")


class TellForm(Form):
    on = DayField("Told on", [needed("Say on which day they were told")])
    how = StringField("How, and what they said", [at_most(300)])
