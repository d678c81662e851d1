"""Forms of the door and of the own account."""

from wtforms import HiddenField, RadioField, StringField
from wtforms.validators import StopValidation

from caseapp.vocabulary import DigestChoice
from caseapp.web.forms import Form, at_most, needed
from caseapp.web.passwords import AnswerField, SecretField


class ForgottenForm(Form):
    email = StringField(
        "Work e-mail", [needed("Give the e-mail address that your account has"), at_most(254)]
    )


class NewPasswordForm(Form):
    new = SecretField("New password", [needed("Choose a password")])
    again = SecretField("The same once more", [needed("Give it once more, so that no slip locks you out")])

    def validate_again(self, field):
        if self.new.data and field.data != self.new.data:
            raise StopValidation("This is not the same as above")


class ChangePasswordForm(NewPasswordForm):
    old = SecretField("Your password now", [needed("Give the password that you have now")])
    new = SecretField("New password", [needed("Choose a password")])
    again = SecretField("The same once more", [needed("Give it once more, so that no slip locks you out")])


class OwnDetailsForm(Form):
    version = HiddenField()
    name = StringField("Name", [needed("Give your name"), at_most(120)])
    profession = StringField("Profession or qualification", [at_most(80)])
    phone = StringField("Telephone", [at_most(80)])
    hours = StringField("When you can be reached", [at_most(80)])
    digest = RadioField("Mail about news", choices=dict(DigestChoice.choices()), coerce=DigestChoice)


class KeyForm(Form):
    answer = AnswerField()
    name = StringField("What you call it", [needed("Give it a name, so that you know it again"), at_most(80)])


class KeyNameForm(Form):
    name = StringField("What you call it", [needed("Give it a name, so that you know it again"), at_most(80)])
