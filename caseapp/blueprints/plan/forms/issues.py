"""An agency says what is wrong with the plan; the case manager answers."""

from wtforms import HiddenField, SelectField, TextAreaField

from caseapp import ids
from caseapp.web.forms import Form, needed


class IssueForm(Form):
    """What should change; perhaps about one of the agency's own actions."""

    text = TextAreaField("What should change, and why", [needed("Say what should change, and why")])
    about = SelectField("Is it about one of your actions?", validate_choice=False)

    def __init__(self, actions, **kwargs):
        super().__init__(**kwargs)
        self.about.choices = [("", "The plan as a whole")]
        self.about.choices += [(ids.written(one.id), _short(one.what)) for one in actions]

    @property
    def action_id(self) -> int | None:
        """None for the plan as a whole; something unreadable is an action that nobody sees."""
        if not self.about.data:
            return None
        try:
            return ids.read(self.about.data)
        except ValueError:
            return 0


class IssueAnswerForm(Form):
    """The case manager's answer. Its ids carry the issue's: several stand on one page."""

    version = HiddenField()
    answer = TextAreaField("Your answer", [needed("Write your answer")])

    def __init__(self, issue_id, version=0, **kwargs):
        super().__init__(**kwargs)
        self._prefix = f"i{ids.written(issue_id)}-"
        for field in self:
            field.id = self._prefix + field.id
            field.label.field_id = field.id
        if not self.is_submitted():
            self.version.data = str(version)


def _short(text: str, most: int = 90) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
