"""The question of the lead agency: the steps before the meeting, and each agency's claim (S3-43, S3-44)."""

from wtforms import BooleanField, RadioField, StringField, TextAreaField

from caseapp.blueprints.meetings.forms.fields import Pick, Versioned, picks
from caseapp.web.forms import DayField, needed


class TalkForm(Versioned):
    staff_on = DayField("The staff spoke by phone on")
    staff_said = TextAreaField("What came of it")
    staff_persons_view = TextAreaField("The person’s view then")
    managers_on = DayField("The managers spoke by phone on")
    managers_said = TextAreaField("What came of it")
    managers_persons_view = TextAreaField("The person’s view then")
    principles = TextAreaField("The principles")
    principles_agreed = BooleanField("Everybody agreed to these before any claim was heard")
    persons_choice = TextAreaField("Whom the person wants, in their own words")
    agreed_agency = Pick("Who leads from now on", empty="Not settled yet")
    agreed_how = StringField("How it was settled")


def _criterion(words):
    return RadioField(
        words,
        [needed("Answer each of the three")],
        choices=picks((("yes", "Yes"), ("no", "No"))),
        validate_choice=False,
    )


class ClaimForm(Versioned):
    most_contact = _criterion("Has the most contact with the person")
    has_time = _criterion("Has a case manager with time for it")
    six_months = _criterion("Can promise at least six months")
    words = TextAreaField("What speaks for it")

    def answers(self) -> dict[str, bool | None]:
        return {
            name: {"yes": True, "no": False}.get(self[name].data)
            for name in ("most_contact", "has_time", "six_months")
        }
