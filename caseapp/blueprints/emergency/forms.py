"""Forms for access in an emergency."""

from wtforms import HiddenField, RadioField, StringField, TextAreaField

from caseapp.vocabulary import EmergencyOutcome, EmergencyReason
from caseapp.web.choices import IdSelect
from caseapp.web.forms import DayField, Form, at_most, needed


class OpenForm(Form):
    """Whom, and why: sent together, so that nobody is looked up before a reason stands."""

    given_name = StringField("First name", [at_most(120)])
    family_name = StringField("Family name", [at_most(120)])
    born_on = DayField("Date of birth")
    reference = StringField("Or the case reference", [at_most(40)])
    number = StringField("Or a number of another system, such as LINK", [at_most(80)])
    kind = RadioField(
        "What the emergency is",
        [needed("Say what the emergency is")],
        choices=dict(EmergencyReason.choices()),
    )
    reason = TextAreaField("What has happened, and what you need to know", [needed("Say what has happened")])


class EndForm(Form):
    pass


class RightForm(Form):
    user_id = IdSelect("Member of staff", [needed("Choose a member of staff")])
    reason = StringField("Why they need it", [needed("Say why they need it"), at_most(300)])


class TakeForm(Form):
    user_id = IdSelect("Member of staff", [needed("Choose a member of staff")])


class ReviewForm(Form):
    version = HiddenField()
    outcome = RadioField(
        "What you find",
        [needed("Say what you find")],
        choices=dict(EmergencyOutcome.choices()),
    )
    text = TextAreaField("Why, and what was done about it", [needed("Say what you found")])
