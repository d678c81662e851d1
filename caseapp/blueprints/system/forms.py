"""Forms of the system administrator."""

from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField

from caseapp.services.account_checks import UNDER_SYSTEM
from caseapp.vocabulary import AreaKind, Role
from caseapp.web.agency_forms import AgencyForm
from caseapp.web.choices import Ticks
from caseapp.web.forms import Form, at_most, needed


class NewAgencyForm(AgencyForm):
    admin_name = StringField(
        "Name of the first administrator", [needed("Give the name of the first administrator"), at_most(120)]
    )
    admin_email = StringField(
        "Work e-mail of the first administrator", [needed("Give the work e-mail address"), at_most(254)]
    )


class OffForm(Form):
    reason = TextAreaField("Why", [needed("Say why"), at_most(300)])


class AdministratorForm(Form):
    name = StringField("Name", [needed("Give the person’s name"), at_most(120)])
    email = StringField("Work e-mail", [needed("Give the work e-mail address"), at_most(254)])
    roles = Ticks(
        "Roles",
        coerce=int,
        choices={str(int(role)): role.label for role in Role if role in UNDER_SYSTEM},
        invalid_choice_message="Choose among the roles shown (not %(value)s)",
    )

    def ticked(self) -> Role:
        roles = Role(0)
        for one in self.roles.data or ():
            roles |= Role(one)
        return roles


class AreaForm(Form):
    version = HiddenField()
    name = StringField("Name", [needed("Give the area’s name"), at_most(120)])
    kind = SelectField(
        "Kind", choices=dict(AreaKind.choices()), invalid_choice_message="Choose one of the list"
    )
    active = BooleanField("In use: agencies can be placed in it", default=True)
