"""The field for a password: taken whole, as typed, and never shown again; and the form of the door."""

from wtforms import Field, HiddenField, StringField
from wtforms.validators import Length, StopValidation
from wtforms.widgets import PasswordInput

from caseapp.web.forms import Form, at_most, needed

#: Longer than any password can be; what is longer is no password and is not hashed.
LONGEST = 500
#: No answer of a security key is longer.
LONGEST_ANSWER = 20_000


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


class AnswerField(HiddenField):
    """What a security key answered, put there by the script (static/security-keys.js); never given back."""

    def __init__(self, **about):
        super().__init__(validators=[Length(max=LONGEST_ANSWER)], **about)

    def _value(self):
        return ""


def _or_a_key(message):
    """Something must be filled in, unless a security key answered instead."""

    def check(form, field):
        if form.answer.data:
            field.errors = []
            raise StopValidation
        needed(message)(form, field)

    return check


class ProofForm(Form):
    answer = AnswerField()
    password = SecretField("Your password", [_or_a_key("Give your password")])


class CodeForm(Form):
    answer = AnswerField()
    code = StringField("Code", [_or_a_key("Give the six digits that the app shows"), at_most(40)])


class SignInForm(Form):
    email = StringField("Work e-mail", [needed("Give the e-mail address that your account has")])
    password = SecretField("Password", [needed("Give your password")])
