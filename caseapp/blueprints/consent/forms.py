"""Forms about consent. They judge shape; what makes a consent a consent is for services.consent_terms."""

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    validators,
)
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from caseapp.vocabulary import ConsentGiver, ConsentMode, SharingDirection
from caseapp.web.forms import DayField, Form, at_most, needed


def words(enum):
    """The choices of an enum of our words."""
    return [SelectChoice(word.value, word.label) for word in enum]


class Ticks(SelectMultipleField):
    """Several of a list, each with its own box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class Version(IntegerField):
    """The version that the page showed; anything that is no number counts as an old page."""

    widget = HiddenInput()

    def process_formdata(self, valuelist):
        self.data = (
            int(valuelist[0]) if valuelist and valuelist[0].isascii() and valuelist[0].isdigit() else -1
        )


class TermsForm(Form):
    """One consent: the talk first, then what, until when, and how it was given (forms B3)."""

    seen = HiddenField(validators=[at_most(60)])
    talked_on = DayField(
        "When you talked it through",
        [needed("Say when the limits of confidentiality were talked through: that comes first")],
    )
    understood = BooleanField(
        "The limits were understood",
        [needed("Tick this once it was understood; until then there is no consent")],
    )
    copy_given = BooleanField("A printed copy was given")
    read_aloud = BooleanField("It was read aloud")
    interpreter = StringField("Interpreter", [at_most(80)])
    shared = Ticks("What may be shared")
    left_out = StringField("Single things to leave out", [at_most(300)])
    full_plan = BooleanField("The whole plan may be read")
    direction = RadioField(
        "Who tells whom", choices=words(SharingDirection), default=SharingDirection.BOTH.value
    )
    purpose = StringField("What it is for", [at_most(300)])
    contact_name = StringField("Named contact there", [at_most(120)])
    starts_on = DayField("From", [needed("Say from which day it holds")])
    expires_on = DayField("Until, this day included")
    expires_when = StringField("Or until something happens", [at_most(300)])
    mode = RadioField("In writing or spoken", choices=words(ConsentMode), default=ConsentMode.WRITTEN.value)
    verbal_reason = StringField("If spoken: why not signed yet", [at_most(300)])
    written_due_on = DayField("If spoken: the signature follows by")
    given_by = RadioField("Who gave it", choices=words(ConsentGiver), default=ConsentGiver.PERSON.value)
    giver_name = StringField("Name of the representative", [at_most(120)])
    giver_authority = StringField("On what authority or ground", [at_most(300)])

    def validate_copy_given(self, field):
        if not field.data and not self.read_aloud.data:
            raise validators.ValidationError("Give a copy, or read it aloud, and tick which")

    def validate_purpose(self, field):
        if "shared" in self and not field.data:
            raise validators.ValidationError("Say what the sharing is for: it is kept to that")

    def validate_shared(self, field):
        if not field.data:
            raise validators.ValidationError(
                "Tick what may be shared; with nothing ticked there is nothing to agree to"
            )

    def offer(self, *, sharing: bool, clinic: bool, domains) -> None:
        """Leave out what this kind of consent, or this kind of agency, is not asked for."""
        if not sharing:
            del self.shared, self.left_out, self.direction
        else:
            self.shared.choices = [SelectChoice(domain.key, domain.label) for domain in domains]
        if not (sharing and clinic):
            del self.full_plan


class RefusalForm(Form):
    reason = StringField("In the person’s words, if there are any", [at_most(300)])


HOW = [
    ("by phone", "By phone"),
    ("in person", "In person"),
    ("by letter or e-mail", "By letter or e-mail"),
    ("through somebody else", "Through somebody else"),
    ("what it was to end with has happened", "What it was to end with has happened"),
]


class WithdrawForm(Form):
    version = Version()
    said_on = DayField("When it was said", [needed("Say on which day it was said")])
    route = RadioField(
        "How it was said",
        [validators.InputRequired("Say how it was said")],
        choices=[SelectChoice(*one) for one in HOW],
    )
    by = StringField("Who said it", [needed("Say who said it"), at_most(100)])
    words = StringField("In their words", [at_most(120)])

    @property
    def how(self) -> str:
        """By what route and by whom, as one sentence for the record."""
        words = f": “{self.words.data}”" if self.words.data else ""
        return f"{self.route.data}, said by {self.by.data}{words}"


class ErrorForm(Form):
    reason = TextAreaField("What was wrong with it", [needed("Say what was wrong with it"), at_most(300)])


class NeverForm(Form):
    reason = StringField("Why, in the person’s words", [at_most(300)])


class LiftForm(Form):
    agreed = BooleanField("", [needed("Tick this once it was said")])
