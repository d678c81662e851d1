"""Forms about the rights of the person."""

from wtforms import HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from caseapp.vocabulary import AskedHow, HoldGround, ItemDecision, WithholdGround
from caseapp.web.forms import DayField, Form, at_most, needed


class WithVersion(Form):
    """A form that a stale page cannot send unnoticed."""

    version = HiddenField()


class ReceiveForm(Form):
    received_on = DayField("The day on which they asked", [needed("Say on which day they asked")])
    how = RadioField(
        "How they asked",
        [needed("Say how they asked")],
        choices=dict(AskedHow.choices()),
    )
    through = StringField("Who speaks for them, and by what right")
    words = TextAreaField("What they asked for, in their own words")
    answer_how = StringField("How they want to have it")
    identity_how = StringField("How you know that it is them")
    identity_on = DayField("The day on which you made sure")


class ReceiveBeforeForm(ReceiveForm):
    """Asked of an agency that led before: it knows of the person no more."""

    asked_as = StringField(
        "Their name, as they give it", [needed("Write the name that they gave"), at_most(240)]
    )


class IdentityForm(WithVersion):
    how = StringField("How you know that it is them", [needed("Say how you know that it is them")])
    on = DayField("The day on which you made sure", [needed("Say on which day it was checked")])


class ExtendForm(WithVersion):
    until = DayField("The new last day", [needed("Choose the new last day")])
    reason = TextAreaField(
        "Why it takes longer", [needed("Say why it takes longer, as the person was told"), at_most(300)]
    )
    told_on = DayField(
        "The day on which the person was told", [needed("Say on which day the person was told")]
    )


class AnswerForm(WithVersion):
    on = DayField("The day on which they were given it", [needed("Say on which day the person was given it")])
    how = StringField("How they were given it", [needed("Say how the person was given it")])


class RefuseForm(WithVersion):
    reason = TextAreaField(
        "Why, as the person was told", [needed("Say why, as the person was told"), at_most(300)]
    )
    told_on = DayField(
        "The day on which the person was told", [needed("Say on which day the person was told")]
    )


class WithdrawForm(WithVersion):
    words = TextAreaField("What the person said", [needed("Write what the person said")])


class ItemForm(WithVersion):
    decision = RadioField(
        "What happens with it",
        [needed("Choose whether it is given")],
        choices={ItemDecision.GIVEN.value: "Give it", ItemDecision.WITHHELD.value: "Withhold it"},
    )
    ground = SelectField(
        "The ground in law",
        choices={"": "Choose a ground"} | dict(WithholdGround.choices()),
        validate_choice=False,
    )
    why = TextAreaField("Why this ground holds here")

    @property
    def chosen_ground(self) -> WithholdGround | None:
        return WithholdGround(self.ground.data) if self.ground.data in set(WithholdGround) else None


class SectionForm(WithVersion):
    section = HiddenField()


class SayForm(Form):
    about = SelectField("What it is about", [needed("Choose what it is about")], validate_choice=False)
    words = TextAreaField(
        "What they say, in their own words", [needed("Write what they say, in their own words")]
    )
    said_on = DayField("The day on which they said it", [needed("Say on which day they said it")])


class AnswerSaidForm(WithVersion):
    text = TextAreaField(
        "What was added, or why it stands as it is",
        [needed("Write what was added, or why it stands as it is")],
    )
    person_told_on = DayField("The day on which the person was told")


class KeepForm(WithVersion):
    years = IntegerField("Years longer", [Optional()])
    reason = TextAreaField("Why it is kept longer", [needed("Say why it is kept longer"), at_most(300)])


class HoldForm(Form):
    ground = RadioField(
        "What it rests on", [needed("Choose what it rests on")], choices=dict(HoldGround.choices())
    )
    reason = TextAreaField("Why the record has to be kept", [needed("Say why the record has to be kept")])
    until_on = DayField("The last day on which it holds")


class LiftForm(Form):
    reason = StringField("Why the hold ends", [needed("Say why the hold ends"), at_most(300)])
