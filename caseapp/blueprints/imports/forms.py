"""Forms of the import."""

from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, SelectField

from caseapp import protocols
from caseapp.web.forms import Form, needed


class UploadForm(Form):
    file = FileField("The sheet", [needed("Choose the sheet")])
    protocol = SelectField("Procedure that new cases follow")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.protocol.choices = [(one.key, one.name) for one in protocols.all_current()]


class ConfirmForm(Form):
    seen = HiddenField()
    without_errors = BooleanField("Leave the rows with errors out")
