"""What is filled in on an agenda."""

from wtforms import BooleanField, HiddenField, StringField, TextAreaField
from wtforms.validators import ValidationError

from caseapp.web.forms import Form


def _number(text: str) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 5 else None


class Minutes(StringField):
    """A number of minutes, or nothing."""

    @property
    def number(self) -> int | None:
        return _number(self.data)

    def pre_validate(self, form):
        if self.data and self.number is None:
            raise ValidationError("Write the minutes as a number, such as 15")


class AddForm(Form):
    """A point that somebody adds."""

    title = StringField("What is it about?")
    text = TextAreaField("What should be known before")
    minutes = Minutes("Minutes")
    for_all = BooleanField("Every agency at the table reads this point")


class PointForm(Form):
    """One point in the chair's hand: up, down, its time, left out."""

    key = HiddenField()
    do = HiddenField()
    minutes = Minutes("Minutes")
    for_all = BooleanField("Every agency at the table reads it")
    reason = StringField("Why is it left out?")
