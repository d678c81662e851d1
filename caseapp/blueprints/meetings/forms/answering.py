"""What an agency says to its invitation, its manager's permission, its report; and the call that the chair logs."""

from wtforms import RadioField, StringField, TextAreaField

from caseapp import clock, ids
from caseapp.blueprints.meetings.forms.fields import HourField, Pick, Versioned, picks
from caseapp.vocabulary import Answer
from caseapp.web.forms import DayField, at_most, needed

ANSWERS = (
    (Answer.COMING.value, "We come"),
    (Answer.ASKING.value, "I have to ask my manager first"),
    (Answer.SUBSTITUTE.value, "Somebody else comes"),
    (Answer.DECLINED.value, "We cannot come"),
)


class AnswerForm(Versioned):
    answer = RadioField(
        "Does somebody come?",
        [needed("Say whether somebody comes")],
        choices=picks(ANSWERS),
        validate_choice=False,
    )
    note = StringField("Note to the case manager")
    substitute = Pick("Who comes instead", empty="Somebody without an account, named below")
    substitute_name = StringField("Their name, without an account", [at_most(120)])
    handover_on = DayField("Handed over on")
    handover_note = TextAreaField("What they were told")

    @property
    def chosen(self) -> Answer | None:
        known = {value for value, _ in ANSWERS}
        return Answer(self.answer.data) if self.answer.data in known else None


class PermitForm(Versioned):
    given = RadioField(
        "May they go?",
        [needed("Say whether they may go")],
        choices=picks((("yes", "Yes"), ("no", "No, the service needs them that day"))),
        validate_choice=False,
    )
    reason = StringField("Why not")


class ReportForm(Versioned):
    """A written report; `for_actions` adds a text for each own action."""

    contribution = TextAreaField("What you contribute to the plan")
    issues = TextAreaField("What is difficult")
    proposals = TextAreaField("What you would change")
    availability = StringField("When you can be called before the meeting")
    action_fields = ()

    @classmethod
    def for_actions(cls, actions, **kwargs):
        more = {
            f"action_{ids.written(one.action_id)}": TextAreaField(one.what, default=one.text)
            for one in actions
        }
        form = type("ReportFormForActions", (cls,), more)(**kwargs)
        form.action_fields = [(one, form[f"action_{ids.written(one.action_id)}"]) for one in actions]
        return form

    def progress(self) -> dict[int, str]:
        return {one.action_id: field.data or "" for one, field in self.action_fields}


class CallForm(Versioned):
    day = DayField("Day of the call", [needed("Say when you spoke")], default=clock.today)
    hour = HourField("Time", [needed("Say at what time"), at_most(8)])
    note = TextAreaField("What was agreed", [needed("Say what was agreed")])
