"""Forms about grievances."""

from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField

from caseapp.web.forms import DayField, Form, at_most, needed


class PickField(SelectField):
    """One record out of those offered, or none."""

    def __init__(self, label, validators=(), empty="Choose one", **kwargs):
        super().__init__(label, list(validators), coerce=_number, validate_choice=False, **kwargs)
        self.empty, self.choices = empty, {"": empty}

    def offer(self, choices):
        self.choices = {"": self.empty} | {str(one): words for one, words in choices}
        return self

    def pre_validate(self, form):
        if self.data is not None and str(self.data) not in self.choices:
            self.data = None


def _number(text):
    text = str(text or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 1 << 63 else None


class BetweenForm(Form):
    about_agency_id = PickField("The other agency", [needed("Choose the other agency")])
    title = StringField("What it is about, in one line", [needed("Say in one line what it is about")])
    what = TextAreaField("What happened", [needed("Say what happened")])
    wanted = TextAreaField("What you want to come of it")
    happened_on = DayField("When", [needed("Say when it happened")])


class TalkForm(Form):
    version = HiddenField()
    step = RadioField(
        "What is new",
        [needed("Choose what is new")],
        choices={
            "talked": "The managers talked",
            "answer": "An answer",
            "procedure": "It goes on by the provider grievance procedure",
            "settled": "It is settled",
            "not_settled": "It ends, not settled",
            "withdrawn": "It is withdrawn",
        },
    )
    on = DayField("The day of the talk")
    text = TextAreaField("In words", [needed("Say it in words")])


class PersonForm(Form):
    agency_id = PickField("About which agency", [needed("Choose the agency")])
    about_user_id = PickField("About which worker, where it is one of yours", empty="Nobody in particular")
    words = TextAreaField(
        "What they say, in their own words", [needed("Write what they say, in their own words")]
    )
    wanted = TextAreaField("What they want to come of it")
    answer_how = StringField("How they want to be answered")
    helper = StringField("Who helps them with it", [at_most(120)])
    received_on = DayField("When they said it", [needed("Say when they said it")])


class LookForm(Form):
    version = HiddenField()
    text = TextAreaField("What was found, or done", [needed("Write what was found")])
    person_told_on = DayField("The day on which the person was told")


class SaysForm(Form):
    version = HiddenField()
    how = RadioField(
        "What the person says to it",
        [needed("Choose what the person says")],
        choices={
            "content": "Content: it ends",
            "not_content": "Not content: it is looked at again",
            "withdrawn": "Does not wish to go on with it",
        },
    )
    text = TextAreaField("In their words", [needed("Write it in their words")])
