"""The forms of a transfer: their shape. What makes sense is for the use cases."""

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from caseapp.vocabulary import ConsentGiver, ConsentMode, TransferKeeps, TransferReason
from caseapp.web.choices import IdSelect
from caseapp.web.forms import DayField, Form, at_most, needed


class Versioned(Form):
    """A form over a transfer that others may move meanwhile."""

    version = HiddenField()


class BeginForm(Form):
    reason = RadioField("Why", [InputRequired("Say why")], choices=dict(TransferReason.choices()))
    excluded_on = DayField("Excluded from")
    why = TextAreaField("In a sentence or two", [needed("Say why, in a sentence or two"), at_most(2000)])
    persons_view = TextAreaField("What the person says to it", [at_most(4000)])
    who_now = TextAreaField("Who does what now", [at_most(2000)])
    plan_goes_on = TextAreaField("That the plan goes on", [at_most(2000)])
    who_after = TextAreaField("Who will be there afterwards", [at_most(2000)])
    assured_on = DayField("Told on")


class AssureForm(Versioned):
    who_now = TextAreaField("Who does what now", [needed("Write what was said"), at_most(2000)])
    plan_goes_on = TextAreaField("That the plan goes on", [needed("Write what was said"), at_most(2000)])
    who_after = TextAreaField("Who will be there afterwards", [needed("Write what was said"), at_most(2000)])
    persons_view = TextAreaField("What the person says to it", [at_most(4000)])
    assured_on = DayField("Told on", [needed("Say on which day the person was told")])


class ApproachForm(Versioned):
    agency_id = IdSelect("Agency", [needed("Choose an agency")])
    words = TextAreaField(
        "What you ask, without a name", [needed("Write what is asked, without a name"), at_most(4000)]
    )


class TakeBackForm(Versioned):
    reason = StringField("Why", [needed("Say why")])
    person_refused = BooleanField("The person said no to this agency")


class AnswerForm(Versioned):
    answer = RadioField(
        "Your answer",
        [InputRequired("Say whether you accept")],
        choices={
            "yes": "We would take it over: talk with the person first",
            "no": "We cannot: another agency is asked next",
        },
    )
    text = TextAreaField("In words", [at_most(2000)])
    worker_id = IdSelect("Who could be case manager")


class ConsentForm(Versioned):
    talked_on = DayField(
        "When you talked it through",
        [needed("Say when the limits of confidentiality were talked through: that comes first")],
    )
    understood = BooleanField(
        "The limits were understood",
        [needed("Tick this once it was understood; until then there is no consent")],
    )
    copy_given = BooleanField("A printed copy was given")
    read_aloud = BooleanField("It was read aloud")
    interpreter = StringField("Interpreter", [at_most(80)])
    expires_on = DayField("Until, this day included", [needed("Say until when it holds")])
    keeps = RadioField(
        "What we go on to see when they lead",
        [InputRequired("Ask what we may go on to see")],
        choices={
            TransferKeeps.NOTHING.value: "Nothing: our part ends in that moment",
            TransferKeeps.OWN_PART.value: "Our own part: the actions that stay with us, and the goals they serve",
        },
    )
    keeps_until = DayField("We see our part until")
    mode = RadioField(
        "In writing or spoken", choices=dict(ConsentMode.choices()), default=ConsentMode.WRITTEN.value
    )
    verbal_reason = StringField("If spoken: why not signed yet", [at_most(300)])
    written_due_on = DayField("If spoken: the signature follows by")
    given_by = RadioField(
        "Who gave it", choices=dict(ConsentGiver.choices()), default=ConsentGiver.PERSON.value
    )
    giver_name = StringField("Name of the representative", [at_most(120)])
    giver_authority = StringField("On what authority or ground", [at_most(300)])


class ScheduleForm(Versioned):
    meeting_id = IdSelect("At a handover meeting of this case")
    on = DayField("Or on a day, without a meeting here")


class HandoverForm(Versioned):
    summary = TextAreaField("Summary: where the work stands")
    chronology = TextAreaField("What happened, in order")
    works = TextAreaField("What works and what does not; how to reach them safely")
    risks = TextAreaField("Risks, and what is done about them")
    next_weeks = TextAreaField("Open in the next four weeks")
    held_on = DayField("Handed over on")
    attendees = TextAreaField("Who was there", [at_most(2000)])
    reassess = BooleanField("A new assessment helps the person")
    reassess_why = StringField("Why")
    notes_from = DayField("Case notes go along from")


class ReviewForm(Versioned):
    note = TextAreaField("A word to it", [at_most(2000)])


class TakeOverForm(Versioned):
    case_manager_id = IdSelect("Case manager", [needed("Choose who is case manager from now on")])
    line_manager_id = IdSelect(
        "Line manager, for what stands in the way", [needed("Choose the line manager")]
    )
    person_told_on = DayField("The person was told whom to call, on")
    sure = BooleanField(
        "I have read what taking over does", [needed("Tick this once you have read what taking over does")]
    )


class NoServiceForm(Versioned):
    interim = TextAreaField(
        "What we go on to give meanwhile", [needed("List what we go on to give meanwhile"), at_most(4000)]
    )
    domain = SelectField(
        "The part of life that it touches most", choices={}, invalid_choice_message="Choose the part of life"
    )
    title = StringField("The gap in one line, without a name", [needed("Say in one line what is missing")])
    service = StringField(
        "The service that is missing", [needed("Name the service that is missing"), at_most(160)]
    )
    effect = TextAreaField(
        "What this does to the person", [needed("Say what this does to the person"), at_most(4000)]
    )
    wanted = TextAreaField(
        "What you want to come of it", [needed("Say what you want to come of it"), at_most(4000)]
    )
    noticed_on = DayField("First noticed on", [needed("Say when you first noticed it")])


class WithdrawForm(Versioned):
    reason = TextAreaField("Why the transfer ends", [needed("Say why the transfer ends"), at_most(2000)])
