"""Forms about who may not know of a case, and who asks to be let in."""

from wtforms import HiddenField, RadioField, StringField, TextAreaField

from caseapp.vocabulary import DenialGround
from caseapp.web.choices import IdSelect
from caseapp.web.forms import DayField, Form, at_most, needed


class DenyForm(Form):
    user_id = IdSelect("Who may not know of this case", [needed("Choose a member of staff")])
    ground = RadioField(
        "Because",
        [needed("Choose what it is because of")],
        choices=dict(DenialGround.choices()),
    )
    reason = TextAreaField("Why, in your own words", [needed("Say why")])
    instead_id = IdSelect("Line manager of the case instead")


class DenyByReferenceForm(Form):
    user_id = IdSelect("Member of staff", [needed("Choose a member of staff")])
    reference = StringField("Reference of the case", [needed("Write the reference"), at_most(40)])
    ground = RadioField(
        "Because",
        [needed("Choose what it is because of")],
        choices=dict(DenialGround.choices()),
    )
    reason = TextAreaField("Why, in your own words", [needed("Say why")])


class KeepForm(Form):
    text = StringField("A word on it", [at_most(300)])


class EndDenialForm(Form):
    version = HiddenField()
    reason = TextAreaField("Why it is needed no longer", [needed("Say why it is needed no longer")])


class AskForm(Form):
    purpose = TextAreaField("What you need it for", [needed("Say what you need it for")])
    needed_until = DayField("Until when you need it", [needed("Say until when you need it")])


class AskByNameForm(AskForm):
    given_name = StringField("First name", [at_most(120)])
    family_name = StringField("Family name", [at_most(120)])
    born_on = DayField("Date of birth")
    reference = StringField("Case reference", [at_most(40)])
    permission = StringField(
        "How and when the person permitted you to ask",
        [needed("Say how and when the person permitted you to ask"), at_most(300)],
    )


class AnswerForm(Form):
    version = HiddenField()
    yes = RadioField(
        "Your answer",
        [needed("Say yes or no")],
        choices={"yes": "Let them in", "no": "Refuse"},
    )
    answer = TextAreaField("In words")
