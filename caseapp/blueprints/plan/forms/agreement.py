"""What is filled in when a version is agreed, when an agency answers for its part, and when the plan is reviewed."""

from wtforms import HiddenField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from caseapp import clock, ids
from caseapp.blueprints.plan.forms.editing import Versioned, picks
from caseapp.vocabulary import AgreementRoute
from caseapp.web.forms import DayField, Form, at_most, needed

#: How a person or an agency may have said it; "here" is only what an agency does itself.
ROUTES = [(word.value, word.label) for word in AgreementRoute if word is not AgreementRoute.HERE]
YES, NO, NOT_YET = "yes", "no", ""
ANSWERS = [(YES, "Agrees"), (NOT_YET, "Not yet"), (NO, "Does not agree")]


def _known_route(form, field):
    if field.data and field.data not in dict(ROUTES):
        raise ValidationError("Say how it was agreed")


class AgreeForm(Versioned):
    """The person's agreement to the whole, and what each agency said of its part. Made for one plan by `for_plan`."""

    seen = HiddenField()
    agreed_on = DayField("When did they agree?", [needed("Say on which day")], default=clock.today)
    route = RadioField(
        "How?", [needed("Say how it was agreed"), _known_route], choices=picks(ROUTES), validate_choice=False
    )
    who = StringField("Who agreed?", [at_most(120)])
    note = TextAreaField("In their own words, or what they asked for")
    reason = StringField("Why this version")
    agencies = ()

    @classmethod
    def for_plan(cls, agencies, **kwargs):
        """The form with three fields for each agency that has a part."""
        more = {}
        for agency in agencies:
            key = ids.written(agency.id)
            more[f"answer_{key}"] = RadioField(
                agency.name, choices=picks(ANSWERS), default=NOT_YET, validate_choice=False
            )
            more[f"route_{key}"] = SelectField(
                f"How {agency.name} said it",
                [_known_route],
                choices=picks(ROUTES),
                default=ROUTES[0][0],
                validate_choice=False,
            )
            more[f"note_{key}"] = StringField(f"What {agency.name} said")
        form = type("AgreeFormForPlan", (cls,), more)(**kwargs)
        form.agencies = [
            (
                a,
                form[f"answer_{ids.written(a.id)}"],
                form[f"route_{ids.written(a.id)}"],
                form[f"note_{ids.written(a.id)}"],
            )
            for a in agencies
        ]
        return form

    def validate(self, extra_validators=None):
        fine = super().validate(extra_validators)
        for agency, answer, _route, note in self.agencies:
            if answer.data == NO and not note.data:
                note.errors = [*note.errors, f"Say what should be different for {agency.name}"]
                fine = False
        return fine

    def answers(self) -> list[dict]:
        """Fields of services.agreements.Answer for every agency that has answered."""
        return [
            {
                "agency_id": agency.id,
                "agreed": answer.data == YES,
                "route": route.data or ROUTES[0][0],
                "agreed_on": self.agreed_on.data,
                "note": note.data or "",
            }
            for agency, answer, route, note in self.agencies
            if answer.data in (YES, NO)
        ]


class PartForm(Form):
    """What one agency said of its part, written down by the case manager."""

    agency = SelectField("Agency", [needed("Choose the agency")], validate_choice=False)
    answer = RadioField(
        "What did it say?",
        [needed("Say whether it agrees")],
        choices=picks(a for a in ANSWERS if a[0]),
        validate_choice=False,
    )
    agreed_on = DayField("When?", [needed("Say on which day")], default=clock.today)
    route = RadioField(
        "How?", [needed("Say how"), _known_route], choices=picks(ROUTES), validate_choice=False
    )
    who = StringField("Who said it?", [at_most(120)])
    note = TextAreaField("What should be different")

    def __init__(self, agencies, **kwargs):
        super().__init__(**kwargs)
        self.agency.choices = picks([("", "Choose"), *((ids.written(a.id), a.name) for a in agencies)])


class OwnPartForm(Form):
    """An agency answers for its own part."""

    answer = RadioField(
        "Do you agree to your part?",
        [needed("Say whether you agree")],
        choices=picks(((YES, "We agree"), (NO, "We do not agree"))),
        validate_choice=False,
    )
    note = TextAreaField("What should be different")


class ReviewForm(Versioned):
    """A formal review (S3-17, S4-13, S0-18)."""

    held_on = DayField("When was it held?", [needed("Say when the review was held")], default=clock.today)
    company = RadioField(
        "Was the person there?",
        [needed("Say whether the person was there")],
        choices=picks((("with", "Yes"), ("without", "No"))),
        default="with",
        validate_choice=False,
    )
    without_reason = StringField("If not, why not")
    persons_view = TextAreaField("What they say about it")
    works = TextAreaField("What works, and what does not", [needed("Say what works and what does not")])
    changed = TextAreaField("What was changed since the last version")
    place = StringField("Where they live now")
    asked = SelectMultipleField(
        "Who was asked again",
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validate_choice=False,
    )
    carers = TextAreaField("What carers and family said")
    next_on = DayField("Next review")
    next_reason = StringField("If later than that, why")

    def __init__(self, carers, **kwargs):
        super().__init__(**kwargs)
        self.asked.choices = picks((ids.written(c.id), f"{c.name}, {c.role.label.lower()}") for c in carers)
        self._carers = {ids.written(c.id): c.id for c in carers}

    def asked_ids(self) -> tuple[int, ...]:
        return tuple(self._carers[key] for key in self.asked.data or () if key in self._carers)
