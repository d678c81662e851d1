"""Forms about gaps and blocks."""

from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)

from caseapp.vocabulary import EscalationKind, EscalationState, Rung
from caseapp.web.forms import DayField, Form, at_most, needed


class IdField(SelectField):
    """One record out of those offered, or none."""

    def __init__(self, label, validators=(), empty="None", **kwargs):
        super().__init__(label, list(validators), coerce=number, validate_choice=False, **kwargs)
        self.empty, self.choices = empty, {}

    def offer(self, choices):
        """The (id, words) to choose from, after none."""
        self.choices = {"": self.empty} | {str(one): words for one, words in choices}
        return self

    def pre_validate(self, form):
        if self.data is not None and str(self.data) not in self.choices:
            raise ValidationError("Choose one from the list")


def number(text) -> int | None:
    """The id that was chosen; None for nothing, and for what is no id."""
    text = str(text or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 1 << 63 else None


#: The answer that it is none of those that look alike.
NONE_OF_THEM = "none"


class RaiseForm(Form):
    """The gaps and blocks form (B5)."""

    kind = RadioField("What is it?", [needed("Choose gap or block")], choices=dict(EscalationKind.choices()))
    title = StringField(
        "What is missing or shut, in one line", [needed("Say in one line what is missing or shut")]
    )
    service = StringField("Which service", [needed("Name the service that is missing or shut"), at_most(160)])
    concerned_agency_id = IdField("Whose service it is", empty="Not on this list, or nobody’s")
    concerned_name = StringField("Its name, if it is not on the list", [at_most(160)])
    domain = SelectField("Part of life", [needed("Choose the part of life that it touches")])
    action_id = IdField("The action that it stops", empty="None in particular")
    goal_id = IdField("Or the goal that it stops", empty="None in particular")
    mark_blocked = BooleanField("Say in the plan that this action is blocked", default=True)
    description = TextAreaField("What happens, or does not")
    effect = TextAreaField(
        "What it does to the person, or to people", [needed("Say what this does to the person, or to people")]
    )
    colleagues_advice = TextAreaField("Colleagues’ advice")
    one_to_one = TextAreaField("What was tried one to one")
    meeting_not_convened = BooleanField("A meeting about it could not be convened")
    meeting_why = StringField("Why it could not be convened")
    meanwhile = TextAreaField("What is given in the meantime")
    wanted = TextAreaField("What you want to come of it", [needed("Say what you want to come of it")])
    noticed_on = DayField(
        "When you first noticed it", [needed("Say when you first noticed it: its age counts from that day")]
    )
    identity = BooleanField("The person agrees to be named to the coordinator and the national coordinator")
    identity_on = DayField("The day on which they agreed")
    urgent_reason = StringField("If it is urgent: why")
    ask_colleagues = RadioField(
        "Where it goes first",
        choices={
            "manager": "To my manager now",
            "colleagues": "To my colleagues for advice, then to my manager",
        },
        default="manager",
    )
    same_as = RadioField("Is it the same as one of these?", choices={}, validate_choice=False)
    #: the decision of a meeting from which it is raised
    decision = HiddenField()

    def validate(self, extra_validators=None):
        good = super().validate(extra_validators)
        if "identity" not in self:  # about nobody in particular
            return good
        if self.identity.data and not self.identity_on.data and not self.identity_on.errors:
            self.reject("Say on which day the person agreed", "identity_on")
            good = False
        if self.identity_on.data and not self.identity.data:
            self.reject("Tick that the person agrees, or leave the day empty", "identity")
            good = False
        return good


class AnswerForm(Form):
    """What the rung that holds it answers: one choice, one text for those who raised it."""

    version = HiddenField()
    answer = RadioField("Your answer", [needed("Choose what you answer")], choices={})
    #: each answer says in its own words what is missing, all of it at once (services.escalations)
    text = TextAreaField("What those who raised it should know")
    tried = TextAreaField("What was tried at your level")
    not_enough = TextAreaField("Why it was not enough")
    urgent_reason = StringField("If it is urgent: why it goes up today")
    meeting_on = DayField("The group’s meeting")
    minute = StringField("Number of the minute", [at_most(40)])

    def validate(self, extra_validators=None):
        good = super().validate(extra_validators)
        if not self.answer.data and not self.text.data:  # none was chosen that would say so
            self.reject("Write what those who raised it should know", "text")
        return good

    def offer(self, rung: Rung, *, asked: bool):
        """The answers open to a rung; `asked` where the one above waits for the answer to a question."""
        who = "we keep it" if rung is Rung.GROUP else "I keep it"
        below, above = rung.below, rung.above
        found = {state.value: state.label for state in CLOSING}
        found["advise"] = f"Advice, {who}"
        found["ask_back"] = f"Ask the {SHORT[below]} back"
        if above is not None:
            up = f"Answer the {SHORT[above]}’s question" if asked else f"Pass up to the {SHORT[above]}"
            found["up"] = up
        self.answer.choices = found
        return self


CLOSING = (EscalationState.RESOLVED, EscalationState.PARTLY, EscalationState.NOT_RESOLVED)
SHORT = {
    Rung.WORKER: "worker",
    Rung.MANAGER: "manager",
    Rung.COORDINATOR: "coordinator",
    Rung.GROUP: "group",
    Rung.NATIONAL: "national coordinator",
}


class SendForm(Form):
    version = HiddenField()
    text = TextAreaField("Your answer, or what has come to it since")


class AdviceForm(Form):
    text = TextAreaField("Your advice", [needed("Write your advice")])


class ReasonForm(Form):
    """A step that needs a reason and nothing else."""

    version = HiddenField()
    reason = TextAreaField("Why", [needed("Say why"), at_most(300)])


class PauseForm(Form):
    version = HiddenField()
    reason = StringField("What it waits for", [needed("Say what it waits for")])
    until_on = DayField("The clock runs again on", [needed("Choose the day on which the clock runs again")])


class HandOnForm(Form):
    user_id = IdField("To whom", empty="Choose somebody")


class AgreeForm(Form):
    agreed_on = DayField("The day on which they agreed", [needed("Say on which day they agreed")])
