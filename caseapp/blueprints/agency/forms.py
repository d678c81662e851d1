"""Forms of an agency's contacts and settings."""

from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField

from caseapp.queries.settings import SettingLine
from caseapp.settings_catalogue import Kind
from caseapp.web.forms import DayField, Form, at_most, needed


class ContactForm(Form):
    version = HiddenField()
    name = StringField("Name", [needed("Give the contact’s name"), at_most(120)])
    job = StringField("What they do", [at_most(80)])
    phone = StringField("Telephone", [at_most(80)])
    email = StringField("E-mail", [at_most(254)])

    def details(self) -> dict:
        return {name: self[name].data or "" for name in ("name", "job", "phone", "email")}


def setting_form(line: SettingLine, **kwargs) -> Form:
    """The form of one setting, asked for as its kind wants it."""
    setting = line.setting
    options = {str(value): label for value, label in setting.choices}
    if setting.kind is Kind.YES_NO:
        options = {"yes": "Yes", "no": "No"}
    if options:
        kind = RadioField if len(options) < 8 else SelectField
        field = kind(
            setting.title,
            choices=options,
            validate_choice=False,
            invalid_choice_message="Choose one of the list",
        )
    elif setting.kind in (Kind.LIST, Kind.LONGTEXT):
        field = TextAreaField(setting.title)
    else:
        field = StringField(setting.title, [at_most(1000)])

    class SettingForm(Form):
        seen = HiddenField()
        value = field

    return SettingForm(**kwargs)


def as_typed(line: SettingLine) -> str:
    """What counts now, as the form holds it."""
    value = line.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "\n".join(value) if isinstance(value, tuple | list) else str(value)


def sign_in_form(directories, **kwargs) -> Form:
    """How staff sign in; `directories` are the operator's, by key."""
    known = {"": "None"} | {key: one.label for key, one in directories.items()}

    class SignInWays(Form):
        version = HiddenField()
        directory = RadioField(
            "Your directory", choices=known, invalid_choice_message="Choose one of the list", default=""
        )
        passwords = RadioField(
            "Passwords",
            choices={"yes": "Staff may sign in with a password", "no": "No passwords"},
            default="yes",
        )
        directory_step_counts = RadioField(
            "The second step of the directory",
            choices={"yes": "Is enough", "no": "Is not enough"},
            default="no",
        )
        second_step_from = DayField("Needed from")

    return SignInWays(**kwargs)
