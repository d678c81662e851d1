"""What the case manager fills in about the plan's head, its needs and its goals."""

import re

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from caseapp.vocabulary import Achievement, NeedLevel
from caseapp.web.forms import DayField, Form, needed


def picks(pairs) -> list:
    """(value, label) pairs as WTForms wants its choices."""
    return [SelectChoice(value, label) for value, label in pairs]


class Versioned(Form):
    """A form filled in over a text that somebody else may save first: `version` says over which. `key` makes its ids
    its own, so that several can stand on one page."""

    version = HiddenField()

    def __init__(self, *args, version: int = 0, key: str = "", **kwargs):
        super().__init__(*args, **kwargs)
        if key:
            self._prefix = f"{key}-"
            for field in self:
                field.id = field.label.field_id = f"{key}-{field.id}"
        if not self.is_submitted():
            self.version.data = str(version)


class Press(Versioned):
    """A button that does one thing."""


def whole_number(message: str):
    """A number from 1 to 99, or nothing."""

    def check(form, field):
        if field.data and not re.fullmatch(r"[1-9][0-9]?", field.data):
            raise ValidationError(message)

    return check


class NeedForm(Versioned):
    """One part of life (B2)."""

    level = RadioField(
        "How big is the need?",
        [needed("Say how big the need is")],
        choices=picks(NeedLevel.choices()),
        validate_choice=False,
    )
    priority = StringField(
        "Where it stands for the person", [whole_number("Write a number, 1 for what matters most")]
    )
    words = TextAreaField("In their own words")
    situation = TextAreaField("How things are now")
    functioning = TextAreaField("What works day to day, and what does not")
    wants_help = BooleanField("Wants help with this")

    def validate_level(self, field):
        if field.data and field.data not in set(NeedLevel):
            raise ValidationError("Choose how big the need is")

    @property
    def rank(self) -> int | None:
        return int(self.priority.data) if self.priority.data else None


class HeadForm(Versioned):
    """The head of the plan (S4-5, S4-14, S0-10)."""

    strengths = TextAreaField("Strengths in the person")
    strengths_around = TextAreaField("Strengths around them")
    contingency = TextAreaField("If things go wrong")
    no_contingency_reason = StringField("Or why nothing is written")
    budget = StringField("Indicative budget")
    budget_source = StringField("Which assessment it comes from")

    def validate_budget(self, field):
        if field.data and not re.fullmatch(r"[€£]?\s*[0-9][0-9 ,]{0,14}(\.[0-9]{1,2})?", field.data):
            raise ValidationError("Write an amount such as 1,250 or 1250.50")

    @property
    def budget_minor(self) -> int | None:
        """In whole cents or pence."""
        text = re.sub(r"[€£ ,]", "", self.budget.data or "")
        if not text:
            return None
        whole, _, part = text.partition(".")
        return int(whole) * 100 + int(part.ljust(2, "0") or 0)


class GoalForm(Versioned):
    """A goal (S0-8, S3-16, S4-11)."""

    domain = SelectField("Part of life", [needed("Choose a part of life")], validate_choice=False)
    words = TextAreaField("What the person wants, in their own words")
    title = StringField("Short name for staff")
    measure = TextAreaField("How we will know that it is reached")
    smart_specific = BooleanField("Specific: everyone reads the same in it")
    smart_measurable = BooleanField("Measurable: we will see whether it is so")
    smart_achievable = BooleanField("Achievable: within reach from here")
    smart_relevant = BooleanField("Relevant: it matters to the person")
    smart_timed = BooleanField("Timed: it has a day")
    target_on = DayField("By when")
    priority = StringField(
        "Where it stands for the person", [whole_number("Write a number, 1 for what matters most")]
    )
    made_with_person = BooleanField("Made together with the person")
    made_without_reason = StringField("If not, why not")
    achievement = SelectField("How it goes", choices=picks(Achievement.choices()), validate_choice=False)
    steps = TextAreaField("First steps, one on each line")

    NAMES = (
        "domain",
        "words",
        "title",
        "measure",
        "smart_specific",
        "smart_measurable",
        "smart_achievable",
        "smart_relevant",
        "smart_timed",
        "target_on",
        "made_with_person",
        "made_without_reason",
    )

    def __init__(self, domains, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.domain.choices = picks([("", "Choose"), *((item.key, item.label) for item in domains)])

    def validate_achievement(self, field):
        if field.data and field.data not in set(Achievement):
            raise ValidationError("Choose how it goes")

    def aim(self) -> dict:
        """The fields of services.goals.Aim."""
        values = {name: self[name].data or ("" if name != "target_on" else None) for name in self.NAMES}
        for name in (
            "smart_specific",
            "smart_measurable",
            "smart_achievable",
            "smart_relevant",
            "smart_timed",
            "made_with_person",
        ):
            values[name] = bool(self[name].data)
        values["priority"] = int(self.priority.data) if self.priority.data else None
        return values

    def first_steps(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in (self.steps.data or "").splitlines() if line.strip())

    def validate_steps(self, field):
        if any(len(line) > 300 for line in (field.data or "").splitlines()):
            raise ValidationError("A step has at most 300 characters; nothing was cut off")
        if len((field.data or "").splitlines()) > 40:
            raise ValidationError("A goal has at most 40 steps: make two goals of it")


class StepForm(Form):
    text = StringField("Next step", [needed("Write the step")])


class StepDoneForm(Form):
    done_on = DayField("Done on")


class ReachForm(Versioned):
    """The goal is reached."""

    note = StringField("What shows it")


class DropForm(Versioned):
    """The goal is given up (C6)."""

    reason = StringField("Why it is dropped", [needed("Say why it is dropped")])
    person_agreed = BooleanField("The person agreed to drop it")
    achievement = SelectField(
        "How far it came",
        choices=picks(
            (word.value, word.label) for word in (Achievement.NOT_ACHIEVED, Achievement.NOT_ATTAINABLE)
        ),
        default=Achievement.NOT_ACHIEVED.value,
    )
    stop_actions = BooleanField("Stop its open actions with it, and tell their agencies")


class HoldForm(Versioned):
    """The goal waits."""

    reason = StringField("Why it waits", [needed("Say why it waits")])
