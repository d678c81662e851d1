"""What is filled in about minutes: a correction, its answer, how the person got their copy."""

from wtforms import BooleanField, HiddenField, StringField, TextAreaField

from caseapp.web.forms import Form, at_most, needed


class CorrectionForm(Form):
    text = TextAreaField("What is wrong, and what should it be?")


class AnswerForm(Form):
    answer = TextAreaField("Your answer")
    for_all = BooleanField("Every agency with a copy reads the correction")
    do = HiddenField()


class AmendForm(Form):
    text = TextAreaField("The correction")
    for_all = BooleanField("Every agency with a copy reads it")


class AsideForm(Form):
    """A barrier that the meeting named and that need not be raised any more."""

    reason = StringField("Why it need not be raised", [needed("Say why it need not be raised"), at_most(300)])


class HandForm(Form):
    how = StringField("How was it given?")
