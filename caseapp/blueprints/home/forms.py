"""Names for saved views; and until when somebody has seen what changed."""

from datetime import UTC, datetime

from wtforms import BooleanField, HiddenField, StringField

from caseapp.web.forms import Form, at_most, needed


class ViewForm(Form):
    """Save the filters and the order of a list under a name."""

    name = StringField("Name of the view", [needed("Give the view a name"), at_most(80)])
    query = HiddenField()
    replace = BooleanField("Replace my view of that name")


class RenameForm(Form):
    name = StringField("Name of the view", [needed("Give the view a name"), at_most(80)])


class SeenForm(Form):
    """ "I have seen these": `until` is when the page was made, in seconds."""

    until = HiddenField()

    @property
    def moment(self) -> datetime | None:
        """That moment in UTC; None where it is not one."""
        text = self.until.data or ""
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            return None
        return datetime.fromtimestamp(int(text), UTC)
