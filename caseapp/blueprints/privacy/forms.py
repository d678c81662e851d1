"""What a privacy officer writes."""

from wtforms import HiddenField, RadioField, StringField, TextAreaField

from caseapp.vocabulary import FindingOutcome
from caseapp.web.forms import Form, needed

#: Why a name is needed; stored by its key.
REASONS = {
    "finding": "To ask about unusual reading",
    "request": "The person asked what is kept about them",
    "complaint": "The person complained",
    "breach": "To tell the person of a breach",
}


class NameForm(Form):
    reason = RadioField(
        "Why do you need the name?", [needed("Choose why you need the name")], choices=REASONS, default=None
    )


class NoteForm(Form):
    text = TextAreaField("What you found out, or did", [needed("Write what you found out or did")])


class CloseForm(Form):
    version = HiddenField()
    outcome = RadioField(
        "What came of it",
        [needed("Choose what came of it")],
        choices=dict(FindingOutcome.choices()),
        default=None,
    )
    text = TextAreaField("In a few sentences", [needed("Write in a sentence what you found out")])


class ReopenForm(Form):
    version = HiddenField()
    reason = StringField("Why it is opened again", [needed("Say why it is opened again")])
