"""What is done with several gaps and blocks at once, to an agenda, and to the register."""

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField

from caseapp.vocabulary import EscalationKind, EscalationState, GapScope
from caseapp.web.choices import IdSelect, Ticks, number
from caseapp.web.forms import DayField, Form, at_most, needed


class Together(Form):
    """Of several: each can be unticked again."""

    gaps = Ticks("These gaps and blocks", validate_choice=False, choices=())
    #: the list's address after the "?", to go back to
    back = HiddenField()

    def show(self, rows) -> None:
        """Offer the rows to be ticked; at the first look all of them are."""
        self.gaps.choices = [(str(row.id), f"{row.said}, {row.title}") for row in rows]
        if not self.is_submitted():
            self.gaps.data = [value for value, _ in self.gaps.choices]

    @property
    def gap_ids(self) -> list[int]:
        """What is ticked, as ids; junk is left out."""
        return [found for text in self.gaps.data or [] if (found := number(text)) is not None]


class ThemeForm(Together):
    theme = IdSelect("Theme")
    new_theme = StringField("Or a new theme", [at_most(80)])
    scope = SelectField("How wide it is", choices={"": "As it is", **dict(GapScope.choices())}, default="")


class JoinForm(Together):
    entry = IdSelect("Entry of the register")
    title = StringField("Or a new entry: what is missing or shut", [at_most(300)])
    one = BooleanField("From now on let them go up the ladder as one")


class AgendaForm(Together):
    sitting = IdSelect("Agenda")
    area = IdSelect("Or a new one: the group of")
    held_on = DayField("It meets on")
    place = StringField("Place", [at_most(300)])


class ReplyForm(Together):
    text = TextAreaField("What those who raised them should know")


class DecisionForm(Form):
    decision = TextAreaField("What the group decided", [needed("Write what the group decided")])
    minute = StringField("Number of the minute", [at_most(40)])


class EntryForm(Form):
    """What the register says about one gap in services. It names nobody."""

    version = HiddenField()
    title = StringField("What is missing or shut", [needed("Say what is missing or shut"), at_most(300)])
    kind = RadioField("Kind", choices=dict(EscalationKind.choices()))
    theme = IdSelect("Theme")
    scope = SelectField("How wide it is", choices={"": "Not said", **dict(GapScope.choices())}, default="")
    asked = TextAreaField("What was asked")
    answered = TextAreaField("What was answered, by whom")
    state = SelectField(
        "State",
        choices={
            state.value: state.label for state in EscalationState if state is not EscalationState.WITHDRAWN
        },
    )


class AddForm(Form):
    """One more raising behind an entry."""

    number = StringField("Number", [needed("Write the number, for example GB-118"), at_most(16)])


class PublishForm(Form):
    """Publishing what the preview shows."""

    entries = Ticks("Entries of this edition", validate_choice=False, choices=())
    seen = HiddenField()
    sure = BooleanField(
        "I have read every line: nothing in it says who somebody is",
        [needed("Read every line first, then tick this")],
    )

    def offer(self, entries) -> None:
        """(id, title) of what the edition may hold; at the first look all of it."""
        self.entries.choices = list(entries)
        if not self.is_submitted():
            self.entries.data = [value for value, _ in self.entries.choices]

    @property
    def entry_ids(self) -> list[int]:
        return [found for text in self.entries.data or [] if (found := number(text)) is not None]
