"""What is filled in about minutes: a correction, its answer, how the person got their copy."""

from wtforms import BooleanField, HiddenField, StringField, TextAreaField

from caseapp.web.forms import Form


class CorrectionForm(Form):
    text = TextAreaField("What is wrong, and what should it be?")


class AnswerForm(Form):
    answer = TextAreaField("Your answer")
    for_all = BooleanField("Every agency with a copy reads the correction")
    do = HiddenField()


class AmendForm(Form):
    text = TextAreaField("The correction")
    for_all = BooleanField("Every agency with a copy reads it")


class HandForm(Form):
    how = StringField("How was it given?")
