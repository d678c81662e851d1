"""The field for a password: taken whole, as typed, and never shown again; and the form of the door."""

from wtforms import Field, StringField
from wtforms.validators import StopValidation
from wtforms.widgets import PasswordInput

from caseapp.web.forms import Form, at_most, needed

#: Longer than any password can be; what is longer is no password and is not hashed.
LONGEST = 500


class SecretField(Field):
    """A password. Not stripped or cleaned as other text is; its value never goes back into a page."""

    widget = PasswordInput(hide_value=True)

    def process_formdata(self, valuelist):
        self.data = valuelist[0] if valuelist else ""

    def _value(self):
        return ""

    def pre_validate(self, form):
        if self.data and len(self.data) > LONGEST:
            raise StopValidation(f"No password is longer than {LONGEST} characters.")


class ProofForm(Form):
    password = SecretField("Your password", [needed("Give your password")])


class CodeForm(Form):
    code = StringField("Code", [needed("Give the six digits that the app shows"), at_most(40)])


class SignInForm(Form):
    email = StringField("Work e-mail", [needed("Give the e-mail address that your account has")])
    password = SecretField("Password", [needed("Give your password")])
