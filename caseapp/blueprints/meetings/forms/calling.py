"""What is filled in to call a meeting, to agree to it, to put it off or to record that it did not come about."""

from wtforms import BooleanField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from caseapp.blueprints.meetings.forms.fields import HourField, Versioned, picks
from caseapp.vocabulary import MeetingKind, MeetingTrigger
from caseapp.web.forms import DayField, Form, at_most, needed

#: What the case manager can propose, with what each is for.
KIND_HINTS = {
    MeetingKind.CASE_MEETING.value: "Agencies and the person together. What it recommends binds nobody; what is agreed becomes the plan.",
    MeetingKind.REVIEW.value: "The formal review of the plan, held together.",
    MeetingKind.LEAD_AGENCY.value: "Two agencies want to lead, or none. A neutral chair, basic principles first.",
    MeetingKind.HANDOVER.value: "The case moves to another case manager.",
    MeetingKind.EXIT.value: "The goals are reached. The manager joins for the last half hour.",
}


class ProposeForm(Versioned):
    """A meeting with its reasons (B7, S2-35)."""

    kind = RadioField(
        "What kind of meeting?",
        [needed("Choose what kind of meeting it is")],
        choices=picks((kind, MeetingKind(kind).label) for kind in KIND_HINTS),
        default=MeetingKind.CASE_MEETING.value,
        validate_choice=False,
    )
    triggers = SelectMultipleField(
        "What makes it necessary",
        choices=picks(MeetingTrigger.choices()),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validate_choice=False,
    )
    note = TextAreaField("What is behind it")
    aim = TextAreaField("What the meeting is to reach", [needed("Say what the meeting is to reach")])
    why_not_phone = TextAreaField("Why phone and mail were not enough")
    touches_family = BooleanField("It touches a child or family matters")

    def validate_kind(self, field):
        if field.data and field.data not in KIND_HINTS:
            raise ValidationError("Choose what kind of meeting it is")

    @property
    def meeting_kind(self) -> MeetingKind | None:
        return MeetingKind(self.kind.data) if self.kind.data in KIND_HINTS else None

    def reasons(self) -> dict[MeetingTrigger, str]:
        known = set(MeetingTrigger)
        return {MeetingTrigger(one): self.note.data or "" for one in self.triggers.data or () if one in known}


class DecideForm(Form):
    """The line manager's answer (S3-63)."""

    agreed = RadioField(
        "Do you agree that this meeting is arranged?",
        [needed("Say whether you agree")],
        choices=picks((("yes", "Yes, arrange it"), ("no", "No"))),
        validate_choice=False,
    )
    note = TextAreaField("Reason, or what to mind")


class OffForm(Form):
    """Why a meeting is put off or called off."""

    reason = TextAreaField("Why", [needed("Say why")])
    message = TextAreaField("What those who were invited read")


class FailedForm(Form):
    """Why a meeting could not be brought about (S2-38)."""

    reason = TextAreaField(
        "Why it could not be brought about", [needed("Say why it could not be brought about")]
    )


class GroupForm(Form):
    """A group meeting of a coordinator."""

    title = StringField("Name of the meeting", [needed("Give the meeting a name"), at_most(200)])
    aim = TextAreaField("What it is to reach")


class ConferenceForm(Form):
    """The record of a statutory case conference (S2-20)."""

    day = DayField("Day of the conference", [needed("Say on which day")])
    hour = HourField("Time", [needed("Say at what time"), at_most(8)])
    place = StringField("Where", [needed("Say where")])
    chair_name = StringField("Who chairs", [at_most(120)])
    invited = RadioField(
        "Is the case manager invited?",
        [needed("Say whether the case manager is invited")],
        choices=picks((("yes", "Yes"), ("no", "No"))),
        validate_choice=False,
    )
    message = TextAreaField("What those who hold the plan may know")
    kept_apart = TextAreaField("For the restricted section of the case")
    aim = TextAreaField("For social work alone")
